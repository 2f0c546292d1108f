/**
 * When to try again what has failed: after 50 ms, then twice as long each time, at most a second, give or take a
 * quarter so that many who failed together do not come back together.
 */
import type { Micros } from '@locum/transport';

const FIRST_US = 50_000;
/** No longer than an ordinary advertisement interval: a healed path should not wait for us. */
const LONGEST_US = 1_000_000;
const SPREAD = 0.25;

export class BackOff {
  #delayUs: Micros = 0;
  #tryAgainAt: Micros = -Infinity;
  readonly #random: () => number;

  /** @param random at least 0, less than 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get tryAgainAt(): Micros {
    return this.#tryAgainAt;
  }

  isOver(now: Micros): boolean {
    return now >= this.#tryAgainAt;
  }

  failed(now: Micros): void {
    // Several frames may have been on their way when the first one failed: they are one failure.
    if (!this.isOver(now)) return;
    this.#delayUs = Math.min(LONGEST_US, Math.max(FIRST_US, this.#delayUs * 2));
    this.#tryAgainAt = now + Math.round(this.#delayUs * (1 - SPREAD + 2 * SPREAD * this.#random()));
  }

  succeeded(): void {
    this.#delayUs = 0;
    this.#tryAgainAt = -Infinity;
  }
}
