/**
 * Keeps one noisy cause from filling the log: the first report of each source passes, later ones are counted and summed
 * up once an interval (RFC 9568 section 7.1 asks for rate-limited logs).
 *
 * Sources can be forged without end, so only a few of each cause have reports of their own; all others are counted.
 */

const SOURCES_OF_A_CAUSE = 10;
/** Beyond this many causes, those that have been quiet are forgotten. */
const MANY_CAUSES = 1000;

export interface Admission {
  /** Whether to report it. */
  readonly pass: boolean;
  /** Reports of this source that were swallowed since its last that passed. */
  readonly suppressed: number;
  /** Reports of sources without reports of their own, swallowed since the last of this cause that passed. */
  readonly ofOthers: number;
}

interface Source {
  nextAtMs: number;
  suppressed: number;
}

interface Cause {
  readonly sources: Map<string, Source>;
  ofOthers: number;
}

export class RateLimiter {
  readonly #intervalMs: number;
  readonly #causes = new Map<string, Cause>();
  #forgetAtMs = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /**
   * Whether to report `cause` now.
   *
   * @param cause one of a set that does not depend on what others send
   * @param source anything
   */
  admit(cause: string, nowMs: number, source = ''): Admission {
    const known = this.#causeOf(cause, nowMs);
    const { sources } = known;
    const own = sources.get(source);
    if (own !== undefined && nowMs < own.nextAtMs) {
      own.suppressed++;
      return { pass: false, suppressed: own.suppressed, ofOthers: known.ofOthers };
    }
    if (own === undefined && sources.size >= SOURCES_OF_A_CAUSE && !this.#makeRoom(known, nowMs)) {
      known.ofOthers++;
      return { pass: false, suppressed: 0, ofOthers: known.ofOthers };
    }
    const admission = { pass: true, suppressed: own?.suppressed ?? 0, ofOthers: known.ofOthers };
    sources.set(source, { nextAtMs: nowMs + this.#intervalMs, suppressed: 0 });
    known.ofOthers = 0;
    return admission;
  }

  /** A source that may report again gives its place to another; what was swallowed of it is not lost. */
  #makeRoom(cause: Cause, nowMs: number): boolean {
    for (const [source, { nextAtMs, suppressed }] of cause.sources) {
      if (nowMs < nextAtMs) continue;
      cause.sources.delete(source);
      cause.ofOthers += suppressed;
      return true;
    }
    return false;
  }

  #causeOf(name: string, nowMs: number): Cause {
    const known = this.#causes.get(name);
    if (known !== undefined) return known;
    this.#forgetQuiet(nowMs);
    const cause = { sources: new Map<string, Source>(), ofOthers: 0 };
    this.#causes.set(name, cause);
    return cause;
  }

  #forgetQuiet(nowMs: number): void {
    if (this.#causes.size < MANY_CAUSES || nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + this.#intervalMs;
    for (const [name, { sources }] of this.#causes) {
      if ([...sources.values()].every(({ nextAtMs }) => nowMs > nextAtMs + this.#intervalMs)) this.#causes.delete(name);
    }
  }
}
