/**
 * The machine and the programs that a result belongs to. Figures of two machines cannot be compared; ratios nearly can.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findCommand } from '@locum/integration/requirement';
import { findCompiler } from './c-program.ts';

/** Everything as text, in the order in which it is printed. */
export interface Environment {
  readonly processor: string;
  readonly cores: string;
  readonly governor: string;
  readonly memory: string;
  readonly kernel: string;
  readonly clock: string;
  readonly load: string;
  readonly node: string;
  readonly keepalived: string;
  readonly compiler: string;
  readonly commit: string;
}

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));
const ABSENT = 'not installed';

export function readEnvironment(): Environment {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  return {
    processor: `${processors[0]?.model ?? 'unknown'}${isVirtual() ? ' (virtual machine)' : ''}`,
    cores: `${processors.length}, ${availableParallelism()} usable`,
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? 'not readable',
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    clock: readText('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? 'not readable',
    load: `${load.join(', ')} at the start`,
    node: `${process.version}, V8 ${process.versions.v8}`,
    keepalived: firstLine(findCommand('keepalived'), ['--version']) ?? ABSENT,
    compiler: compilerVersion(),
    commit: commit(),
  };
}

function compilerVersion(): string {
  const compiler = findCompiler();
  return firstLine(compiler, ['--version']) ?? ABSENT;
}

function commit(): string {
  const head = firstLine('git', ['-C', CHECKOUT, 'rev-parse', '--short=12', 'HEAD']);
  if (head === undefined) return 'unknown';
  const changes = spawnSync('git', ['-C', CHECKOUT, 'status', '--porcelain', '--untracked-files=no'], {
    encoding: 'utf8',
  });
  return changes.stdout.trim() === '' ? head : `${head} with changes`;
}

function firstLine(command: string | undefined, args: readonly string[]): string | undefined {
  if (command === undefined) return undefined;
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  // keepalived prints its version on the standard error.
  return `${stdout}${stderr}`.split('\n').find((line) => line.trim() !== '');
}

function isVirtual(): boolean {
  return /^flags\b.*\bhypervisor\b/m.test(readText('/proc/cpuinfo') ?? '');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
