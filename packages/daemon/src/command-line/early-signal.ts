/**
 * Signals that come before the daemon can do what they ask for. Unhandled they would end it, or open a debugger.
 *
 * Imported before anything else, because loading the rest takes a while.
 */

let reloadWanted = false;
let reload: (() => void) | undefined;

process.on('SIGHUP', () => {
  if (reload === undefined) reloadWanted = true;
  else reload();
});
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

/** Calls `handler` for each SIGHUP from here on, and at once when one has come already. */
export function onReload(handler: () => void): void {
  reload = handler;
  if (reloadWanted) handler();
  reloadWanted = false;
}
