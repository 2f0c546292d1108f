/**
 * locumd: the command. Reads the command line, checks what can be checked before anything is touched, and hands over
 * to the supervisor.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { enterNetworkNamespace, ignoreSignal, openNetworkNamespace, setThreadName } from '@locum/linux';
import { type LocumdOptions, parseLocumdOptions } from './command-line/locumd-options.ts';
import { type Diagnostic, formatDiagnostic } from './configuration/diagnostic.ts';
import { loadConfiguration } from './configuration/load.ts';
import type { DaemonSettings } from './configuration/settings.ts';
import { Log, type LogSink, stderrSink } from './supervisor/log.ts';
import { PidFile } from './supervisor/pid-file.ts';
import { StartError } from './supervisor/start-error.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { syslogSink } from './supervisor/system-log.ts';

/** Set in the environment of the background process, so that it does not go to the background again. */
const BACKGROUND = 'LOCUMD_BACKGROUND';
/** What the background process writes to its parent once it serves. */
const READY = 'ready';

/** keepalived's numbers for `--signum`. */
const SIGNALS: Readonly<Record<string, number>> = {
  STOP: constants.signals.SIGTERM,
  RELOAD: constants.signals.SIGHUP,
  DATA: constants.signals.SIGUSR1,
  STATS: constants.signals.SIGUSR2,
  STATS_CLEAR: 63,
  JSON: 36,
};

/** Capabilities that the job needs: bit in the kernel's mask, name, what for. */
const CAPABILITIES: readonly (readonly [bit: number, name: string, purpose: string])[] = [
  [12, 'CAP_NET_ADMIN', 'to set addresses'],
  [13, 'CAP_NET_RAW', 'to send and receive adverts'],
];

async function main(): Promise<number | undefined> {
  const options = parseLocumdOptions(process.argv.slice(2));
  if (options.signum !== undefined) return printSignalNumber(options.signum);
  const { settings, diagnostics } = loadConfiguration(options.configFile, {
    configId: options.configId,
    strictIncludes: options.strictIncludes,
  });
  if (options.configTest) return reportConfigTest(options, settings, diagnostics);
  if (!options.foreground && process.env[BACKGROUND] === undefined && settings !== undefined) return goToBackground();
  const log = new Log(options.logFormat, options.detail, sinks(options));
  log.diagnostics(diagnostics);
  try {
    return await serve(options, settings, log);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    log.error(`${error.message}. ${error.hint}`, { code: error.code });
    return error.code === 'BAD_CONFIGURATION' ? 2 : 1;
  }
}

/** Runs until it is told to stop. Undefined leaves the exit status to what happened meanwhile. */
async function serve(
  options: LocumdOptions,
  settings: DaemonSettings | undefined,
  log: Log,
): Promise<number | undefined> {
  if (settings === undefined) {
    throw new StartError('BAD_CONFIGURATION', `${options.configFile} has errors; nothing was started`, {
      hint: `Mend what is named above and look again with: locum check ${options.configFile}`,
    });
  }
  if (settings.instances.length === 0) {
    log.warning(`${options.configFile} has no vrrp_instance: there is nothing to do until a reload brings one`);
  }
  requireCapabilities();
  setThreadName('locumd');
  const namespace = options.netNamespace ?? settings.global.netNamespace;
  if (namespace !== undefined) enterNamespace(namespace);
  const pidFile = PidFile.take(options.pidFile);
  if (options.ignored.length > 0) log.info(1, `Ignored, because locumd has no such part: ${options.ignored.join(' ')}`);
  if (options.dumpConfiguration) log.notice(JSON.stringify(settings, dumpOctets, 2));
  try {
    return await superviseUntilStopped(new Supervisor(options, settings, log), log);
  } finally {
    pidFile.release();
  }
}

async function superviseUntilStopped(supervisor: Supervisor, log: Log): Promise<undefined> {
  let started: Promise<void> = Promise.resolve();
  const stopped = new Promise<void>((resolve) => {
    const stop = (signal: string): void => {
      log.notice(`Stopping on ${signal}`);
      // Told to stop while it starts: an engine that is on its way must not be left alone.
      void started.then(
        () => supervisor.stop().then(resolve),
        () => {},
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    supervisor.onStopped = resolve;
  });
  process.on('SIGHUP', () => void supervisor.reload());
  // Tools that watch keepalived ask for dumps by these; unhandled they would end the daemon, or open a debugger.
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () =>
      log.notice(`${signal} asks for a dump, which locumd does not write: use locum status --json`),
    );
  }
  for (const number of [SIGNALS.JSON!, SIGNALS.STATS_CLEAR!]) ignoreSignal(number);
  started = supervisor.start();
  await started;
  process.send?.(READY);
  if (process.connected) process.disconnect();
  await stopped;
  return undefined;
}

function sinks(options: LocumdOptions): LogSink[] {
  const list: LogSink[] = [];
  if (options.foreground || options.logToConsole) list.push(stderrSink());
  else list.push(terminalSink());
  if (options.useSyslog && !options.logToConsole && !options.foreground) list.push(syslogSink(options.syslogFacility));
  return list;
}

/** What is wrong goes to the terminal as well, until the command in the foreground has seen the daemon serve. */
function terminalSink(): LogSink {
  const write = stderrSink();
  const isForeground = process.env[BACKGROUND] === undefined;
  return (severity, line) => {
    if (severity !== 'error' && severity !== 'warning') return;
    if (isForeground || process.connected) write(severity, line);
  };
}

function requireCapabilities(): void {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const missing = CAPABILITIES.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return;
  const names = missing.map(([, name, purpose]) => `${name} (${purpose})`).join(' and ');
  const list = missing.map(([, name]) => name).join(' ');
  throw new StartError('NOT_PERMITTED', `this process lacks ${names}`, {
    hint: `Run it as root, or with AmbientCapabilities=${list} in its systemd unit.`,
  });
}

function enterNamespace(name: string): void {
  try {
    const namespace = openNetworkNamespace(name);
    enterNetworkNamespace(namespace);
    namespace.close();
  } catch (error) {
    throw new StartError('NO_SUCH_NAMESPACE', `cannot enter network namespace ${name}: ${(error as Error).message}`, {
      hint: `Make it with: ip netns add ${name}`,
    });
  }
}

function printSignalNumber(name: string): number {
  const number = SIGNALS[name];
  if (number === undefined) {
    process.stderr.write(`locumd: unknown signal ${name}; one of ${Object.keys(SIGNALS).join(' ')}\n`);
    return 1;
  }
  process.stdout.write(`${number}\n`);
  return 0;
}

/** keepalived's contract: 0 for a configuration that can run, non-zero otherwise. */
function reportConfigTest(
  options: LocumdOptions,
  settings: DaemonSettings | undefined,
  diagnostics: readonly Diagnostic[],
): number {
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  if (options.configTestLog === undefined) process.stderr.write(text);
  else writeFileSync(options.configTestLog, text);
  return settings === undefined ? 5 : 0;
}

/** Starts the same command as a background process and returns when that serves, or has failed. */
async function goToBackground(): Promise<number> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, [BACKGROUND]: '1' },
    },
  );
  return await new Promise((resolve) => {
    child.once('message', () => {
      child.disconnect();
      child.unref();
      resolve(0);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function dumpOctets(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

// An argument, even undefined, would overrule the status that was set meanwhile.
const status = await main();
process.exit(status ?? process.exitCode);
