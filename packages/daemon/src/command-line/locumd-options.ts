/**
 * The command line of locumd: keepalived's flags, both short and long, and a few of our own.
 *
 * Flags of the halves of keepalived that locumd does not have are accepted and ignored, so that existing unit files
 * and start scripts go on working; `ignored` names them for one log line.
 */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { transportOption } from './transport-option.ts';
import { VERSION } from './version.ts';

export type LogFormat = 'human' | 'json';

export interface LocumdOptions {
  readonly configFile: string;
  readonly foreground: boolean;
  /** Log to stderr even when there is a system log. */
  readonly logToConsole: boolean;
  readonly useSyslog: boolean;
  readonly syslogFacility: number;
  readonly logFormat: LogFormat;
  /** 0: what an operator must know; 1 (-D): each step of a transition; 2 (-D -D): each discarded packet's reason. */
  readonly detail: number;
  readonly dumpConfiguration: boolean;
  readonly pidFile: string;
  readonly vrrpPidFile: string;
  /** Only test the configuration; `configTestLog` takes the diagnostics instead of stderr. */
  readonly configTest: boolean;
  readonly configTestLog: string | undefined;
  readonly configId: string;
  readonly strictIncludes: boolean;
  readonly netNamespace: string | undefined;
  /** Transport of instances that name none. */
  readonly transport: string | undefined;
  /** Keep addresses on the interface at an orderly stop. */
  readonly keepAddresses: boolean;
  readonly respawn: boolean;
  readonly runDirectory: string;
  /** Signal name to print the number of, and exit. */
  readonly signum: string | undefined;
  readonly ignored: readonly string[];
}

/** Flags of other halves and of debug builds: accepted, without effect. */
const IGNORED: readonly (readonly [flags: string, what: string])[] = [
  ['-P, --vrrp', 'run only VRRP; locumd has nothing else'],
  ['-C, --check', 'run only the checkers'],
  ['-B, --no_bfd', 'do not run BFD'],
  ['--all', 'run every part'],
  ['-I, --dont-release-ipvs', 'keep IPVS tables'],
  ['-m, --core-dump', 'write a core file'],
  ['-M, --core-dump-pattern [pattern]', 'core file pattern'],
  ['-x, --snmp', 'SNMP'],
  ['-A, --snmp-agent-socket <socket>', 'SNMP agent socket'],
  ['-c, --checkers_pid <file>', 'pid file of the checkers'],
  ['-b, --bfd_pid <file>', 'pid file of BFD'],
  ['-a, --address-monitoring', 'log address changes'],
  ['-X, --release-vips', 'remove addresses that an earlier run left behind; always done'],
  ['-u, --umask <mask>', 'umask of written files; ours are private'],
  ['-g, --log-file [file]', 'log file'],
  ['--flush-log-file', 'flush the log file'],
  ['--ignore-sigint', 'debugging'],
];

function facility(text: string): number {
  const names: Record<string, number> = { user: 1, daemon: 3 };
  const local = /^(?:local)?([0-7])$/i.exec(text);
  if (local !== null) return 16 + Number(local[1]);
  const named = names[text.toLowerCase()];
  if (named === undefined) throw new InvalidArgumentError('Write 0 to 7, local0 to local7, user or daemon.');
  return named;
}

/** A transport may be a path, and is one where it begins like one. */
function absoluteTransport(name: string | undefined): string | undefined {
  return name !== undefined && /^\.{1,2}\//.test(name) ? resolve(name) : name;
}

function buildCommand(): Command {
  const command = new Command('locumd')
    .description('VRRP daemon: reads keepalived.conf and keeps a virtual address on a living server.')
    .version(`locumd ${VERSION}`, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('-f, --use-file <file>', 'configuration file', '/etc/keepalived/keepalived.conf')
    .option('-n, --dont-fork', 'stay in the foreground', false)
    .option('-l, --log-console', 'log to stderr', false)
    .option('-G, --no-syslog', 'do not log to the system log')
    .addOption(new Option('-S, --log-facility <facility>', 'syslog facility').argParser(facility).default(3, 'daemon'))
    .addOption(new Option('--log-format <format>', 'form of a log line').choices(['human', 'json']).default('human'))
    .option('-D, --log-detail', 'log more; twice: even more', (_value: unknown, count: number) => count + 1, 0)
    .option('-d, --dump-conf', 'log the configuration as it was understood', false)
    .option('-t, --config-test [file]', 'test the configuration and exit; diagnostics go to FILE')
    .option('-i, --config-id <id>', 'keep configuration lines that begin with @ID', hostname().replace(/\..*$/, ''))
    .option('-e, --all-config', 'every include must be complete', false)
    .option('-p, --pid <file>', 'pid file of the daemon', '/run/locumd.pid')
    .option('-r, --vrrp_pid <file>', 'pid file of the engine process')
    .option('-s, --namespace <name>', 'run in this network namespace')
    .option('-V, --dont-release-vrrp', 'keep the addresses on an orderly stop', false)
    .option('-R, --dont-respawn', 'do not start the engine process again when it dies', false)
    .addOption(transportOption())
    .option('--run-dir <directory>', 'where the control sockets live', '/run/locum')
    .option('--signum <name>', 'print the number of STOP, RELOAD, DATA, STATS, STATS_CLEAR or JSON')
    .addHelpText('after', '\nExit status: 0 orderly stop; 1 cannot run; 2 bad configuration or command line.');
  for (const [flags, what] of IGNORED) command.addOption(new Option(flags, `ignored: ${what}`).hideHelp());
  return command;
}

/**
 * Reads the command line. Paths are made absolute, because in the background the daemon runs in another directory.
 * Prints help, version or an error and exits by itself, as commander does.
 *
 * @param arguments_ the words after the program name
 */
export function parseLocumdOptions(arguments_: readonly string[]): LocumdOptions {
  const command = buildCommand();
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse([...arguments_], { from: 'user' });
  const options = command.opts();
  const runDirectory = resolve(options.runDir);
  const configTest = options.configTest as string | true | undefined;
  return {
    configFile: resolve(options.useFile),
    foreground: options.dontFork,
    logToConsole: options.logConsole,
    useSyslog: options.syslog,
    syslogFacility: options.logFacility,
    logFormat: options.logFormat,
    detail: options.logDetail,
    dumpConfiguration: options.dumpConf,
    pidFile: resolve(options.pid),
    vrrpPidFile: resolve(options.vrrp_pid ?? `${runDirectory}/engine.pid`),
    configTest: configTest !== undefined,
    configTestLog: typeof configTest === 'string' ? configTest : undefined,
    configId: options.configId,
    strictIncludes: options.allConfig,
    netNamespace: options.namespace,
    transport: absoluteTransport(options.transport),
    keepAddresses: options.dontReleaseVrrp,
    respawn: !options.dontRespawn,
    runDirectory,
    signum: options.signum,
    ignored: IGNORED.filter(([flags]) => command.getOptionValueSource(new Option(flags).attributeName()) === 'cli').map(
      ([flags]) => flags.replace(/^.*?(--[\w-]+).*$/, '$1'),
    ),
  };
}
