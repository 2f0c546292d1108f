/**
 * Learning of another process's death at the moment it begins.
 *
 * A killed process is a while in dying: its memory is taken down first, then its descriptors are closed, then its parent
 * is told. For a Node process that is several milliseconds. What the kernel does before all that is to mark the robust
 * futexes of the dying thread (futex(2), "robust list") and to wake who waits for them. So the one process holds such
 * a futex in memory that both map, for as long as its main thread lives, and the other waits for it.
 */
import { check } from './errno.ts';
import { libc } from './libc.ts';
import { type Mapping, mapAnonymous } from './memory.ts';

/** Numbers of system calls that the C library has no function for. */
const SYSTEM_CALLS: Readonly<Record<string, { readonly futex: number; readonly setRobustList: number }>> = {
  x64: { futex: 202, setRobustList: 273 },
  arm64: { futex: 98, setRobustList: 99 },
};

const FUTEX_WAIT = 0;
const FUTEX_WAITERS = 0x8000_0000;
const FUTEX_OWNER_DIED = 0x4000_0000;
/** struct robust_list_head: list (8), futex_offset (8), list_op_pending (8). */
const HEAD_BYTES = 24;
/** Behind the head: one struct robust_list (8). */
const ENTRY = HEAD_BYTES;
const WAIT_SECONDS = 1;

const setRobustList = libc.func('long syscall(long number, uintptr_t head, size_t length)') as (
  number: number,
  head: number,
  length: number,
) => number;
const futexWait = libc.func(
  'long syscall(long number, uintptr_t word, int operation, uint32_t value, void *timeout, void *word2, uint32_t value3)',
);

/** Whether {@link holdUntilDeath} and {@link DeathWatch} work on this processor architecture. */
export const deathWatchSupported: boolean = SYSTEM_CALLS[process.arch] !== undefined;

// The kernel reads the list when the thread dies: it must stay where it is until then.
let list: Mapping | undefined;

/**
 * Makes the kernel mark a word of memory when this process's main thread dies, in whatever way. Called once in a
 * process, from the main thread.
 *
 * @param word a view of one aligned 32-bit word in memory that another process maps as well
 * @param address address of that word
 */
export function holdUntilDeath(word: Uint32Array, address: number): void {
  const numbers = SYSTEM_CALLS[process.arch];
  if (numbers === undefined) return;
  list = mapAnonymous(4096);
  const cells = new BigInt64Array(list.bytes.buffer, list.bytes.byteOffset, 4);
  const head = BigInt(list.address);
  const entry = head + BigInt(ENTRY);
  cells[0] = entry;
  cells[1] = BigInt(address) - entry;
  cells[2] = 0n;
  cells[3] = head;
  word[0] = (process.pid | FUTEX_WAITERS) >>> 0;
  check(setRobustList(numbers.setRobustList, list.address, HEAD_BYTES), 'set_robust_list');
}

/** Waits, in a thread of the thread pool, for the death of the process that holds a word. */
export class DeathWatch {
  readonly #word: Uint32Array;
  readonly #address: number;
  readonly #onDeath: () => void;
  // struct timespec: the wait is renewed after this, so that an abandoned watch does not keep its thread.
  readonly #timeout = new BigInt64Array([BigInt(WAIT_SECONDS), 0n]);
  #closed = false;

  /** @param onDeath called once, on the event loop; not called after {@link close} */
  constructor(word: Uint32Array, address: number, onDeath: () => void) {
    this.#word = word;
    this.#address = address;
    this.#onDeath = onDeath;
    if (deathWatchSupported) this.#wait();
  }

  close(): void {
    this.#closed = true;
  }

  #wait(): void {
    const value = this.#word[0]!;
    if ((value & FUTEX_OWNER_DIED) !== 0) {
      setImmediate(() => this.#woken());
      return;
    }
    const { futex } = SYSTEM_CALLS[process.arch]!;
    futexWait.async(futex, this.#address, FUTEX_WAIT, value, this.#timeout, null, 0, () => this.#woken());
  }

  #woken(): void {
    if (this.#closed) return;
    if ((this.#word[0]! & FUTEX_OWNER_DIED) === 0) this.#wait();
    else this.#onDeath();
  }
}
