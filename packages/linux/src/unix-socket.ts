/**
 * Local sockets for a thread that blocks in `ppoll` and so cannot use the event loop's: a listening stream socket,
 * its connections, and datagrams to the system's own sockets.
 *
 * Reading and writing connections is `receive` and `sendTo` of socket.ts.
 */
import { check } from './errno.ts';
import { lastErrno, libc } from './libc.ts';
import { bindSocket, closeDescriptor, MessageFlag, openSocket, SocketType, sendTo } from './socket.ts';

const listenCall = libc.func('int listen(int fd, int backlog)') as (fd: number, backlog: number) => number;
const accept4 = libc.func('int accept4(int fd, void *address, void *length, int flags)') as (
  fd: number,
  address: null,
  length: null,
  flags: number,
) => number;

const AF_UNIX = 1;
export const LONGEST_SOCKET_PATH_BYTES = 107;

/** sockaddr_un for a path in the file system. Throws a RangeError when the path is longer than the kernel takes. */
export function unixAddress(path: string): Uint8Array {
  const octets = new TextEncoder().encode(path);
  if (octets.length > LONGEST_SOCKET_PATH_BYTES) throw new RangeError(`socket path longer than 107 octets: ${path}`);
  const bytes = new Uint8Array(2 + octets.length + 1);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(octets, 2);
  return bytes;
}

/** A non-blocking stream socket that listens at `path`, which must not exist yet. */
export function listenUnix(path: string): number {
  const fd = openSocket(AF_UNIX, SocketType.Stream | SocketType.NonBlocking | SocketType.CloseOnExec, 0);
  try {
    bindSocket(fd, unixAddress(path), `bind ${path}`);
    check(listenCall(fd, 4), `listen ${path}`);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Takes a waiting connection, non-blocking and close-on-exec; -errno (-EAGAIN) when there is none. */
export function acceptUnix(fd: number): number {
  const connection = accept4(fd, null, null, SocketType.NonBlocking | SocketType.CloseOnExec);
  return connection < 0 ? -lastErrno() : connection;
}

/** Sends datagrams to one path, e.g. the system log. Opened once; `send` never throws and never waits. */
export class UnixDatagramSender {
  readonly #fd: number;
  readonly #address: Uint8Array;

  constructor(path: string) {
    this.#address = unixAddress(path);
    this.#fd = openSocket(AF_UNIX, SocketType.Datagram | SocketType.CloseOnExec, 0);
  }

  /** Octets sent, or -errno. */
  send(text: string): number {
    const bytes = new TextEncoder().encode(text);
    return sendTo(this.#fd, bytes, 0, bytes.length, this.#address, MessageFlag.DontWait);
  }

  close(): void {
    closeDescriptor(this.#fd);
  }
}
