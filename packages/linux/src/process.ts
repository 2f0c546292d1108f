/**
 * Descriptors that tell about processes and wake them, for programs that wait in a Poller instead of the event loop.
 */
import { check } from './errno.ts';
import { libc } from './libc.ts';
import { read, write } from './socket.ts';

// syscall is variadic in C; on the platforms Node runs on, integer arguments travel the same way.
const syscall = libc.func('long syscall(long number, long first, long second)') as (
  number: number,
  first: number,
  second: number,
) => number;
const eventfd = libc.func('int eventfd(unsigned int count, int flags)') as (count: number, flags: number) => number;

const signalCall = libc.func('intptr_t signal(int number, intptr_t handler)') as (
  number: number,
  handler: number,
) => number;
const SIG_IGN = 1;

/** The number of pidfd_open is the same on every architecture. */
const PIDFD_OPEN = 434;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/** A descriptor that becomes readable when the process `pid` has ended. The caller closes it. */
export function openProcessDescriptor(pid: number): number {
  return check(syscall(PIDFD_OPEN, pid, 0), 'pidfd_open');
}

/**
 * A descriptor that is readable while it has been signalled and not cleared. A child process may inherit it through
 * the `stdio` option of `child_process.spawn` and signal or wait for it. The caller closes it.
 */
export function createEventDescriptor(): number {
  return check(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), 'eventfd');
}

const one = new Uint8Array(new BigUint64Array([1n]).buffer);
const count = new Uint8Array(8);

/** Makes an event descriptor readable. */
export function signalEvent(fd: number): void {
  write(fd, one, 0, one.length);
}

/** Makes an event descriptor unreadable again; does nothing where it already is. */
export function clearEvent(fd: number): void {
  read(fd, count, 0, count.length);
}

/** Ignores a signal for good, a real-time one included, which Node cannot handle and which would end the process. */
export function ignoreSignal(number: number): void {
  check(signalCall(number, SIG_IGN), `ignore signal ${number}`);
}
