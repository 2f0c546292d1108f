/**
 * The engine's end of the conversation with the supervisor: a listening socket, and at most one connection.
 *
 * The first supervisor connects like any later one, so adopting an engine whose supervisor died is nothing special.
 */
import { unlinkSync } from 'node:fs';
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

/** Only ever one connection is served; a second one is refused by closing it. */
const NOBODY = -1;
/** Above every descriptor of a port, below the usual limit of open files. */
const LEAST_DESCRIPTOR = 900;

/** Read in one round of the reactor: a few routers of a plan, whose decoding holds up no timer for long. */
const CHUNK_BYTES = 4096;

export class SupervisorSocket {
  readonly #path: string;
  readonly #poller: Poller;
  readonly #listener: number;
  readonly #listenerSlot: number;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #decoder = new TextDecoder();
  #connection = NOBODY;
  #connectionSlot = NOBODY;
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
    this.#listenerSlot = poller.add(this.#listener, PollEvent.Readable);
  }

  get connected(): boolean {
    return this.#connection !== NOBODY;
  }

  /** Handles what the poller reported. What does not fit a chunk is left for the next round. */
  drain(): void {
    if (this.#poller.ready(this.#listenerSlot) !== 0) this.#accept();
    if (this.#connection !== NOBODY && this.#poller.ready(this.#connectionSlot) !== 0) this.#read();
  }

  /** Sends a message, or nothing when nobody is there. A supervisor that does not read is taken for dead. */
  send(message: EngineMessage): void {
    if (this.#connection === NOBODY) return;
    const bytes = Buffer.from(encodeMessage(message));
    const sent = sendTo(this.#connection, bytes, 0, bytes.length, null, MessageFlag.NoSignal | MessageFlag.DontWait);
    if (sent !== bytes.length) this.#disconnect();
  }

  close(): void {
    if (this.#connection !== NOBODY) this.#closeConnection();
    this.#poller.remove(this.#listenerSlot);
    closeDescriptor(this.#listener);
    removeSocket(this.#path);
  }

  #accept(): void {
    const connection = acceptUnix(this.#listener);
    if (connection < 0) return;
    if (this.#connection !== NOBODY) {
      closeDescriptor(connection);
      return;
    }
    // The supervisor learns of our death from this descriptor, and has to before the ports are taken down.
    this.#connection = moveDescriptor(connection, LEAST_DESCRIPTOR);
    this.#connectionSlot = this.#poller.add(this.#connection, PollEvent.Readable);
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
  }
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
