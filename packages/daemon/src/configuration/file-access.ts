/**
 * How the reader of the configuration gets at files: a seam, so that tests need no disk.
 *
 * Finding the files that an `include` pattern means is in `text/include-pattern.ts`.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';

export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  /** A file that keepalived would not read either: missing, not permitted, a directory, or marked executable. */
  | { readonly kind: 'missing' | 'unreadable' | 'not-a-file' | 'executable' | 'too-long'; readonly reason: string };

export interface FileAccess {
  /** Never throws. */
  read(path: string): FileContent;
  /** Names in a directory, empty when it cannot be read. Never throws. */
  list(directory: string): readonly string[];
}

/** Longest file that is read. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The files of this machine. Text that is not UTF-8 is taken for Latin-1. */
export const diskFiles: FileAccess = {
  read(path) {
    let descriptor: number;
    try {
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return refused(error);
    }
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) return { kind: 'not-a-file', reason: 'it is not a regular file' };
      if ((status.mode & 0o111) !== 0) return { kind: 'executable', reason: 'it is marked executable' };
      if (status.size > MAX_FILE_BYTES) return { kind: 'too-long', reason: 'it is longer than 16 MiB' };
      return { kind: 'text', text: decode(readFileSync(descriptor)) };
    } catch (error) {
      return refused(error);
    } finally {
      closeSync(descriptor);
    }
  },
  list(directory) {
    try {
      return readdirSync(directory);
    } catch {
      return [];
    }
  },
};

function refused(error: unknown): FileContent {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', reason: 'there is no such file' };
  return { kind: 'unreadable', reason: code === 'EACCES' ? 'permission denied' : code };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
