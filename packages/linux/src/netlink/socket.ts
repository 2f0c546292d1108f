/**
 * A NETLINK_ROUTE socket for requests: one request and its acknowledgement, a dump, or many requests in one system call.
 *
 * The kernel works on routing requests inside `send`, so the answer is there when `send` returns: nothing here waits,
 * and everything may be called from a thread that must not be held up. Events are read by a socket of their own, see
 * `monitor.ts`.
 */
import { check, Errno, SystemError } from '../errno.ts';
import { libc } from '../libc.ts';
import {
  AddressFamily,
  bindSocket,
  closeDescriptor,
  MessageFlag,
  openSocket,
  receive,
  SocketLevel,
  SocketOption,
  SocketType,
  sendTo,
  setSocketOption,
} from '../socket.ts';
import { NetlinkFlag, NetlinkOption, NetlinkType } from './constants.ts';
import { NetlinkError } from './error.ts';
import { MESSAGE_HEADER_BYTES, MessageReader, MessageWriter } from './message.ts';

const NETLINK_ROUTE = 0;
/** `struct sockaddr_nl`: family u16, pad u16, port id u32, groups u32. */
const SOCKET_ADDRESS_BYTES = 12;

/** Largest datagram that the kernel builds for a dump, when the reader offers this much. */
const RECEIVE_BYTES = 32 * 1024;
/** Requests in one `send`: acknowledgements of a batch that fails entirely must fit the receive buffer. */
const BATCH_REQUESTS = 128;
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** How often a dump is asked for that changes disturb. */
const MOST_ATTEMPTS = 10;
/** Attribute of an acknowledgement: text. */
const ACK_MESSAGE = 1;

const getsockname = libc.func('int getsockname(int fd, void *address, void *length)');

/** Appends the body of one request after its header. */
export type WriteBody = (writer: MessageWriter) => void;

/** One request of a batch. */
export interface BatchRequest {
  readonly type: number;
  readonly flags: number;
  readonly body: WriteBody;
}

/** A request of a batch that the kernel refused; the others were carried out. */
export interface BatchFailure {
  /** Which request, counted from 0. */
  readonly index: number;
  /** Positive errno. */
  readonly errno: number;
  readonly explanation: string;
}

