/**
 * The kernel's clocks as integer microseconds in a double.
 *
 * A double holds microseconds exactly for 285 years. Each read is one call without a system call (vDSO). A result
 * that the caller keeps costs one heap number (16 bytes) like any JavaScript number of that size.
 */
import { libc } from './libc.ts';

const clockGettime = libc.func('int clock_gettime(int clock, void *time)') as (
  clock: number,
  time: Int32Array,
) => number;

/** The clocks of {@link readClock}. */
export const Clock = { Realtime: 0, Monotonic: 1, Boottime: 7 } as const;
export type Clock = (typeof Clock)[keyof typeof Clock];

// struct timespec as 32-bit words: seconds (low, high), nanoseconds (low, high).
const time = new Int32Array(new ArrayBuffer(16));
const SECONDS = 0;
const NANOSECONDS = 2;

function readUs(clock: Clock): number {
  clockGettime(clock, time);
  // Unsigned, so that the low word of the wall clock's seconds serves until 2106.
  return (time[SECONDS]! >>> 0) * 1_000_000 + Math.floor(time[NANOSECONDS]! / 1000);
}

/**
 * Reads a clock into `into[index]`. For code that runs for each frame: here no number is made on the heap, whether or
 * not the engine inlines the call.
 */
export function readClock(clock: Clock, into: Float64Array, index: number): void {
  clockGettime(clock, time);
  into[index] = (time[SECONDS]! >>> 0) * 1_000_000 + Math.floor(time[NANOSECONDS]! / 1000);
}

/** Waits without sleeping until `instants[until]`, with the clock in `instants[index]`: read at least once. */
export function spinUntil(clock: Clock, instants: Float64Array, index: number, until: number): void {
  do readClock(clock, instants, index);
  while (instants[index]! < instants[until]!);
}

/** Microseconds of CLOCK_MONOTONIC: never goes back, stands still while the machine is suspended. */
export function monotonicUs(): number {
  return readUs(Clock.Monotonic);
}

/** Microseconds of CLOCK_BOOTTIME: as the monotonic clock, but counts time spent in suspension. */
export function boottimeUs(): number {
  return readUs(Clock.Boottime);
}

/** Microseconds of wall time since 1970; may jump either way. */
export function realtimeUs(): number {
  return readUs(Clock.Realtime);
}
