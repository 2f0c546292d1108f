/**
 * Sockets and descriptors: open, bind, options, and moving bytes at offsets.
 *
 * Calls that move bytes take `(bytes, start, end)`, allocate nothing and return a count or `-errno`. Bytes may lie in
 * any ArrayBuffer; no memory is faster than other memory. A range outside them is -EFAULT. Everything else throws a
 * SystemError.
 */
import { check, Errno } from './errno.ts';
import { koffi, lastErrno, libc } from './libc.ts';
import { bufferAddress } from './memory.ts';

const socketCall = libc.func('int socket(int family, int type, int protocol)') as (
  family: number,
  type: number,
  protocol: number,
) => number;
const bindCall = libc.func('int bind(int fd, const void *address, unsigned int length)') as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number;
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)') as (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array | Int32Array,
  length: number,
) => number;
const getsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)') as (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array | Int32Array,
  length: Int32Array,
) => number;
const sendmsg = libc.func('intptr_t sendmsg(int fd, const void *message, int flags)') as (
  fd: number,
  message: Uint32Array,
  flags: number,
) => number;
const recvmsg = libc.func('intptr_t recvmsg(int fd, void *message, int flags)') as (
  fd: number,
  message: Uint32Array,
  flags: number,
) => number;
const writev = libc.func('intptr_t writev(int fd, const void *vectors, int count)') as (
  fd: number,
  vectors: Uint32Array,
  count: number,
) => number;
const readv = libc.func('intptr_t readv(int fd, const void *vectors, int count)') as (
  fd: number,
  vectors: Uint32Array,
  count: number,
) => number;
const closeCall = libc.func('int close(int fd)') as (fd: number) => number;
const fcntl = libc.func('int fcntl(int fd, int command, int argument)') as (
  fd: number,
  command: number,
  argument: number,
) => number;

export const AddressFamily = { Inet: 2, Inet6: 10, Netlink: 16, Packet: 17 } as const;

/** Socket types and the two flags that may be combined with them. */
export const SocketType = {
  Stream: 1,
  Datagram: 2,
  Raw: 3,
  NonBlocking: 0o4000,
  CloseOnExec: 0o2000000,
} as const;

/** Levels of socket options. */
export const SocketLevel = { Ip: 0, Socket: 1, Ipv6: 41, Packet: 263, Netlink: 270 } as const;

/** Options of `SocketLevel.Socket`. */
export const SocketOption = {
  Error: 4,
  SendBuffer: 7,
  ReceiveBuffer: 8,
  Priority: 12,
  BindToDevice: 25,
  AttachFilter: 26,
  ReceiveBufferForce: 33,
} as const;

/** Flags of {@link sendTo} and {@link receive}. */
export const MessageFlag = { Peek: 0x02, Truncated: 0x20, DontWait: 0x40, NoSignal: 0x4000 } as const;

/**
 * Opens a socket, closed on exec.
 * @param type a {@link SocketType}, plus `NonBlocking` where wanted
 * @param protocol in the byte order the family asks for
 */
export function openSocket(family: number, type: number, protocol: number, hint?: string): number {
  return check(socketCall(family, type | SocketType.CloseOnExec, protocol), `open socket (family ${family})`, hint);
}

/** Binds to an address made by one of the builders below or by the netlink module. */
export function bindSocket(fd: number, address: Uint8Array, operation = 'bind'): void {
  check(bindCall(fd, address, address.length), operation);
}

/** Sets an option; a number is passed as a C int. */
export function setSocketOption(
  fd: number,
  level: number,
  option: number,
  value: number | Uint8Array,
  operation = `setsockopt ${level}/${option}`,
): void {
  const bytes = typeof value === 'number' ? new Int32Array([value]) : value;
  check(setsockopt(fd, level, option, bytes, bytes.byteLength), operation);
}

const optionInt = new Int32Array(new ArrayBuffer(4));
const optionLength = new Int32Array(new ArrayBuffer(4));

/** Reads an option that is a C int. Allocates nothing. */
export function socketOptionInt(fd: number, level: number, option: number): number {
  optionLength[0] = 4;
  check(getsockopt(fd, level, option, optionInt, optionLength), 'getsockopt');
  return optionInt[0]!;
}

/** Reads an option into `into` and returns how many octets the kernel wrote. */
export function readSocketOption(fd: number, level: number, option: number, into: Uint8Array): number {
  optionLength[0] = into.length;
  check(getsockopt(fd, level, option, into, optionLength), `getsockopt ${level}/${option}`);
  return optionLength[0]!;
}

