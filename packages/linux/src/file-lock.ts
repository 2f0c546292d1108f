/**
 * A lock on an open file that the kernel gives back when its holder ends, however it ends.
 */
import { Errno, SystemError } from './errno.ts';
import { lastErrno, libc } from './libc.ts';

const flock = libc.func('int flock(int fd, int operation)') as (fd: number, operation: number) => number;

const LOCK_EXCLUSIVE = 2;
const LOCK_NO_WAIT = 4;

/**
 * Tries to lock the file behind `fd` for this process.
 *
 * @returns false when another process holds it
 * @throws SystemError on anything else
 */
export function tryLockFile(fd: number): boolean {
  if (flock(fd, LOCK_EXCLUSIVE | LOCK_NO_WAIT) === 0) return true;
  const errno = lastErrno();
  if (errno === Errno.EWOULDBLOCK) return false;
  throw new SystemError('flock', errno);
}
