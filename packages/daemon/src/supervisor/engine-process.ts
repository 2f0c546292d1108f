/**
 * The process of an engine, as its parent sees it: started early, held until it is wanted, and reached by its socket.
 *
 * Loads next to nothing, so that the engine's start does not wait for the supervisor's own modules.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isBackground } from '../command-line/background.ts';
import { encodeGoAhead, GO_AHEAD_DESCRIPTOR, type GoAhead, HELD } from '../engine-process/go-ahead.ts';
import { StartError } from './start-error.ts';

export const ENGINE_PROGRAM = fileURLToPath(new URL('../engine-process/main.js', import.meta.url));
/**
 * How Node runs an engine. It makes no garbage to speak of, so the space for it can be small. And V8 is kept from
 * collecting a small heap some seconds after the start, to give memory back: no advert is sent for the tens of
 * milliseconds that this takes. Where it does collect, it is done in half a millisecond by itself; with helpers it would
 * wait for each of them to get a processor, which takes many when the machine is busy.
 */
export const ENGINE_FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--no-memory-reducer',
  '--single-threaded-gc',
  '--expose-gc',
];
/**
 * Keeps the C library from holding what it does not need: a heap for each of Node's ten threads, and what V8's compiler
 * takes in pieces of up to 32 KiB and gives back soon.
 */
const ALLOCATOR = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '16384' };
const CONNECT_DEADLINE_MS = 10_000;
const CONNECT_RETRY_MS = 4;

/** Where an engine that could not start has said why. */
export const OWN_MESSAGE_HINT = isBackground()
  ? 'Start it with -n to see its own message.'
  : 'Its own message stands above this one.';

/** Where the engine of a run directory listens. */
export function engineSocketIn(runDirectory: string): string {
  return `${runDirectory}/engine.sock`;
}

export class EngineProcess {
  readonly #socketPath: string;
  readonly #child: ChildProcess;
  readonly #goAhead: Writable;
  #begun = false;
  #ended = false;

  /**
   * Starts an engine in a session of its own, so that it outlives this process and its terminal. It loads its program,
   * and touches nothing before {@link begin}. Should this process end first, so does the engine.
   */
  constructor(socketPath: string, pidFile: string) {
    this.#socketPath = socketPath;
    this.#child = spawn(process.execPath, [...ENGINE_FLAGS, ENGINE_PROGRAM, socketPath, pidFile, HELD], {
      detached: true,
      // In the background nobody reads what it says, and who waits for the end of that output would wait for ever.
      stdio: ['ignore', 'inherit', isBackground() ? 'ignore' : 'inherit', 'pipe'],
      env: { ...process.env, ...ALLOCATOR },
    });
    this.#goAhead = this.#child.stdio[GO_AHEAD_DESCRIPTOR] as Writable;
    // An engine that ends before its time is noticed by its absence from the socket.
    this.#goAhead.on('error', () => {});
    for (const event of ['exit', 'error']) {
      this.#child.once(event, () => {
        this.#ended = true;
      });
    }
  }

  /** Lets it serve. */
  begin(goAhead: GoAhead): void {
    this.#begun = true;
    this.#goAhead.end(encodeGoAhead(goAhead));
  }

  /** Ends it if it has not begun, and resolves when it is gone. */
  async dismiss(): Promise<void> {
    if (!this.#begun) await this.kill();
  }

  /** Ends it at once, and resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Connects to it once it listens. Rejects with a {@link StartError}. */
  async connect(): Promise<Socket> {
    const deadline = Date.now() + CONNECT_DEADLINE_MS;
    while (!this.#ended && Date.now() < deadline) {
      const socket = await tryConnect(this.#socketPath);
      if (socket !== undefined) {
        this.#child.unref();
        return socket;
      }
      await delay(CONNECT_RETRY_MS);
    }
    await this.kill();
    throw new StartError('ENGINE_FAILED', 'the engine process did not start', { hint: OWN_MESSAGE_HINT });
  }
}

/** A connection to the engine that listens at `path`; undefined when none does. */
export async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    // A broken connection is reported by `close`; nothing else is to be done about the error.
    socket.on('error', () => resolve(undefined));
  });
}

/** The engine that listens at `socketPath` by what its pid file says; undefined where no such process runs. */
export function runningEngine(socketPath: string, pidFile: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return undefined;
  }
  return pid > 0 && isEngine(pid, socketPath) ? pid : undefined;
}

/** Makes sure that an engine which cannot be talked to any more does not go on: another one will do its work. */
export function killEngine(pid: number, socketPath: string): void {
  if (!isEngine(pid, socketPath)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A process that is gone may have left its id to another one. One that is dying has no command line any more. */
function isEngine(pid: number, socketPath: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(socketPath);
  } catch {
    return false;
  }
}
