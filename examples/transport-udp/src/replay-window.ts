/**
 * Which sequence numbers of one sender have been seen: each is accepted once, and those that lie far behind the highest
 * are not accepted at all (the window of RFC 4303 section 3.4.3, by other means).
 */

/** How far a datagram may be overtaken by others and still be taken. */
export const WINDOW = 256;

export class ReplayWindow {
  #highest = -1;
  /** By the remainder of the sequence. Two that share a place are never in the window together. */
  readonly #seen = new Float64Array(WINDOW).fill(-1);

  /** True when `sequence`, a non-negative integer, is seen for the first time and is not too far behind. */
  accept(sequence: number): boolean {
    const place = sequence % WINDOW;
    if (sequence <= this.#highest - WINDOW || this.#seen[place] === sequence) return false;
    this.#seen[place] = sequence;
    this.#highest = Math.max(this.#highest, sequence);
    return true;
  }
}
