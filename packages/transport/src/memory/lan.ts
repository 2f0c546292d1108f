/**
 * A LAN in memory: stations on a switch that floods, for tests, simulations and a demonstration without privileges.
 *
 * It carries Ethernet frames from one station to all others after a latency, unless a cable is cut. Who keeps a frame
 * is the station's affair (its MAC filter), what is delivered the port's. No timer is ever set: whoever owns the clock
 * calls {@link MemoryLan.advance}, or simply polls the ports, which does the same.
 */
import { type Host, type Micros, SendResult } from '../contract.ts';
import { Flight } from './flight.ts';
import type { MemoryLanOptions, MemoryObserver, MemoryStationOptions } from './options.ts';
import { MemoryStation } from './station.ts';

export class MemoryLan {
  readonly clock: Host;
  readonly queueFrames: number;
  readonly maxFrameBytes: number;
  /** From `send` to arrival; may be changed at any time, frames on the wire keep the old one. */
  latencyUs: Micros;
  readonly #maxFramesInFlight: number;
  readonly #observer: MemoryObserver | undefined;
  readonly #stations: MemoryStation[] = [];
  readonly #flight: Flight;
  #advancing = false;

  constructor(options: MemoryLanOptions) {
    this.clock = options.clock;
    this.latencyUs = options.latencyUs ?? 0;
    this.queueFrames = options.queueFrames ?? 256;
    this.maxFrameBytes = options.maxFrameBytes ?? 1514;
    this.#maxFramesInFlight = options.maxFramesInFlight ?? 4096;
    this.#observer = options.observer;
    this.#flight = new Flight(this.maxFrameBytes);
  }

  get stations(): readonly MemoryStation[] {
    return this.#stations;
  }

  /** Instant at which the next frame arrives somewhere, on the LAN's clock; `Infinity` when nothing is on the wire. */
  get nextDeliveryAt(): Micros {
    return this.#flight.nextAt;
  }

  addStation(options: MemoryStationOptions): MemoryStation {
    const station = new MemoryStation(this, this.#stations.length + 1, options);
    this.#stations.push(station);
    return station;
  }

  /** Cuts the way from one station to another; the way back is another cut. */
  cut(from: MemoryStation, to: MemoryStation): void {
    from.unreachable.add(to);
  }

  heal(from: MemoryStation, to: MemoryStation): void {
    from.unreachable.delete(to);
  }

  /** Mends every cable and every way between stations. */
  healAll(): void {
    for (const station of this.#stations) {
      station.heal();
      station.unreachable.clear();
    }
  }

  /** Puts a stranger's frame on the wire: every station hears it. Longer than `maxFrameBytes` is allowed, and arrives cut. */
  inject(bytes: Uint8Array, start = 0, end = bytes.length): SendResult {
    return this.carry(undefined, bytes, start, end);
  }

  /**
   * Moves the frames that arrive no later than `now` to the queues of the ports that want them, and returns how many
   * left the wire. Nothing reaches a sink before its port is polled.
   */
  advance(now: Micros): number {
    if (this.#advancing) return 0;
    this.#advancing = true;
    let count = 0;
    for (let frame = this.#flight.take(now); frame !== undefined; frame = this.#flight.take(now)) {
      const { from } = frame;
      for (const station of this.#stations) {
        if (station === from || from?.unreachable.has(station) === true) continue;
        station.arrive(frame.bytes, frame.count, frame.arrivesAt);
      }
      this.#flight.recycle(frame);
      count += 1;
    }
    this.#advancing = false;
    return count;
  }

  /** Takes a frame from a station (or from nobody) and copies it. Called by stations; others use a port or `inject`. */
  carry(from: MemoryStation | undefined, bytes: Uint8Array, start: number, end: number): SendResult {
    const now = this.clock.now();
    this.advance(now);
    if (this.#flight.count >= this.#maxFramesInFlight) return SendResult.Busy;
    this.#observer?.(from, bytes, start, end, now);
    this.#flight.add(from, bytes, start, end, now + this.latencyUs);
    return SendResult.Sent;
  }
}

/** Makes a LAN without stations; see {@link MemoryLan.addStation}. */
export function createMemoryLan(options: MemoryLanOptions): MemoryLan {
  return new MemoryLan(options);
}
