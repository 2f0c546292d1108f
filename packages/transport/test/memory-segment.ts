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

/** Two stations on a LAN of their own; `change` may put a wrapper or a mutation around the transport of both. */
export function memorySegments(
  clock: Host,
  latencyUs: Micros,
  change = (transport: Transport): Transport => transport,
): SegmentFactory {
  return (): Segment => {
    const lan = createMemoryLan({ clock, latencyUs });
    const a = lan.addStation({ interfaceName: 'lan0', addresses: [Uint8Array.of(192, 0, 2, 1)] });
    const b = lan.addStation({ interfaceName: 'lan0', addresses: [Uint8Array.of(192, 0, 2, 2)] });
    const end = (station: typeof a) => ({
      transport: change(station.transport),
      interfaceName: station.interfaceName,
      mac: station.mac,
      address: station.addresses[0]!,
    });
    return {
      a: end(a),
      b: end(b),
      inject: (bytes) => void lan.inject(bytes),
      takeLinkFromA: () => a.remove(),
      deviceOfA: (name) => {
        for (const { interfaceName, device } of a.virtualStations) {
          if (interfaceName === name) return { transport: device.transport, interfaceName, mac: device.mac };
        }
        return undefined;
      },
      advance: () => {
        if (clock instanceof VirtualClock) clock.forward(10);
      },
      close: () => {},
    };
  };
}
