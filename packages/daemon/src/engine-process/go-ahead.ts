/**
 * The word that an engine process waits for, so that it can load its program while the supervisor still reads the
 * configuration. Until then it has touched nothing. Nothing depends on Locum's other modules: both ends load it early.
 */
import { closeSync, readSync } from 'node:fs';

/** Descriptor of the engine process on which the word comes. */
export const GO_AHEAD_DESCRIPTOR = 3;
/** Third argument of an engine process that is to wait. */
export const HELD = '--held';

export interface GoAhead {
  /** Id of a process whose network namespace the engine enters first; absent: it stays where it is. */
  readonly namespaceOf?: number;
}

export function encodeGoAhead(goAhead: GoAhead): string {
  return `${JSON.stringify(goAhead)}\n`;
}

/** Blocks until the word comes. Undefined when the supervisor has ended without it, or does not want this engine. */
export function awaitGoAhead(): GoAhead | undefined {
  const chunk = Buffer.alloc(256);
  let text = '';
  while (!text.endsWith('\n')) {
    const count = readSync(GO_AHEAD_DESCRIPTOR, chunk);
    if (count === 0) return undefined;
    text += chunk.toString('latin1', 0, count);
  }
  closeSync(GO_AHEAD_DESCRIPTOR);
  return JSON.parse(text) as GoAhead;
}
