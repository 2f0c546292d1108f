/**
 * Receives many datagrams with one system call (recvmmsg), each into a slot of its own.
 */
import { lastErrno, libc } from './libc.ts';
import { bufferAddress } from './memory.ts';
import { MessageFlag } from './socket.ts';

const recvmmsg = libc.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)') as (
  fd: number,
  messages: Uint32Array,
  count: number,
  flags: number,
  timeout: null,
) => number;

// struct mmsghdr as 32-bit words: a msghdr of 14, the length received, padding. The iovecs stand behind all of them.
const MESSAGE_WORDS = 16;
const VECTORS = 4;
const VECTOR_COUNT = 6;
const MESSAGE_FLAGS = 12;
const RECEIVED = 14;
const VECTOR_WORDS = 4;
const VECTOR_LENGTH = 2;

export class ReceiveBatch {
  /** All slots; slot `index` begins at `index * slotBytes`. */
  readonly bytes: Uint8Array;
  readonly slotCount: number;
  readonly slotBytes: number;
  readonly #words: Uint32Array;

  /** @param slotBytes longest datagram that fits; longer ones are cut */
  constructor(slotCount: number, slotBytes: number) {
    this.slotCount = slotCount;
    this.slotBytes = slotBytes;
    this.bytes = new Uint8Array(slotCount * slotBytes);
    this.#words = new Uint32Array(new ArrayBuffer(slotCount * (MESSAGE_WORDS + VECTOR_WORDS) * 4));
    const words = this.#words;
    const putAddress = (word: number, address: number): void => {
      words[word] = address >>> 0;
      words[word + 1] = address / 0x1_0000_0000;
    };
    const slots = bufferAddress(this.bytes);
    const vectors = slotCount * MESSAGE_WORDS;
    // Asked once: the memory of a buffer never moves.
    const vectorsAddress = bufferAddress(new Uint8Array(words.buffer)) + vectors * 4;
    for (let index = 0; index < slotCount; index++) {
      putAddress(vectors + index * VECTOR_WORDS, slots + index * slotBytes);
      words[vectors + index * VECTOR_WORDS + VECTOR_LENGTH] = slotBytes;
      putAddress(index * MESSAGE_WORDS + VECTORS, vectorsAddress + index * VECTOR_WORDS * 4);
      words[index * MESSAGE_WORDS + VECTOR_COUNT] = 1;
    }
  }

  /** Receives what has arrived, as much as fits. Returns how many, or -errno (-EAGAIN for none). Never waits. */
  receive(fd: number): number {
    const count = recvmmsg(fd, this.#words, this.slotCount, MessageFlag.DontWait, null);
    return count < 0 ? -lastErrno() : count;
  }

  /** Octets in a slot of the last {@link receive}. */
  length(index: number): number {
    return this.#words[index * MESSAGE_WORDS + RECEIVED]!;
  }

  /** Whether the datagram in a slot was longer than the slot. */
  truncated(index: number): boolean {
    return (this.#words[index * MESSAGE_WORDS + MESSAGE_FLAGS]! & MessageFlag.Truncated) !== 0;
  }
}
