/**
 * locumd behind its command line: checks what can be checked before anything is touched, and hands over to the
 * supervisor.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import {
  enterNetworkNamespace,
  ignoreSignal,
  openNetworkNamespace,
  replaceDescriptor,
  setThreadName,
} from '@locum/linux';
import { goesToBackground, goToBackground, isBackground, tellParent } from './command-line/background.ts';
import { onReload } from './command-line/early-signal.ts';
import type { LocumdOptions } from './command-line/locumd-options.ts';
import { SIGNAL_NUMBERS } from './command-line/signal-number.ts';
import { isBuiltIn } from './configuration/built-in-transport.ts';
import { type Diagnostic, formatDiagnostic } from './configuration/diagnostic.ts';
import { loadConfiguration } from './configuration/load.ts';
import type { DaemonSettings } from './configuration/settings.ts';
import type { EngineProcess } from './supervisor/engine-process.ts';
import { Log, type LogSink, stderrSink } from './supervisor/log.ts';
import { PidFile } from './supervisor/pid-file.ts';
import { StartError } from './supervisor/start-error.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { syslogSink } from './supervisor/system-log.ts';

/** Capabilities that the job needs: bit in the kernel's mask, name, what for. */
const CAPABILITIES: readonly (readonly [bit: number, name: string, purpose: string])[] = [
  [12, 'CAP_NET_ADMIN', 'to set addresses'],
  [13, 'CAP_NET_RAW', 'to send and receive adverts'],
];

/**
 * Runs until it is told to stop. Resolves with the exit status; undefined leaves it to what happened meanwhile.
 *
 * @param spare an engine process that waits for its first task
 */
export async function runDaemon(options: LocumdOptions, spare?: EngineProcess): Promise<number | undefined> {
  const { settings, diagnostics } = loadConfiguration(options.configFile, {
    configId: options.configId,
    strictIncludes: options.strictIncludes,
    transport: options.transport,
  });
  if (options.configTest) return reportConfigTest(options, settings, diagnostics);
  if (goesToBackground(options) && settings !== undefined) return goToBackground();
  const log = new Log(options.logFormat, options.detail, sinks(options));
  log.diagnostics(diagnostics);
  try {
    return await serve(options, settings, log, spare);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    log.error(`${error.message}. ${error.hint}`, { code: error.code });
    return error.code === 'BAD_CONFIGURATION' ? 2 : 1;
  }
}

async function serve(
  options: LocumdOptions,
  settings: DaemonSettings | undefined,
  log: Log,
  spare: EngineProcess | undefined,
): Promise<number | undefined> {
  if (settings === undefined) {
    throw new StartError('BAD_CONFIGURATION', `${options.configFile} has errors; nothing was started`, {
      hint: `Mend what is named above and look again with: locum check ${options.configFile}`,
    });
  }
  if (settings.instances.length === 0) {
    log.warning(`${options.configFile} has no vrrp_instance: there is nothing to do until a reload brings one`);
  }
  requireCapabilities(settings, log);
  setThreadName('locumd');
  const namespace = options.netNamespace ?? settings.global.netNamespace;
  if (namespace !== undefined) enterNamespace(namespace);
  const pidFile = PidFile.take(options.pidFile);
  if (options.ignored.length > 0) log.info(1, `Ignored, because locumd has no such part: ${options.ignored.join(' ')}`);
  if (options.dumpConfiguration) log.notice(JSON.stringify(settings, dumpOctets, 2));
  try {
    return await superviseUntilStopped(new Supervisor(options, settings, log, spare), log, options);
  } finally {
    pidFile.release();
  }
}

async function superviseUntilStopped(supervisor: Supervisor, log: Log, options: LocumdOptions): Promise<undefined> {
  let started: Promise<void> = Promise.resolve();
  const stopped = new Promise<void>((resolve) => {
    const stop = (signal: string): void => {
      log.notice(`Stopping on ${signal}`);
      supervisor.hurry();
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
  // Tools that watch keepalived ask for dumps by these; unhandled they would end the daemon, or open a debugger.
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () =>
      log.notice(`${signal} asks for a dump, which locumd does not write: use locum status --json`),
    );
  }
  for (const number of [SIGNAL_NUMBERS.JSON!, SIGNAL_NUMBERS.STATS_CLEAR!]) ignoreSignal(number);
  started = supervisor.start();
  await started;
  onReload(() => void supervisor.reload());
  if (isBackground() && !options.logToConsole) leaveTerminal();
  tellParent();
  await stopped;
  return undefined;
}

/** Who waits for the end of our output, as a script that keeps it does, is not to wait for the daemon's. */
function leaveTerminal(): void {
  const nowhere = openSync('/dev/null', 'w');
  replaceDescriptor(2, nowhere);
  closeSync(nowhere);
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
  return (severity, line) => {
    if (severity !== 'error' && severity !== 'warning') return;
    if (!isBackground() || process.connected) write(severity, line);
  };
}

/** A transport that is not ours knows itself what it needs; its routers can elect without the right to set addresses. */
function requireCapabilities({ instances }: DaemonSettings, log: Log): void {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const missing = CAPABILITIES.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return;
  const names = missing.map(([, name, purpose]) => `${name} (${purpose})`).join(' and ');
  if (instances.length > 0 && instances.every(({ transport }) => !isBuiltIn(transport.name))) {
    log.warning(`This process lacks ${names}: the routers elect an Active, and its addresses are for others to set`);
    return;
  }
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

function dumpOctets(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
