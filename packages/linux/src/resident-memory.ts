/**
 * Memory that a process holds and does not need: what its allocator keeps for later, and pages of its program that only
 * its start has used.
 */
import { readFileSync } from 'node:fs';
import { libc } from './libc.ts';

const mallocTrim = libc.func('int malloc_trim(size_t pad)') as (pad: number) => number;
const madvise = libc.func('int madvise(uintptr_t address, size_t length, int advice)') as (
  address: number,
  length: number,
  advice: number,
) => number;

const MADV_DONTNEED = 4;
/** The first line of a mapping in /proc/PID/smaps; the inode is 0 where it is of no file. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)/;
const READ_ONLY = /^r-.p$/;

/** Gives what the C library's allocator has free back to the system. */
export function releaseFreeMemory(): void {
  mallocTrim(0);
}

/**
 * Lets go of the program's pages: code and constants, mapped from files that hold the same. Those that are used again
 * come back one by one, usually from the system's cache of the file, within a microsecond each. Does nothing for locked
 * pages, nor where a mapping has a page that differs from its file.
 */
export function releaseProgramPages(): void {
  let start = 0;
  let end = 0;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const mapping = MAPPING.exec(line);
    if (mapping !== null) {
      const isProgram = READ_ONLY.test(mapping[3]!) && mapping[4] !== '0';
      start = Number.parseInt(mapping[1]!, 16);
      end = isProgram ? Number.parseInt(mapping[2]!, 16) : start;
    } else if (end > start && /^Anonymous: +0 kB/.test(line)) madvise(start, end - start, MADV_DONTNEED);
  }
}
