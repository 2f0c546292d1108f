/**
 * The numbers that keepalived gives its signals, for `--signum` and the scripts that use it.
 */
import { constants } from 'node:os';

export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  STOP: constants.signals.SIGTERM,
  RELOAD: constants.signals.SIGHUP,
  DATA: constants.signals.SIGUSR1,
  STATS: constants.signals.SIGUSR2,
  STATS_CLEAR: 63,
  JSON: 36,
};

/** Prints the number of a signal by its name in keepalived. Returns the exit status. */
export function printSignalNumber(name: string): number {
  const number = SIGNAL_NUMBERS[name];
  if (number === undefined) {
    process.stderr.write(`locumd: unknown signal ${name}; one of ${Object.keys(SIGNAL_NUMBERS).join(' ')}\n`);
    return 1;
  }
  process.stdout.write(`${number}\n`);
  return 0;
}
