/**
 * Going to the background: the command starts itself once more, and waits until that serves.
 */
import { spawn } from 'node:child_process';
import type { LocumdOptions } from './locumd-options.ts';

/** Set in the environment of the background process, so that it does not go to the background again. */
const BACKGROUND = 'LOCUMD_BACKGROUND';
/** What the background process writes to its parent once it serves. */
const READY = 'ready';

/** Whether this is the process that was started in the background. */
export function isBackground(): boolean {
  return process.env[BACKGROUND] !== undefined;
}

/** Whether the daemon is to run in another process than this one. */
export function goesToBackground(options: LocumdOptions): boolean {
  return !options.foreground && !isBackground();
}

/** Starts the same command as a background process and returns when that serves, or has failed. */
export async function goToBackground(): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, [BACKGROUND]: '1' },
  });
  return await new Promise((resolve) => {
    child.once('message', () => {
      child.disconnect();
      child.unref();
      resolve(0);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Tells the waiting parent, if there still is one, that the daemon serves. */
export function tellParent(): void {
  if (!process.connected) return;
  // With a callback, a parent that has ended in the meantime is no error.
  process.send?.(READY, () => {
    if (process.connected) process.disconnect();
  });
}
