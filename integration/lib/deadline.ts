/**
 * Waiting for something to become true, never for time to pass: every wait of a test names what it waits for and
 * fails at its deadline.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const PROBE_PERIOD_MS = 5;

/**
 * Calls `probe` until it returns something else than undefined or false, and resolves with that. Rejects after
 * `deadlineMs` with a message that names `what`.
 */
export async function eventually<Found>(
  what: string,
  probe: () => Found | undefined | false,
  deadlineMs: number,
): Promise<Found> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(PROBE_PERIOD_MS);
  }
}

/** Resolves with `promise`, or rejects after `deadlineMs` with a message that names `what`. */
export async function within<Value>(what: string, promise: Promise<Value>, deadlineMs: number): Promise<Value> {
  const timeout = new AbortController();
  const late = sleep(deadlineMs, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`not within ${deadlineMs} ms: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
    late.catch(() => {});
  }
}
