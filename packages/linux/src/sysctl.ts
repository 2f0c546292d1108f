/**
 * Kernel settings under /proc/sys/net, as the calling thread's network namespace has them.
 *
 * Keys are written with slashes, relative to /proc/sys/net (`ipv4/conf/eth0/arp_ignore`), because interface names may
 * contain dots.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const ROOT = '/proc/sys/net';

/** The value without the final newline, or undefined where this kernel or namespace has no such setting. */
export function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(`${ROOT}/${key}`, 'utf8').trimEnd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws the error of `open` or `write`: ENOENT (no such setting), EACCES or EROFS (not allowed), EINVAL (bad value). */
export function writeSysctl(key: string, value: string | number): void {
  writeFileSync(`${ROOT}/${key}`, `${value}\n`, { flag: 'r+' });
}
