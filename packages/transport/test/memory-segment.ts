/** Segments on the memory LAN for the conformance suite, in virtual and in real time. */
import type { Segment, SegmentFactory } from '../src/conformance/index.ts';
import { createMemoryLan, type Host, type Micros, type Transport } from '../src/index.ts';

/** A clock that stands still until it is moved. */
export class VirtualClock implements Host {
  #now: Micros = 1_000_000;

  now(): Micros {
    return this.#now;
  }

  forward(us: Micros): void {
    this.#now += us;
  }
}

export const REAL_CLOCK: Host = { now: () => Math.floor(performance.now() * 1000) };

function addresses(last: number): Uint8Array[] {
  return [Uint8Array.of(192, 0, 2, last), Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)];
}

/** Two stations on a LAN of their own; `change` may put a wrapper or a mutation around the transport of both. */
export function memorySegments(
  clock: Host,
  latencyUs: Micros,
  change = (transport: Transport): Transport => transport,
): SegmentFactory {
  return (): Segment => {
    const lan = createMemoryLan({ clock, latencyUs });
    const a = lan.addStation({ interfaceName: 'lan0', addresses: addresses(1) });
    const b = lan.addStation({ interfaceName: 'lan0', addresses: addresses(2) });
    const deviceOfA = (name: string) =>
      [...a.virtualStations].find(({ interfaceName }) => interfaceName === name)?.device;
    const end = (station: typeof a) => ({
      transport: change(station.transport),
      interfaceName: station.interfaceName,
      mac: station.mac,
      address: station.addresses[0]!,
      address6: station.addresses[1]!,
    });
    return {
      a: end(a),
      b: end(b),
      inject: (bytes) => void lan.inject(bytes),
      takeLinkFromA: () => a.remove(),
      deviceOfA: (name) => {
        const device = deviceOfA(name);
        return device && { transport: device.transport, interfaceName: name, mac: device.mac };
      },
      setAddressOnDeviceOfA: (name, address) => {
        const device = deviceOfA(name)!;
        device.addresses = [...device.addresses, address];
      },
      advance: () => {
        if (clock instanceof VirtualClock) clock.forward(10);
      },
      close: () => {},
    };
  };
}
