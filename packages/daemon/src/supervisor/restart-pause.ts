/**
 * How long to wait before an engine that died is followed by another: not at all, until several in a row did not live
 * long, or could not be started.
 */

/** An engine that died younger is an early death. */
const STABLE_ENGINE_MS = 10_000;
/** So many early deaths in a row cause no pause. */
const PATIENCE = 5;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export class RestartPause {
  #earlyDeaths = 0;

  /** Counts an engine that lived for `livedMs`, 0 for one that did not start. Returns the pause after it, in milliseconds. */
  after(livedMs: number): number {
    this.#earlyDeaths = livedMs >= STABLE_ENGINE_MS ? 0 : this.#earlyDeaths + 1;
    const excess = this.#earlyDeaths - PATIENCE;
    return excess <= 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 2 ** (excess - 1) * SHORTEST_PAUSE_MS);
  }
}