/** Takes the pending error of a socket: a positive errno, 0 for none. Reading it clears it. Allocates nothing. */
export function takeSocketError(fd: number): number {
  return socketOptionInt(fd, SocketLevel.Socket, SocketOption.Error);
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes calls on the descriptor return -EAGAIN instead of waiting. */
export function setNonBlocking(fd: number): void {
  const flags = check(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL');
  check(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 'fcntl F_SETFL');
}

const F_DUPFD_CLOEXEC = 1030;

/**
 * Moves a descriptor to the lowest free number that is at least `least`, closes the old number and returns the new one.
 *
 * When a process is killed, the kernel lets go of its descriptors from the highest number down, and taking down a packet
 * socket holds it up for tens of milliseconds: what others should notice first belongs above those.
 */
export function moveDescriptor(fd: number, least: number): number {
  const moved = check(fcntl(fd, F_DUPFD_CLOEXEC, least), 'fcntl F_DUPFD_CLOEXEC');
  closeDescriptor(fd);
  return moved;
}

/** Closes a descriptor. */
export function closeDescriptor(fd: number): void {
  check(closeCall(fd), 'close');
}

/*
 * struct msghdr (56 octets), one struct iovec (16) behind it, and the words of both that change per call. The kernel
 * reads them during the call, and calls are synchronous, so one pair serves the whole process.
 */
const messageBuffer = new ArrayBuffer(72);
const message = new Uint32Array(messageBuffer);
const vector = new Uint32Array(messageBuffer, 56, 4);
const NAME = 0;
const NAME_LENGTH = 2;
const VECTORS = 4;
const VECTOR_COUNT = 6;
const MESSAGE_FLAGS = 12;
const LENGTH = 2;

/** Writes a 64-bit pointer as two words. */
function putAddress(words: Uint32Array, index: number, address: number): void {
  words[index] = address >>> 0;
  words[index + 1] = address / 0x1_0000_0000;
}

putAddress(message, VECTORS, Number(koffi.address(messageBuffer)) + 56);
message[VECTOR_COUNT] = 1;

/** Points the vector at `bytes[start..end)`; the kernel would believe any range, so it is checked here. */
function lend(bytes: Uint8Array, start: number, end: number): boolean {
  if (!(start >= 0 && start <= end && end <= bytes.length)) return false;
  putAddress(vector, 0, bufferAddress(bytes) + bytes.byteOffset + start);
  vector[LENGTH] = end - start;
  return true;
}

function addressMessage(address: Uint8Array | null): void {
  if (address === null) {
    message[NAME] = 0;
    message[NAME + 1] = 0;
    message[NAME_LENGTH] = 0;
  } else {
    putAddress(message, NAME, bufferAddress(address) + address.byteOffset);
    message[NAME_LENGTH] = address.length;
  }
}

/**
 * Sends `bytes[start..end)` as one datagram.
 * @param address where to; null for the address the socket is connected or bound to
 * @returns octets sent or -errno
 */
export function sendTo(
  fd: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  address: Uint8Array | null,
  flags: number,
): number {
  if (!lend(bytes, start, end)) return -Errno.EFAULT;
  addressMessage(address);
  const count = sendmsg(fd, message, flags);
  return count < 0 ? -lastErrno() : count;
}

/**
 * Receives one datagram into `bytes[start..end)`.
 * @param from where the sender's address goes, or null
 * @returns octets received (with `MessageFlag.Truncated` in `flags` the true length, which may be more) or -errno
 */
export function receive(
  fd: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
  from: Uint8Array | null = null,
): number {
  if (!lend(bytes, start, end)) return -Errno.EFAULT;
  addressMessage(from);
  message[MESSAGE_FLAGS] = 0;
  const count = recvmsg(fd, message, flags);
  return count < 0 ? -lastErrno() : count;
}

/** Writes `bytes[start..end)` to any descriptor, on a packet socket as one frame. Returns a count or -errno. */
export function write(fd: number, bytes: Uint8Array, start: number, end: number): number {
  if (!lend(bytes, start, end)) return -Errno.EFAULT;
  const count = writev(fd, vector, 1);
  return count < 0 ? -lastErrno() : count;
}

/** Reads into `bytes[start..end)` from any descriptor. Returns a count, 0 at the end, or -errno. */
export function read(fd: number, bytes: Uint8Array, start: number, end: number): number {
  if (!lend(bytes, start, end)) return -Errno.EFAULT;
  const count = readv(fd, vector, 1);
  return count < 0 ? -lastErrno() : count;
}
