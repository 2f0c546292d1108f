/**
 * A start needs more memory than the life after it: modules are compiled, text becomes settings, and most of Node's
 * program runs once. This gives the difference back.
 */
import { releaseFreeMemory, releaseProgramPages } from '@locum/linux';

/** Holds the thread up for some tens of milliseconds. What is to be quick afterwards should be rehearsed again. */
export async function releaseStartMemory(): Promise<void> {
  if (process.features.inspector) await collectGarbage();
  releaseFreeMemory();
  releaseProgramPages();
}

/** V8's most thorough collection, which shrinks the heap as well. Only its debugging interface offers it. */
async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector');
  const session = new Session();
  session.connect();
  await new Promise<void>((resolve) => session.post('HeapProfiler.collectGarbage', () => resolve()));
  session.disconnect();
}
