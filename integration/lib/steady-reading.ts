/**
 * Reading what a program is still busy with: only once it has stayed the same for a while is it what there is.
 */
import { isDeepStrictEqual } from 'node:util';
import { eventually } from './deadline.ts';

const STEADY_MS = 500;

/** Resolves with what `read` returns once it has returned the same for half a second; rejects after `deadlineMs`. */
export async function steadyReading<Value>(what: string, read: () => Value, deadlineMs: number): Promise<Value> {
  let value = read();
  let sinceMs = performance.now();
  await eventually(
    `${what}: steady`,
    () => {
      const latest = read();
      if (!isDeepStrictEqual(latest, value)) {
        value = latest;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs > STEADY_MS;
    },
    deadlineMs,
  );
  return value;
}
