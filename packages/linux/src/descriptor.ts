/** Numbers of descriptors: a second one for the same thing, and another thing behind the same one. */
import { check } from './errno.ts';
import { libc } from './libc.ts';

const fcntl = libc.func('int fcntl(int fd, int command, int argument)') as (
  fd: number,
  command: number,
  argument: number,
) => number;
const dup3 = libc.func('int dup3(int fd, int onto, int flags)') as (fd: number, onto: number, flags: number) => number;

const F_DUPFD_CLOEXEC = 1030;
const O_CLOEXEC = 0o2000000;

/** A second descriptor for what `fd` stands for. */
export function duplicateDescriptor(fd: number): number {
  return check(fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl F_DUPFD_CLOEXEC');
}

/** Makes the open number `onto` stand for what `fd` does. What it stood for is closed, unless it has a duplicate. */
export function replaceDescriptor(onto: number, fd: number): void {
  check(dup3(fd, onto, O_CLOEXEC), 'dup3');
}
