/**
 * A descriptor that becomes readable at an instant (timerfd).
 *
 * The time limit of `ppoll` is stretched by the kernel to a thousandth more than was asked for, half a millisecond in
 * half a second, and is counted from whenever the call begins. An alarm is for those who mind: it is set to an instant.
 */
import type { Clock } from './clock.ts';
import { check } from './errno.ts';
import { libc } from './libc.ts';
import { closeDescriptor } from './socket.ts';

const timerfdCreate = libc.func('int timerfd_create(int clock, int flags)') as (clock: number, flags: number) => number;
const timerfdSettime = libc.func('int timerfd_settime(int fd, int flags, const void *wanted, void *before)') as (
  fd: number,
  flags: number,
  wanted: Int32Array,
  before: null,
) => number;

const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;

// struct itimerspec as 32-bit words: the interval, which stays 0, then the instant; each as seconds and nanoseconds.
const SECONDS = 4;
const NANOSECONDS = 6;

export class Alarm {
  /** Readable from the instant on, until the alarm is set again. The alarm owns it; -1 after {@link close}. */
  fd: number;
  readonly #wanted = new Int32Array(new ArrayBuffer(32));

  /** @param clock whose instants it is set to; suspension counts on the boot clock, as there */
  constructor(clock: Clock) {
    this.fd = check(timerfdCreate(clock, TFD_NONBLOCK | TFD_CLOEXEC), 'timerfd_create');
  }

  /** Sets it to the instant in `instants[index]`, in whole microseconds, instead of what it was set to. Allocates nothing. */
  setAt(instants: Float64Array, index: number): void {
    // Zero would switch it off; an instant that has passed fires at once.
    const instant = Math.max(1, instants[index]!);
    const seconds = Math.min(Math.floor(instant / 1_000_000), 0x7fffffff);
    this.#wanted[SECONDS] = seconds;
    this.#wanted[NANOSECONDS] = Math.min(instant - seconds * 1_000_000, 999_999) * 1000;
    check(timerfdSettime(this.fd, TFD_TIMER_ABSTIME, this.#wanted, null), 'timerfd_settime');
  }

  /** Idempotent. */
  close(): void {
    if (this.fd < 0) return;
    closeDescriptor(this.fd);
    this.fd = -1;
  }
}
