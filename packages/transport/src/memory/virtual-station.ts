/**
 * A station of its own behind a memory port. Its device is a station on a LAN of two: whoever opens a port on the device
 * is the host behind it, and the other end is this file, which carries frames to and from the port's own LAN.
 */
import type { StationOptions, VirtualStation } from '../contract.ts';
import { TransportError } from '../error.ts';
import { MemoryLan } from './lan.ts';
import type { MemoryStation } from './station.ts';

const LONGEST_NAME = 15;
const MAC_BYTES = 6;

export class MemoryVirtualStation implements VirtualStation {
  readonly interfaceName: string;
  /** The device as the host of `station` has it. */
  readonly device: MemoryStation;
  readonly #station: MemoryStation;
  #carrying = false;

  constructor(station: MemoryStation, { mac, deviceName }: StationOptions) {
    refuseUnfit(station, mac, deviceName);
    this.interfaceName = deviceName;
    this.#station = station;
    const { clock, maxFrameBytes } = station.lan;
    const between = new MemoryLan({
      clock,
      maxFrameBytes,
      observer: (from, bytes, start, end) => {
        if (from === this.device && this.#carrying) station.send(bytes, start, end);
      },
    });
    this.device = between.addStation({ interfaceName: deviceName, mac: new Uint8Array(mac) });
    station.virtualStations.add(this);
  }

  get carrying(): boolean {
    return this.#carrying;
  }

  carry(wanted: boolean): void {
    this.#carrying = wanted && this.device.present;
  }

  /** Called by the station with every frame that reaches it. */
  arrive(bytes: Uint8Array, count: number): void {
    if (this.#carrying) this.device.lan.inject(bytes, 0, count);
  }

  close(): void {
    if (!this.device.present) return;
    this.carry(false);
    this.device.remove();
    this.#station.virtualStations.delete(this);
  }
}

function refuseUnfit(station: MemoryStation, mac: Uint8Array, deviceName: string): void {
  const taken = [...station.virtualStations].some(({ interfaceName }) => interfaceName === deviceName);
  const fits = deviceName.length > 0 && deviceName.length <= LONGEST_NAME && mac.length === MAC_BYTES;
  if (fits && !taken && deviceName !== station.interfaceName) return;
  throw new TransportError('BAD_OPTION', `no station ${deviceName} with a MAC of ${mac.length} octets can be made`, {
    operation: 'open memory station',
    interfaceName: station.interfaceName,
    hint: `Give 6 octets, and a name of 1 to ${LONGEST_NAME} characters that no other interface of the host has.`,
  });
}
