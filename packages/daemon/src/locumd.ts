/**
 * locumd: the command. Reads the command line, and has an engine process get ready while this one loads the rest and
 * reads the configuration: either takes longer than anything else in a start.
 */
import './command-line/early-signal.ts';
import { existsSync } from 'node:fs';
import { goesToBackground, isBackground } from './command-line/background.ts';
import { type LocumdOptions, parseLocumdOptions } from './command-line/locumd-options.ts';
import { printSignalNumber } from './command-line/signal-number.ts';
import { EngineProcess, engineSocketIn } from './supervisor/engine-process.ts';

async function main(): Promise<number | undefined> {
  const options = parseLocumdOptions(process.argv.slice(2));
  if (options.signum !== undefined) return printSignalNumber(options.signum);
  // Keeps no file system busy. What the command line names has been found by then.
  if (isBackground()) process.chdir('/');
  const spare = engineFor(options);
  try {
    const { runDaemon } = await import('./daemon.ts');
    return await runDaemon(options, spare);
  } finally {
    // A start that failed leaves nothing behind.
    await spare?.dismiss();
  }
}

/** Undefined where none is wanted, or one may be running that wants a supervisor. */
function engineFor(options: LocumdOptions): EngineProcess | undefined {
  const socketPath = engineSocketIn(options.runDirectory);
  if (options.configTest || goesToBackground(options) || existsSync(socketPath)) return undefined;
  return new EngineProcess(socketPath, options.vrrpPidFile);
}

// An argument, even undefined, would overrule the status that was set meanwhile.
const status = await main();
process.exit(status ?? process.exitCode);
