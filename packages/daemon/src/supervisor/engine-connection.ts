/**
 * The supervisor's end of the conversation with the engine process: finds a running engine or starts one, and knows
 * at once when it is gone.
 */
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
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
import type { GoAhead } from '../engine-process/go-ahead.ts';
import { EngineProcess, tryConnect } from './engine-process.ts';
import { KnownRouters } from './known-routers.ts';
import { StartError } from './start-error.ts';

export type Configured = Extract<EngineMessage, { type: 'configured' }>;
type Hello = Extract<EngineMessage, { type: 'hello' }>;

/** Where an engine is found, and what it is told when it has to be started first. */
export interface EngineLocation {
  readonly socketPath: string;
  readonly pidFile: string;
  readonly goAhead: GoAhead;
}

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
  /** Settled when the connection has ended. */
  readonly #gone: Promise<undefined>;
  readonly #known = new KnownRouters();
  #onConfigured: (message: Configured) => void = () => {};

  private constructor(socket: Socket, hello: Hello, adopted: boolean, gone: Promise<undefined>) {
    this.#socket = socket;
    this.#gone = gone;
    this.pid = hello.pid;
    this.board = Board.attach(hello.pid, hello.boardFd);
    this.adopted = adopted;
  }

  /**
   * Connects to the engine that listens at `socketPath`, or starts one there. Rejects with a {@link StartError}.
   *
   * @param spare is taken where an engine is to be started, and dismissed where one runs
   * @param predecessor the engine that died: its socket may still answer, and must not be believed
   */
  static async open(
    { socketPath, pidFile, goAhead }: EngineLocation,
    handlers: EngineConnectionHandlers,
    spare?: EngineProcess,
    predecessor?: EngineConnection,
  ): Promise<EngineConnection> {
    if (predecessor !== undefined) {
      predecessor.#socket.destroy();
      rmSync(socketPath, { force: true });
    }
    const found = await tryConnect(socketPath);
    if (found !== undefined) {
      const connection = await EngineConnection.#greet(found, handlers, true);
      if (connection !== undefined) {
        await spare?.dismiss();
        return connection;
      }
      // It was about to end. Another that listens there takes its place.
      rmSync(socketPath, { force: true });
    }
    const socket = await startEngine(spare ?? new EngineProcess(socketPath, pidFile), goAhead);
    const connection = await EngineConnection.#greet(socket, handlers, false);
    if (connection !== undefined) return connection;
    throw new StartError('ENGINE_FAILED', 'the engine process ended before it was ready', {
      hint: 'Its own message stands above this one.',
    });
  }

  /** The connection to an engine once it has said what it is; undefined when it ends instead. */
  static async #greet(
    socket: Socket,
    handlers: EngineConnectionHandlers,
    adopted: boolean,
  ): Promise<EngineConnection | undefined> {
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
    const gone = new Promise<undefined>((resolve) => socket.once('close', () => resolve(undefined)));
    const hello = await Promise.race([greeting, gone]);
    if (hello === undefined) return undefined;
    if (hello.version !== CHANNEL_VERSION) {
      socket.destroy();
      throw new StartError('ENGINE_FAILED', `process ${hello.pid} is an engine of another version`, {
        hint: `Stop it with: kill ${hello.pid}. It will resign in order.`,
      });
    }
    connection = new EngineConnection(socket, hello, adopted, gone);
    connection.#watchForDeath(handlers);
    return connection;
  }

  // The death watch is milliseconds quicker than the connection, which serves where it cannot be had.
  #watchForDeath(handlers: EngineConnectionHandlers): void {
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      watch.close();
      handlers.onGone();
    };
    const watch = new DeathWatch(this.board.deathWord, this.board.deathWordAddress, tell);
    void this.#gone.then(tell);
  }

  /**
   * Gives the engine a plan and resolves with what became of it: `slots[i]` is the row of `plan.routers[i]`; undefined
   * when the engine dies meanwhile. One plan at a time: what the next one changes is known only when it is carried out.
   */
  async configure(plan: EnginePlan): Promise<Configured | undefined> {
    const change = this.#known.changeTo(plan);
    const answer = new Promise<Configured>((resolve) => {
      this.#onConfigured = resolve;
    });
    this.#socket.write(encodeChange(change));
    const configured = await Promise.race([answer, this.#gone]);
    return configured && { ...configured, slots: this.#known.confirm(plan, change, configured.slots) };
  }

  /** Asks the engine to resign everything in order and end. */
  stop(): void {
    this.#socket.write(encodeMessage({ type: 'stop' }));
  }
}

async function startEngine(engine: EngineProcess, goAhead: GoAhead): Promise<Socket> {
  engine.begin(goAhead);
  return await engine.connect();
}
