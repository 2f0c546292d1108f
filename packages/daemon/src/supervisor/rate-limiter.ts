/**
 * Keeps one noisy cause from filling the log: the first report of a key passes, later ones are counted and summed up
 * once an interval (RFC 9568 section 7.1 asks for rate-limited logs).
 */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #entries = new Map<string, { nextAtMs: number; suppressed: number }>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether to report `key` now. `suppressed` says how many reports were swallowed since the last that passed. */
  admit(key: string, nowMs: number): { readonly pass: boolean; readonly suppressed: number } {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#forgetOld(nowMs);
      this.#entries.set(key, { nextAtMs: nowMs + this.#intervalMs, suppressed: 0 });
      return { pass: true, suppressed: 0 };
    }
    if (nowMs < entry.nextAtMs) {
      entry.suppressed++;
      return { pass: false, suppressed: entry.suppressed };
    }
    const suppressed = entry.suppressed;
    entry.suppressed = 0;
    entry.nextAtMs = nowMs + this.#intervalMs;
    return { pass: true, suppressed };
  }

  // A forger can invent sources without end; what has been quiet for a while is forgotten.
  #forgetOld(nowMs: number): void {
    if (this.#entries.size < 1000) return;
    for (const [key, entry] of this.#entries) {
      if (nowMs > entry.nextAtMs + this.#intervalMs) this.#entries.delete(key);
    }
    if (this.#entries.size >= 1000) this.#entries.clear();
  }
}
