/**
 * The engine's end of the conversation with the supervisor: a listening socket, and at most one connection.
 *
 * The first supervisor connects like any later one, so adopting an engine whose supervisor died is nothing special.
 */
import { statSync, unlinkSync } from 'node:fs';
import {
  acceptUnix,
  closeDescriptor,
  Errno,
  listenUnix,
  MessageFlag,
  moveDescriptor,
  PollEvent,
  type Poller,
  receive,
  sendTo,
} from '@locum/linux';
import {
  decodeMessage,
  type EngineMessage,
  encodeMessage,
  LineReader,
  type SupervisorMessage,
} from '../channel/message.ts';

/** Only ever one connection is served: that of the supervisor that came last, as there is only one that lives. */
const NOBODY = -1;
/** Above every descriptor of a port, below the usual limit of open files. */
const LEAST_DESCRIPTOR = 900;

/** Read in one round of the reactor: a few routers of a plan, whose decoding holds up no timer for long. */
const CHUNK_BYTES = 4096;

/** A message that the supervisor has not made room for. */
interface Unsent {
  readonly type: EngineMessage['type'];
  readonly bytes: Uint8Array;
  /** How much of it is on its way. */
  sentBytes: number;
}

export class SupervisorSocket {
  readonly #path: string;
  readonly #poller: Poller;
  readonly #listener: number;
  readonly #listenerSlot: number;
  /** What tells the socket from one that another engine has put in its place. */
  readonly #inode: bigint | undefined;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #decoder = new TextDecoder();
  #connection = NOBODY;
  #connectionSlot = NOBODY;
  #connectionCount = 0;
  /** In order. At most one piece of news waits as a whole, so it stays short however long the supervisor does not read. */
  #unsent: Unsent[] = [];
  #lines: LineReader;
  readonly #onMessage: (message: SupervisorMessage) => void;
  readonly #onConnected: () => void;
  readonly #onDisconnected: () => void;

  /** Listens at `path`, replacing what a dead engine left there. */
  constructor(
    path: string,
    poller: Poller,
    handlers: { onMessage(message: SupervisorMessage): void; onConnected(): void; onDisconnected(): void },
  ) {
    this.#path = path;
    this.#poller = poller;
    this.#onMessage = handlers.onMessage;
    this.#onConnected = handlers.onConnected;
    this.#onDisconnected = handlers.onDisconnected;
    this.#lines = this.#newLines();
    removeSocket(path);
    const umask = process.umask(0o177);
    try {
      this.#listener = listenUnix(path);
    } finally {
      process.umask(umask);
    }
    this.#inode = inodeOf(path);
    this.#listenerSlot = poller.add(this.#listener, PollEvent.Readable);
  }

  get connected(): boolean {
    return this.#connection !== NOBODY;
  }

  /** Number of the connection that came last. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Handles what the poller reported. What does not fit a chunk is left for the next round. */
  drain(): void {
    if (this.#poller.ready(this.#listenerSlot) !== 0) this.#accept();
    const ready = this.#connection === NOBODY ? 0 : this.#poller.ready(this.#connectionSlot);
    if (ready === 0) return;
    if (ready !== PollEvent.Writable) this.#read();
    if (this.#unsent.length > 0) this.#flush();
  }

  /**
   * Sends a message, or nothing when nobody is there. What a supervisor does not read waits for it: it may have been
   * stopped, or held up by whoever reads its log.
   */
  send(message: EngineMessage): void {
    if (this.#connection === NOBODY) return;
    if (message.type === 'events' && this.#unsent.length > 0) {
      // What waits makes the supervisor look at the board as well.
      if (message.ports === undefined) return;
      this.#unsent = this.#unsent.filter(({ type, sentBytes }) => type !== 'events' || sentBytes > 0);
    }
    this.#unsent.push({ type: message.type, bytes: Buffer.from(encodeMessage(message)), sentBytes: 0 });
    this.#flush();
  }

  /** The connection goes last: the supervisor takes its end for that of the engine. */
  close(): void {
    if (inodeOf(this.#path) === this.#inode) removeSocket(this.#path);
    this.#poller.remove(this.#listenerSlot);
    closeDescriptor(this.#listener);
    if (this.#connection !== NOBODY) this.#closeConnection();
  }

  #accept(): void {
    const connection = acceptUnix(this.#listener);
    if (connection < 0) return;
    // The end of a supervisor that is gone may be noticed after its successor.
    if (this.#connection !== NOBODY) this.#disconnect();
    // The supervisor learns of our death from this descriptor, and has to before the ports are taken down.
    this.#connection = moveDescriptor(connection, LEAST_DESCRIPTOR);
    this.#connectionSlot = this.#poller.add(this.#connection, PollEvent.Readable);
    this.#connectionCount++;
    this.#lines = this.#newLines();
    this.#decoder = new TextDecoder();
    this.#onConnected();
  }

  #read(): void {
    const count = receive(this.#connection, this.#chunk, 0, this.#chunk.length, MessageFlag.DontWait);
    if (count === -Errno.EAGAIN) return;
    if (count <= 0) this.#disconnect();
    else this.#lines.push(this.#decoder.decode(this.#chunk.subarray(0, count), { stream: true }));
  }

  #flush(): void {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const { bytes, sentBytes } = first;
      const flags = MessageFlag.NoSignal | MessageFlag.DontWait;
      const sent = sendTo(this.#connection, bytes, sentBytes, bytes.length, null, flags);
      if (sent < 0 && sent !== -Errno.EAGAIN) {
        this.#disconnect();
        return;
      }
      first.sentBytes += Math.max(sent, 0);
      if (first.sentBytes < bytes.length) break;
      this.#unsent.shift();
    }
    const waiting = this.#unsent.length > 0 ? PollEvent.Writable : 0;
    this.#poller.modify(this.#connectionSlot, PollEvent.Readable | waiting);
  }

  #newLines(): LineReader {
    return new LineReader((line) => this.#onMessage(decodeMessage<SupervisorMessage>(line)));
  }

  #disconnect(): void {
    this.#closeConnection();
    this.#onDisconnected();
  }

  #closeConnection(): void {
    this.#poller.remove(this.#connectionSlot);
    closeDescriptor(this.#connection);
    this.#connection = NOBODY;
    this.#unsent = [];
  }
}

/**
 * Undefined where there is no such file. In Node 20, a look at a socket that asks for plain numbers makes the next import
 * take a link to a package for the package itself.
 */
function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
