/**
 * Sends many datagrams with few system calls (sendmmsg), each from where the caller has it.
 */
import { Errno } from './errno.ts';
import { lastErrno, libc } from './libc.ts';
import { bufferAddress } from './memory.ts';

const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, unsigned int count, int flags)') as (
  fd: number,
  messages: Uint32Array,
  count: number,
  flags: number,
) => number;

/** Datagrams a system call: more save next to nothing. */
const MOST_MESSAGES = 64;
// struct mmsghdr as 32-bit words: a msghdr of 14, the length sent, padding. The iovecs stand behind all of them.
const MESSAGE_WORDS = 16;
const VECTORS = 4;
const VECTOR_COUNT = 6;
const VECTOR_WORDS = 4;
const VECTOR_LENGTH = 2;
const FIRST_VECTOR = MOST_MESSAGES * MESSAGE_WORDS;

/** The kernel reads it during a call, and calls are synchronous, so one serves the whole process. */
const words = new Uint32Array(new ArrayBuffer(MOST_MESSAGES * (MESSAGE_WORDS + VECTOR_WORDS) * 4));

function putAddress(word: number, address: number): void {
  words[word] = address >>> 0;
  words[word + 1] = address / 0x1_0000_0000;
}

const vectorsAddress = bufferAddress(new Uint8Array(words.buffer)) + FIRST_VECTOR * 4;
for (let index = 0; index < MOST_MESSAGES; index++) {
  putAddress(index * MESSAGE_WORDS + VECTORS, vectorsAddress + index * VECTOR_WORDS * 4);
  words[index * MESSAGE_WORDS + VECTOR_COUNT] = 1;
}

/**
 * Sends `count` datagrams to the address that the socket is bound or connected to: number `index` is
 * `bytes[bounds[2 * index]..bounds[2 * index + 1])`. Stops at the first that fails. Allocates nothing.
 * @returns how many were sent; where it was none, -errno
 */
export function sendMany(fd: number, bytes: Uint8Array, bounds: Int32Array, count: number): number {
  let sent = 0;
  while (sent < count) {
    const wanted = lend(bytes, bounds, sent, count);
    if (wanted === 0) return sent > 0 ? sent : -Errno.EFAULT;
    const result = sendmmsg(fd, words, wanted, 0);
    if (result < 0) return sent > 0 ? sent : -lastErrno();
    sent += result;
    if (result < wanted) break;
  }
  return sent;
}

/** Points vectors at datagrams from number `first` on, and returns how many; a range outside the bytes ends them. */
function lend(bytes: Uint8Array, bounds: Int32Array, first: number, count: number): number {
  const address = bufferAddress(bytes) + bytes.byteOffset;
  const most = Math.min(count - first, MOST_MESSAGES);
  for (let index = 0; index < most; index++) {
    const start = bounds[2 * (first + index)]!;
    const end = bounds[2 * (first + index) + 1]!;
    if (!(start >= 0 && start <= end && end <= bytes.length)) return index;
    putAddress(FIRST_VECTOR + index * VECTOR_WORDS, address + start);
    words[FIRST_VECTOR + index * VECTOR_WORDS + VECTOR_LENGTH] = end - start;
  }
  return most;
}
