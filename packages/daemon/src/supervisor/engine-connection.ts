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
import { EngineProcess, killEngine, OWN_MESSAGE_HINT, runningEngine, tryConnect } from './engine-process.ts';
import { KnownRouters } from './known-routers.ts';
import { StartError } from './start-error.ts';

export type Configured = Extract<EngineMessage, { type: 'configured' }>;
/** A living engine says what it is within milliseconds, a second on a busy machine. */
const GREETING_DEADLINE_MS = 10_000;
const HURRIED_GREETING_MS = 1_000;

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
}

export class EngineConnection {
  readonly pid: number;
  readonly board: Board;
  /** The engine ran before this supervisor did. */
  readonly adopted: boolean;
  readonly #socketPath: string;
  readonly #socket: Socket;
  /** Settled when the connection has ended. */
  readonly #gone: Promise<undefined>;
  readonly #known = new KnownRouters();
  /** It was told to end, and takes its time for that. */
  #stopping = false;
  #onConfigured: (message: Configured) => void = () => {};

  private constructor(
    socketPath: string,
    socket: Socket,
    board: Board,
    hello: Hello,
    adopted: boolean,
    gone: Promise<undefined>,
  ) {
    this.#socketPath = socketPath;
    this.#socket = socket;
    this.#gone = gone;
    this.pid = hello.pid;
    this.board = board;
    this.adopted = adopted;
  }

  /**
   * Connects to the engine that listens at `socketPath`, or starts one there. Rejects with a {@link StartError}.
   *
   * @param spare is taken where an engine is to be started, and dismissed where one runs
   * @param predecessor the engine that died: its socket may still answer, and must not be believed
   * @param impatient one that runs and does not say what it is, is not waited for much longer
   */
  static async open(
    location: EngineLocation,
    handlers: EngineConnectionHandlers,
    spare?: EngineProcess,
    predecessor?: EngineConnection,
    impatient?: AbortSignal,
  ): Promise<EngineConnection> {
    const { socketPath, pidFile, goAhead } = location;
    if (predecessor !== undefined) {
      predecessor.#socket.destroy();
      rmSync(socketPath, { force: true });
    }
    const found = await tryConnect(socketPath);
    if (found !== undefined) {
      const connection = await EngineConnection.#greet(found, location, handlers, true, impatient);
      if (connection !== undefined) {
        await spare?.dismiss();
        return connection;
      }
      // It was about to end. Another that listens there takes its place.
      const pid = runningEngine(socketPath, pidFile);
      if (pid !== undefined) killEngine(pid, socketPath);
      rmSync(socketPath, { force: true });
    }
    const engine = spare ?? new EngineProcess(socketPath, pidFile);
    engine.begin(goAhead);
    const socket = await engine.connect();
    try {
      const connection = await EngineConnection.#greet(socket, location, handlers, false);
      if (connection !== undefined) return connection;
    } catch (error) {
      await engine.kill();
      throw error;
    }
    await engine.kill();
    throw new StartError('ENGINE_FAILED', 'the engine process ended before it was ready', { hint: OWN_MESSAGE_HINT });
  }

  /** The connection to an engine once it has said what it is; undefined when it ends instead. */
  static async #greet(
    socket: Socket,
    { socketPath, pidFile }: EngineLocation,
    handlers: EngineConnectionHandlers,
    adopted: boolean,
    impatient?: AbortSignal,
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
    const patience = new Patience(impatient);
    const hello = await Promise.race([greeting, gone, patience.over]);
    patience.close();
    if (hello === undefined) return undefined;
    if (hello === 'over') {
      socket.destroy();
      const pid = runningEngine(socketPath, pidFile);
      throw new StartError('ENGINE_FAILED', `the engine process${pid === undefined ? '' : ` ${pid}`} does not answer`, {
        hint: `It may be stopped or stuck. End it with: kill -KILL ${pid ?? 'PID'}. What it set stays until the next start.`,
      });
    }
    if (hello.version !== CHANNEL_VERSION) {
      socket.destroy();
      throw new StartError('ENGINE_FAILED', `process ${hello.pid} is an engine of another version`, {
        hint: `Stop it with: kill ${hello.pid}. It will resign in order.`,
      });
    }
    const board = attachBoard(hello);
    if (board === undefined) return undefined;
    connection = new EngineConnection(socketPath, socket, board, hello, adopted, gone);
    return connection;
  }

  /**
   * Calls `onGone`, once, when the engine process is dying or gone, which may be so already. An engine whose connection
   * has ended, for whatever reason, does not outlive that.
   */
  watchForDeath(onGone: () => void): void {
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      watch.close();
      onGone();
    };
    const watch = new DeathWatch(this.board.deathWord, this.board.deathWordAddress, tell);
    // The death watch is milliseconds quicker than the connection, which serves where it cannot be had.
    void this.#gone.then(() => {
      if (!told && !this.#stopping) killEngine(this.pid, this.#socketPath);
      tell();
    });
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
    this.#stopping = true;
    this.#socket.write(encodeMessage({ type: 'stop' }));
  }
}

/** Undefined when the engine has died since it said hello. */
function attachBoard({ pid, boardFd }: Hello): Board | undefined {
  try {
    return Board.attach(pid, boardFd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The time for a greeting, which somebody may cut short. */
class Patience {
  readonly over: Promise<'over'>;
  readonly #end: () => void;
  readonly #cutShort: AbortSignal | undefined;
  #timer: NodeJS.Timeout;

  constructor(cutShort: AbortSignal | undefined) {
    let end: () => void = () => {};
    this.over = new Promise((resolve) => {
      end = () => resolve('over');
    });
    this.#end = end;
    this.#cutShort = cutShort;
    this.#timer = setTimeout(end, cutShort?.aborted === true ? HURRIED_GREETING_MS : GREETING_DEADLINE_MS);
    cutShort?.addEventListener('abort', this.#hurry);
  }

  readonly #hurry = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#end, HURRIED_GREETING_MS);
  };

  close(): void {
    clearTimeout(this.#timer);
    this.#cutShort?.removeEventListener('abort', this.#hurry);
  }
}
