/**
 * Turns the kernel's arrival stamps, which are on the wall clock, into instants of the boot clock.
 *
 * The distance between the two clocks is measured anew for each batch. It only changes when somebody sets the wall
 * clock; stamps from around such a step cannot be trusted, and their frames count as having arrived now.
 */
import { Clock } from '@locum/linux';
import type { Host, Micros } from '@locum/transport';

/** A larger change of the distance than this is a step of the wall clock and not an error of measurement. */
const STEP_US = 1000;
/** A measurement that took longer was interrupted; it is tried again. */
const PROMPT_US = 20;
const TRIES = 3;
/** A host whose clock is this close to the kernel's boot clock has the same one. */
const SAME_CLOCK_US = 1000;

// The clocks as a measurement reads them: the wall clock between two readings of the boot clock.
const BEFORE = 0;
const WALL = 1;
const AFTER = 2;
// And what came of it: wall clock minus boot clock, that of the batch before, and the latest known reading of the boot
// clock, after which nothing can have arrived. In memory, because a number in a field or an argument may be an object.
const DISTANCE = 3;
const LAST_DISTANCE = 4;
const NOW = 5;
const READINGS = 6;

/** `readClock` of the linux package, or something like it. */
export type ReadClock = (clock: Clock, into: Float64Array, index: number) => void;

export class ArrivalClock {
  /** The instant that {@link map} found. */
  at: Micros = 0;
  /** Whether the stamps of this batch are replaced by the time of reading. */
  untrusted = false;

  readonly #read: ReadClock;
  readonly #readings = new Float64Array(READINGS);
  /** Host clock minus the kernel's boot clock: 0, or what another choice of zero makes of it. */
  readonly #hostUs: number;

  constructor(read: ReadClock, host: Host) {
    this.#read = read;
    this.#measure();
    this.#hostUs = this.#hostDistanceUs(host);
  }

  /** Begins a batch: measures how far the clocks are apart. */
  refresh(): void {
    const readings = this.#readings;
    readings[LAST_DISTANCE] = readings[DISTANCE]!;
    this.#measure();
    this.untrusted = Math.abs(readings[DISTANCE]! - readings[LAST_DISTANCE]!) > STEP_US;
  }

  /** Sets {@link at} for a stamp on the wall clock: never before the last one, never in the future. */
  map(seconds: number, microseconds: number): void {
    const readings = this.#readings;
    let arrived = this.untrusted ? readings[NOW]! : seconds * 1_000_000 + microseconds - readings[DISTANCE]!;
    if (arrived > readings[NOW]!) {
      this.#read(Clock.Boottime, readings, NOW);
      if (arrived > readings[NOW]!) arrived = readings[NOW]!;
    }
    const at = arrived + this.#hostUs;
    if (at > this.at) this.at = at;
  }

  #hostDistanceUs(host: Host): Micros {
    let nearestUs = Number.NEGATIVE_INFINITY;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const hostNow = host.now();
      // Read second, so that a delay in between puts arrivals into the past and never into the future.
      this.#read(Clock.Boottime, this.#readings, AFTER);
      nearestUs = Math.max(nearestUs, hostNow - this.#readings[AFTER]!);
    }
    return Math.abs(nearestUs) < SAME_CLOCK_US ? 0 : nearestUs;
  }

  #measure(): void {
    const readings = this.#readings;
    let bestUs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < TRIES && bestUs > PROMPT_US; attempt++) {
      this.#read(Clock.Boottime, readings, BEFORE);
      this.#read(Clock.Realtime, readings, WALL);
      this.#read(Clock.Boottime, readings, AFTER);
      const tookUs = readings[AFTER]! - readings[BEFORE]!;
      if (tookUs < bestUs) {
        bestUs = tookUs;
        readings[DISTANCE] = readings[WALL]! - readings[BEFORE]! - Math.floor(tookUs / 2);
      }
    }
    readings[NOW] = readings[AFTER]!;
  }
}
