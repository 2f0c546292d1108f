/**
 * One station behind a port: its TAP device, and whether frames are carried to and from it.
 */
import { closeDescriptor } from '@locum/linux';
import type { VirtualStation } from '@locum/transport';

/** What a station asks of the set that it belongs to. */
export interface StationKeeper {
  /** Begins or ends the carrying; called for changes only. Never throws. */
  setCarrying(station: Station, wanted: boolean): void;
  /** The station is closed: its device is gone, with the addresses that were set on it. */
  forget(station: Station): void;
}

export class Station implements VirtualStation {
  readonly interfaceName: string;
  /** 6 octets. */
  readonly mac: Uint8Array;
  /** Descriptor of the device; each frame is preceded by an offload header. */
  readonly fd: number;
  readonly interfaceIndex: number;
  carrying = false;

  readonly #keeper: StationKeeper;
  #open = true;

  constructor(interfaceName: string, mac: Uint8Array, fd: number, interfaceIndex: number, keeper: StationKeeper) {
    this.interfaceName = interfaceName;
    this.mac = mac;
    this.fd = fd;
    this.interfaceIndex = interfaceIndex;
    this.#keeper = keeper;
  }

  carry(wanted: boolean): void {
    if (!this.#open || wanted === this.carrying) return;
    this.carrying = wanted;
    this.#keeper.setCarrying(this, wanted);
  }

  close(): void {
    if (!this.#open) return;
    this.carry(false);
    this.#open = false;
    closeDescriptor(this.fd);
    this.#keeper.forget(this);
  }
}
