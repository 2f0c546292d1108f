/**
 * When a port that could not be opened, or that failed, is tried again: soon at first, then less and less often.
 */
import type { Micros } from '@locum/protocol';

const FIRST_US = 500_000;
const LONGEST_US = 60_000_000;
/** A port that was open for longer has recovered: the next failure is a first one. */
const RECOVERED_US = 60_000_000;

export class RetryPause {
  #failures = 0;
  #openedAt: Micros = Infinity;
  /** Before this no attempt is made; Infinity where none can help. */
  #until: Micros = 0;

  isOver(now: Micros): boolean {
    return now >= this.#until;
  }

  /** @param hopeless another attempt would fail in the same way */
  failed(now: Micros, hopeless: boolean): void {
    if (now - this.#openedAt > RECOVERED_US) this.#failures = 0;
    this.#openedAt = Infinity;
    this.#until = hopeless ? Infinity : now + Math.min(LONGEST_US, FIRST_US * 2 ** this.#failures);
    this.#failures++;
  }

  opened(now: Micros): void {
    this.#openedAt = now;
  }

  /** What stood in the way has changed: the next attempt may be made at once, unless none can help. */
  reset(): void {
    this.#failures = 0;
    if (this.#until !== Infinity) this.#until = 0;
  }
}