/** Opens and binds a non-blocking NETLINK_ROUTE socket in the calling thread's namespace. Used here and by the monitor. */
export function openRouteSocket(groups: number): { fd: number; portId: number } {
  const fd = openSocket(AddressFamily.Netlink, SocketType.Raw | SocketType.NonBlocking, NETLINK_ROUTE);
  try {
    setOptionIfPossible(fd, SocketLevel.Socket, SocketOption.ReceiveBufferForce, RECEIVE_BUFFER_BYTES);
    const address = new Uint8Array(SOCKET_ADDRESS_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AddressFamily.Netlink, true);
    view.setUint32(8, groups, true);
    bindSocket(fd, address, 'bind AF_NETLINK');
    check(getsockname(fd, address, new Uint32Array([SOCKET_ADDRESS_BYTES])), 'getsockname');
    return { fd, portId: view.getUint32(4, true) };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** One datagram of messages: its length, 0 where nothing is there, or -errno (ENOBUFS: messages were lost). */
export function receiveMessages(fd: number, into: Uint8Array): number {
  for (;;) {
    const length = receive(fd, into, 0, into.length, MessageFlag.Truncated);
    if (length === -Errno.EINTR) continue;
    if (length === -Errno.EAGAIN) return 0;
    return length > into.length ? -Errno.EMSGSIZE : length;
  }
}

/** Options that need privilege over the host or a younger kernel; everything works without, if less well. */
function setOptionIfPossible(fd: number, level: number, option: number, value: number): void {
  try {
    setSocketOption(fd, level, option, value);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** A socket for requests. Not for use from two threads. */
export class NetlinkSocket {
  /** What the kernel calls this socket: IPv4 address and link events caused by it carry this number. */
  readonly portId: number;
  readonly #rehearsing: boolean;
  #fd: number;
  #sequence = 0;
  readonly #writer = new MessageWriter();
  readonly #reader = new MessageReader(new Uint8Array(RECEIVE_BYTES));

  /**
   * Opens in the namespace that the calling thread is in, and stays in it. Throws `SystemError`.
   *
   * @param purpose of what is sent in batches: in a rehearsal the kernel acknowledges it all and does nothing, and so
   * never waits for those who change links or addresses, which takes as long as they like
   */
  constructor(purpose: 'work' | 'rehearsal' = 'work') {
    this.#rehearsing = purpose === 'rehearsal';
    const { fd, portId } = openRouteSocket(0);
    this.#fd = fd;
    this.portId = portId;
    for (const option of Object.values(NetlinkOption)) setOptionIfPossible(fd, SocketLevel.Netlink, option, 1);
  }

  /** Sends one request and returns when the kernel has carried it out. Throws {@link NetlinkError} with `operation`. */
  request(operation: string, type: number, flags: number, body: WriteBody): void {
    const failures = this.batch([{ type, flags, body }]);
    const failure = failures[0];
    if (failure) throw new NetlinkError(operation, failure.errno, failure.explanation);
  }

  /**
   * Carries out all requests in order, many to a system call, and returns those that were refused; empty when all
   * went well. Throws only when the socket itself fails.
   */
  batch(requests: readonly BatchRequest[]): BatchFailure[] {
    const failures: BatchFailure[] = [];
    for (let start = 0; start < requests.length; start += BATCH_REQUESTS) {
      this.#batchOnce(requests, start, Math.min(start + BATCH_REQUESTS, requests.length), failures);
    }
    return failures;
  }

  /**
   * Sends a get request and calls `onMessage` for each message of the answer: one object, or all of a dump when
   * `flags` has {@link NetlinkFlag.Dump}. Throws {@link NetlinkError} with `operation`. A dump that the kernel says
   * was disturbed by changes is read to its end and then begun again, so `onMessage` may see an object twice; `onRestart` tells.
   * Where there is no end to changes, the last attempt has to do.
   */
  get(
    operation: string,
    type: number,
    flags: number,
    body: WriteBody,
    onMessage: (message: MessageReader) => void,
    onRestart?: () => void,
  ): void {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (attempt > 0) onRestart?.();
      if (this.#getOnce(operation, type, flags, body, onMessage)) return;
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd < 0) return;
    closeDescriptor(this.#fd);
    this.#fd = -1;
  }

  #batchOnce(requests: readonly BatchRequest[], start: number, end: number, failures: BatchFailure[]): void {
    const writer = this.#writer;
    writer.reset();
    const firstSequence = this.#sequence + 1;
    for (let index = start; index < end; index++) {
      const request = requests[index]!;
      const type = this.#rehearsing ? NetlinkType.Noop : request.type;
      writer.begin(type, request.flags | NetlinkFlag.Request, ++this.#sequence);
      request.body(writer);
      // A refusal is always answered; that all is done, by the last request alone.
      if (index === end - 1) writer.addFlags(NetlinkFlag.Ack);
      writer.finish();
    }
    this.#send();
    const reader = this.#reader;
    for (;;) {
      this.#receive();
      while (reader.next()) {
        if (reader.type !== NetlinkType.Error || reader.sequence < firstSequence) continue;
        const errno = -reader.i32(reader.payload);
        if (errno !== 0) {
          failures.push({ index: start + reader.sequence - firstSequence, errno, explanation: this.#explanation() });
        }
        if (reader.sequence === this.#sequence) return;
      }
    }
  }

  /** False when the dump was inconsistent and must be asked for again. */
  #getOnce(
    operation: string,
    type: number,
    flags: number,
    body: WriteBody,
    onMessage: (message: MessageReader) => void,
  ): boolean {
    const writer = this.#writer;
    const reader = this.#reader;
    writer.reset();
    writer.begin(type, flags | NetlinkFlag.Request, ++this.#sequence);
    body(writer);
    writer.finish();
    this.#send();
    let consistent = true;
    for (;;) {
      this.#receive();
      while (reader.next()) {
        if (reader.sequence !== this.#sequence) continue;
        if ((reader.flags & NetlinkFlag.DumpInterrupted) !== 0) consistent = false;
        if (reader.type === NetlinkType.Error || reader.type === NetlinkType.Done) {
          const errno = reader.end - reader.payload >= 4 ? -reader.i32(reader.payload) : 0;
          if (errno > 0) throw new NetlinkError(operation, errno, this.#explanation());
          return consistent;
        }
        onMessage(reader);
        if ((reader.flags & NetlinkFlag.Multi) === 0) return true;
      }
    }
  }

  #send(): void {
    const { bytes, end } = this.#writer;
    const sent = sendTo(this.#fd, bytes, 0, end, null, 0);
    if (sent < 0) throw new SystemError('send netlink request', -sent);
  }

  #receive(): void {
    const length = receiveMessages(this.#fd, this.#reader.bytes);
    if (length <= 0) throw new SystemError('receive netlink answer', length === 0 ? Errno.EAGAIN : -length);
    this.#reader.rewind(length);
  }

  #explanation(): string {
    const reader = this.#reader;
    if ((reader.flags & NetlinkFlag.AckAttributes) === 0) return '';
    // The error number is followed by the header of the request (its payload is left out: CAP_ACK).
    const attributes = reader.type === NetlinkType.Done ? 4 : 4 + MESSAGE_HEADER_BYTES;
    return reader.attributes(reader.payload + attributes).text(ACK_MESSAGE) ?? '';
  }
}
