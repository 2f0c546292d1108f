/**
 * The supervisor's end of the conversation with the engine process: finds a running engine or starts one, and knows
 * at once when it is gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DeathWatch } from '@locum/linux';
import { Board } from '../board/board.ts';
import {
  CHANNEL_VERSION,
  decodeMessage,
  type EngineMessage,
  type EnginePlan,
  encodeChange,
  encodeMessage,
  LineReader,
  type PortState,
} from '../channel/message.ts';
import { KnownRouters } from './known-routers.ts';
import { StartError } from './start-error.ts';

export const ENGINE_PROGRAM = fileURLToPath(new URL('../engine-process/main.js', import.meta.url));
/**
 * How Node runs an engine. It makes no garbage to speak of, so the space for it can be small. And V8 is kept from
 * collecting a small heap some seconds after the start, to give memory back: no advert is sent for the tens of
 * milliseconds that this takes.
 */
export const ENGINE_FLAGS: readonly string[] = [
  '--enable-source-maps',
  '--max-semi-space-size=1',
  '--no-memory-reducer',
];
const CONNECT_DEADLINE_MS = 10_000;
const CONNECT_RETRY_MS = 4;

export type Configured = Extract<EngineMessage, { type: 'configured' }>;
type Hello = Extract<EngineMessage, { type: 'hello' }>;

export interface EngineConnectionHandlers {
  /** New events stand on the board. `ports` are given when one of them changed its state. */
  onNews(ports: readonly PortState[] | undefined): void;
  /** The engine process is dying or gone. Called once. */
  onGone(): void;
}

export class EngineConnection {
  readonly pid: number;
  readonly board: Board;
  /** The engine ran before this supervisor did. */
  readonly adopted: boolean;
  readonly #socket: Socket;
  readonly #known = new KnownRouters();
  /** Settled when the plan given last has been carried out: what the next one changes is known only then. */
  #lastPlan: Promise<unknown> = Promise.resolve();
  #onConfigured: (message: Configured) => void = () => {};

  private constructor(socket: Socket, hello: Hello, adopted: boolean) {
    this.#socket = socket;
    this.pid = hello.pid;
    this.board = Board.attach(hello.pid, hello.boardFd);
    this.adopted = adopted;
  }

  /**
   * Connects to the engine that listens at `socketPath`, or starts one there. Rejects with a {@link StartError}.
   *
   * @param predecessor the engine that died: its socket may still answer, and must not be believed
   */
  static async open(
    socketPath: string,
    pidFile: string,
    handlers: EngineConnectionHandlers,
    predecessor?: EngineConnection,
  ): Promise<EngineConnection> {
    if (predecessor !== undefined) {
      predecessor.#socket.destroy();
      rmSync(socketPath, { force: true });
    }
    const running = await tryConnect(socketPath);
    const socket = running ?? (await startEngine(socketPath, pidFile));
    let connection: EngineConnection | undefined;
    let greeted: (hello: Hello) => void = () => {};
    const greeting = new Promise<Hello>((resolve) => {
      greeted = resolve;
    });
    const lines = new LineReader((line) => {
      const message = decodeMessage<EngineMessage>(line);
      if (message.type === 'hello') greeted(message);
      else if (message.type === 'events') handlers.onNews(message.ports);
      else if (connection !== undefined) connection.#onConfigured(message);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => lines.push(chunk));
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const hello = await Promise.race([greeting, gone.then(() => undefined)]);
    if (hello === undefined) {
      throw new StartError('ENGINE_FAILED', 'the engine process ended before it was ready', {
        hint: 'Its own message stands above this one.',
      });
    }
    if (hello.version !== CHANNEL_VERSION) {
      socket.destroy();
      throw new StartError('ENGINE_FAILED', `process ${hello.pid} is an engine of another version`, {
        hint: `Stop it with: kill ${hello.pid}. It will resign in order.`,
      });
    }
    connection = new EngineConnection(socket, hello, running !== undefined);
    connection.#watchForDeath(gone, handlers);
    return connection;
  }

  // The death watch is milliseconds quicker than the connection, which serves where it cannot be had.
  #watchForDeath(closed: Promise<unknown>, handlers: EngineConnectionHandlers): void {
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      watch.close();
      handlers.onGone();
    };
    const watch = new DeathWatch(this.board.deathWord, this.board.deathWordAddress, tell);
    void closed.then(tell);
  }

  /**
   * Gives the engine a plan and resolves with what became of it: `slots[i]` is the row of `plan.routers[i]`. Never
   * resolves when the engine dies meanwhile.
   */
  configure(plan: EnginePlan): Promise<Configured> {
    const outcome = this.#lastPlan.then(() => this.#changeTo(plan));
    this.#lastPlan = outcome;
    return outcome;
  }

  async #changeTo(plan: EnginePlan): Promise<Configured> {
    const change = this.#known.changeTo(plan);
    const configured = await new Promise<Configured>((resolve) => {
      this.#onConfigured = resolve;
      this.#socket.write(encodeChange(change));
    });
    return { ...configured, slots: this.#known.confirm(plan, change, configured.slots) };
  }

  /** Asks the engine to resign everything in order and end. */
  stop(): void {
    this.#socket.write(encodeMessage({ type: 'stop' }));
  }
}

async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    // A broken connection is reported by `close`; nothing else is to be done about the error.
    socket.on('error', () => {});
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** Starts the engine in a session of its own, so that it outlives this process and its terminal. */
async function startEngine(socketPath: string, pidFile: string): Promise<Socket> {
  const child = spawn(process.execPath, [...ENGINE_FLAGS, ENGINE_PROGRAM, socketPath, pidFile], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const deadline = Date.now() + CONNECT_DEADLINE_MS;
  while (!ended && Date.now() < deadline) {
    const socket = await tryConnect(socketPath);
    if (socket !== undefined) {
      child.unref();
      return socket;
    }
    await delay(CONNECT_RETRY_MS);
  }
  if (!ended) child.kill('SIGKILL');
  throw new StartError('ENGINE_FAILED', 'the engine process did not start', {
    hint: 'Its own message stands above this one.',
  });
}
