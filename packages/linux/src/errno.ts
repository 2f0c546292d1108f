/**
 * Names and words for the errno of a failed system call, and the one error class this package throws.
 *
 * Calls on the hot path return `-errno` instead of throwing; {@link errnoName} and {@link errnoText} give that number
 * its words when somebody finally prints it.
 */
import { constants } from 'node:os';
import { lastErrno, libc } from './libc.ts';

const strerror = libc.func('const char *strerror(int errnum)') as (errno: number) => string;

/** Positive errno values by name, e.g. `Errno.EPERM`. */
export const Errno = constants.errno;

const names = new Map<number, string>();
for (const [name, errno] of Object.entries(Errno)) if (!names.has(errno)) names.set(errno, name);
// These share their number with another name; the one on the left is what Linux programs print.
names.set(Errno.EAGAIN, 'EAGAIN');
names.set(Errno.EOPNOTSUPP, 'EOPNOTSUPP');

/** The name of a positive errno, e.g. `EPERM`; `ERRNO_<n>` for a number that has none here. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `ERRNO_${errno}`;
}

/** The C library's words for a positive errno, e.g. `Operation not permitted`. */
export function errnoText(errno: number): string {
  return strerror(errno);
}

/** A system call that failed. Recognise it by `code`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** Name of the errno, e.g. `EPERM`. */
  readonly code: string;
  /** Positive errno. */
  readonly errno: number;
  /** What was being done, e.g. `bind AF_PACKET`. */
  readonly operation: string;
  /** What the operator can do about it, where the caller knew. */
  readonly hint: string | undefined;

  constructor(operation: string, errno: number, hint?: string) {
    super(`${operation}: ${errnoText(errno)} (${errnoName(errno)})`);
    this.code = errnoName(errno);
    this.errno = errno;
    this.operation = operation;
    this.hint = hint;
  }
}

/**
 * Passes a non-negative result through.
 * @param result what the C function returned; negative means it failed and errno is still its own
 * @throws SystemError with the errno of the call
 */
export function check(result: number, operation: string, hint?: string): number {
  if (result < 0) throw new SystemError(operation, lastErrno(), hint);
  return result;
}
