/**
 * Everything that runs in a namespace of a lab belongs to the lab. This finds such processes and ends them, and keeps
 * a watch process that does the same when the test itself is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { NetworkNamespace } from '@locum/linux';

/**
 * Reads one namespace a line until its input ends, which also happens when the writer is killed; then ends every
 * process in those namespaces, again until there is none.
 */
const WATCH = `
while read -r namespace; do wanted="$wanted $namespace "; done
found=1
while [ "$found" = 1 ]; do
  found=0
  for directory in /proc/[0-9]*; do
    namespace=$(readlink "$directory/ns/net" 2>/dev/null) || continue
    case "$wanted" in *" $namespace "*) kill -9 "\${directory#/proc/}" 2>/dev/null && found=1 ;; esac
  done
done
`;

const HALT_DEADLINE_MS = 100;

/** What identifies a namespace in /proc, e.g. `net:[4026532281]`. */
export function namespaceIdentity(namespace: NetworkNamespace): string {
  return namespace.run(() => readlinkSync('/proc/thread-self/ns/net'));
}

/** Ids of the processes in a namespace, oldest first. Never this process. */
export function processesIn(identity: string): number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) === identity) pids.push(pid);
    } catch {
      // It has ended, is a zombie, or is not ours to look at.
    }
  }
  return pids.sort((a, b) => a - b);
}

/** Sends a signal to every process of the namespace and returns how many there were. */
export function signalAll(identity: string, signal: NodeJS.Signals): number {
  const pids = processesIn(identity);
  for (const pid of pids) send(pid, signal);
  return pids.length;
}

/**
 * Ends every process of the namespace at one instant, as a power cut does, and returns how many there were. All are
 * halted first: no one gets to act on the death of another, say, to send the last words that a parent left it.
 */
export function killAll(identity: string): number {
  const pids = processesIn(identity);
  for (const pid of pids) send(pid, 'SIGSTOP');
  const giveUpAt = performance.now() + HALT_DEADLINE_MS;
  while (!pids.every(isHalted) && performance.now() < giveUpAt);
  for (const pid of pids) send(pid, 'SIGKILL');
  return pids.length;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Stopped, or gone. */
function isHalted(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return 'TZX'.includes(fields.charAt(fields.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

/** The watch over one lab. */
export class Guard {
  readonly #shell: ChildProcess;

  constructor() {
    // In a session of its own, so that what is sent to the test's process group does not reach it.
    this.#shell = spawn('sh', ['-c', WATCH], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    // The test may end without having closed its lab.
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref(): void }).unref();
    this.#shell.on('error', () => {});
    this.#shell.stdin!.on('error', () => {});
  }

  watch(identity: string): void {
    this.#shell.stdin!.write(`${identity}\n`);
  }

  /** Ends every process in the watched namespaces; resolves when they are gone. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) resolve();
      else this.#shell.once('exit', () => resolve());
    });
    this.#shell.ref();
    this.#shell.stdin!.end();
    await ended;
  }
}
