/**
 * Everything that runs in a namespace of a lab belongs to the lab. This finds such processes and ends them, and keeps
 * a watch process that does the same when the test itself is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkNamespace } from '@locum/linux';

/** Tells the watch process that there is nothing left to do. */
const CLOSED = 'closed';

/**
 * Reads what identifies a namespace, and a path to it, in each line until its input ends without the word that says that
 * all is done: the writer was killed. Then it ends every process in those namespaces, again until there is none.
 *
 * Each namespace is held open until then, by a redirection around the reading of the next: what identifies one that
 * is gone may be another's at once.
 */
const WATCH = `
watch() {
  if read -r namespace path; then
    [ "$namespace" != ${CLOSED} ] || exit 0
    wanted="$wanted $namespace "
    { watch; } 3<"$path" || watch
  else
    end_all
    exit 0
  fi
}
end_all() {
  found=1
  while [ "$found" = 1 ]; do
    found=0
    for directory in /proc/[0-9]*; do
      namespace=$(readlink "$directory/ns/net" 2>/dev/null) || continue
      case "$wanted" in *" $namespace "*) kill -9 "\${directory#/proc/}" 2>/dev/null && found=1 ;; esac
    done
  done
}
watch
`;

const HALT_DEADLINE_MS = 100;
const END_PERIOD_MS = 1;

/** What identifies a namespace in /proc, e.g. `net:[4026532281]`. */
export function namespaceIdentity(namespace: NetworkNamespace): string {
  return namespace.run(() => readlinkSync('/proc/thread-self/ns/net'));
}

/** Ids of the processes in some namespaces, oldest first. Never this process. */
export function processesIn(...identities: readonly string[]): number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (identities.includes(readlinkSync(`/proc/${pid}/ns/net`))) pids.push(pid);
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
  readonly #identities: string[] = [];

  constructor() {
    // In a session of its own, so that what is sent to the test's process group does not reach it.
    this.#shell = spawn('sh', ['-c', WATCH], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    // The test may end without having closed its lab.
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref(): void }).unref();
    this.#shell.on('error', () => {});
    this.#shell.stdin!.on('error', () => {});
  }

  /** @param namespace to be open until {@link close} */
  watch(namespace: NetworkNamespace): void {
    const identity = namespaceIdentity(namespace);
    this.#identities.push(identity);
    this.#shell.stdin!.write(`${identity} /proc/${process.pid}/fd/${namespace.fd}\n`);
  }

  /** Ends every process in the watched namespaces; resolves when they are gone. */
  async close(): Promise<void> {
    for (;;) {
      const pids = processesIn(...this.#identities);
      if (pids.length === 0) break;
      for (const pid of pids) send(pid, 'SIGKILL');
      await sleep(END_PERIOD_MS);
    }
    const ended = new Promise<void>((resolve) => {
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) resolve();
      else this.#shell.once('exit', () => resolve());
    });
    this.#shell.ref();
    this.#shell.stdin!.end(`${CLOSED}\n`);
    await ended;
  }
}
