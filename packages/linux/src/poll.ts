/**
 * Waiting for descriptors with a deadline: `ppoll` over a fixed table.
 *
 * The table is made once; waiting allocates nothing. A wait blocks the thread, which is the point: it wakes tens of
 * microseconds after its deadline where the event loop's timers take hundreds.
 */
import { monotonicUs } from './clock.ts';
import { Errno } from './errno.ts';
import { lastErrno, libc } from './libc.ts';

const ppoll = libc.func('int ppoll(void *fds, unsigned long count, void *timeout, void *sigmask)') as (
  fds: Int16Array,
  count: number,
  timeout: Int32Array | null,
  sigmask: null,
) => number;

/** Bits of the `events` argument of {@link Poller.add} and of {@link Poller.ready}. */
export const PollEvent = {
  Readable: 0x001,
  Priority: 0x002,
  Writable: 0x004,
  /** Only reported: the descriptor has an error to be read. */
  Error: 0x008,
  /** Only reported: the other side has hung up. */
  HangUp: 0x010,
  /** Only reported: not an open descriptor. */
  Invalid: 0x020,
} as const;

// struct pollfd: int fd; short events; short revents.
const POLLFD_WORDS = 4;
const EVENTS = 2;
const REVENTS = 3;

/** A fixed table of descriptors to wait for. */
export class Poller {
  readonly #capacity: number;
  readonly #words: Int16Array;
  readonly #fds: Int32Array;
  // struct timespec as 32-bit words: seconds (low, high), nanoseconds (low, high).
  readonly #timeout = new Int32Array(new ArrayBuffer(16));
  #slots = 0;

  /** @param capacity most descriptors it can hold at once */
  constructor(capacity: number) {
    this.#capacity = capacity;
    const buffer = new ArrayBuffer(Math.max(1, capacity) * POLLFD_WORDS * 2);
    this.#words = new Int16Array(buffer);
    this.#fds = new Int32Array(buffer);
  }

  /**
   * Adds a descriptor and returns its slot, which stays its own until {@link remove}.
   * @param events bits of {@link PollEvent}; errors and hang-ups are reported whatever is asked for
   * @throws RangeError when the table is full
   */
  add(fd: number, events: number): number {
    let slot = 0;
    while (slot < this.#slots && this.#fds[slot * 2] !== -1) slot++;
    if (slot === this.#capacity) throw new RangeError(`Poller holds ${this.#capacity} descriptors and is full`);
    if (slot === this.#slots) this.#slots++;
    this.#fds[slot * 2] = fd;
    this.#words[slot * POLLFD_WORDS + EVENTS] = events;
    this.#words[slot * POLLFD_WORDS + REVENTS] = 0;
    return slot;
  }

  /** Changes what a slot waits for. */
  modify(slot: number, events: number): void {
    this.#words[slot * POLLFD_WORDS + EVENTS] = events;
  }

  /** Frees a slot. Remove a descriptor before closing it. */
  remove(slot: number): void {
    this.#fds[slot * 2] = -1;
    this.#words[slot * POLLFD_WORDS + EVENTS] = 0;
    this.#words[slot * POLLFD_WORDS + REVENTS] = 0;
    while (this.#slots > 0 && this.#fds[(this.#slots - 1) * 2] === -1) this.#slots--;
  }

  /**
   * Waits until a descriptor is ready or the time is over.
   * @param timeoutUs microseconds; 0 does not wait, negative or Infinity waits without end
   * @returns how many descriptors are ready, 0 after the timeout, or -errno; -EINTR when a signal came
   */
  wait(timeoutUs: number): number {
    if (timeoutUs < 0 || timeoutUs === Number.POSITIVE_INFINITY) return this.#poll(null);
    const seconds = Math.floor(timeoutUs / 1_000_000);
    // A 32-bit word of seconds is 68 years; anything longer waits that long.
    this.#timeout[0] = Math.min(seconds, 0x7fffffff);
    this.#timeout[2] = Math.floor((timeoutUs - seconds * 1_000_000) * 1000);
    return this.#poll(this.#timeout);
  }

  /** As {@link wait}, until an instant of {@link monotonicUs}; an instant that has passed does not wait. */
  waitUntil(deadlineUs: number): number {
    if (deadlineUs === Number.POSITIVE_INFINITY) return this.#poll(null);
    const timeoutUs = deadlineUs - monotonicUs();
    return this.wait(Math.max(timeoutUs, 0));
  }

  /** What the last wait found on a slot: bits of {@link PollEvent}, 0 for nothing. */
  ready(slot: number): number {
    return this.#words[slot * POLLFD_WORDS + REVENTS]!;
  }

  #poll(timeout: Int32Array | null): number {
    const count = ppoll(this.#words, this.#slots, timeout, null);
    return count < 0 ? -lastErrno() : count;
  }
}

/** -EINTR, as {@link Poller.wait} returns it. */
export const INTERRUPTED = -Errno.EINTR;
