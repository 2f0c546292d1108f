/**
 * Turns the kernel's arrival stamps, which are on the wall clock, into instants of the monotonic clock.
 *
 * The distance between the two clocks is measured anew for each batch. It only changes when somebody sets the wall
 * clock; stamps from around such a step cannot be trusted, and their frames count as having arrived now.
 */
import type { Micros } from '@locum/transport';

/** A larger change of the distance than this is a step of the wall clock and not an error of measurement. */
const STEP_US = 1000;
/** A measurement that took longer was interrupted; it is tried again. */
const PROMPT_US = 20;
const TRIES = 3;

export class ArrivalClock {
  /** The instant that {@link map} found. */
  at: Micros = 0;
  /** Whether the stamps of this batch are replaced by the time of reading. */
  untrusted = false;

  readonly #monotonicUs: () => Micros;
  readonly #realtimeUs: () => number;
  /** Wall clock minus monotonic clock. */
  #distanceUs = 0;
  /** The latest known instant: nothing can have arrived after it. */
  #now: Micros = 0;

  /** @param monotonicUs the clock of the instants; @param realtimeUs the clock of the stamps */
  constructor(monotonicUs: () => Micros, realtimeUs: () => number) {
    this.#monotonicUs = monotonicUs;
    this.#realtimeUs = realtimeUs;
    this.#measure();
  }

  /** Begins a batch: measures how far the clocks are apart. */
  refresh(): void {
    const before = this.#distanceUs;
    this.#measure();
    this.untrusted = Math.abs(this.#distanceUs - before) > STEP_US;
  }

  /** Sets {@link at} for a stamp: never before the last one, never in the future. */
  map(stampUs: number): void {
    let at = this.untrusted ? this.#now : stampUs - this.#distanceUs;
    if (at > this.#now) {
      this.#now = this.#monotonicUs();
      if (at > this.#now) at = this.#now;
    }
    if (at > this.at) this.at = at;
  }

  #measure(): void {
    let bestUs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < TRIES && bestUs > PROMPT_US; attempt++) {
      const before = this.#monotonicUs();
      const stampUs = this.#realtimeUs();
      this.#now = this.#monotonicUs();
      const tookUs = this.#now - before;
      if (tookUs < bestUs) {
        bestUs = tookUs;
        this.#distanceUs = stampUs - before - (tookUs >> 1);
      }
    }
  }
}
