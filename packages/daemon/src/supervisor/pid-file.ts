/**
 * The pid file: says who runs, and by its lock keeps a second daemon away. The lock goes with the process, so a file
 * left behind by a crash is in nobody's way.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { tryLockFile } from '@locum/linux';
import { StartError } from './start-error.ts';

export class PidFile {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** Takes the file for this process. Throws a {@link StartError} when another process has it. */
  static take(path: string): PidFile {
    let fd: number;
    try {
      mkdirSync(dirname(path), { recursive: true });
      fd = openSync(path, 'a+', 0o644);
    } catch (error) {
      throw new StartError('PID_FILE', `cannot write the pid file ${path}: ${(error as Error).message}`, {
        hint: 'Choose another file with -p, or run as a user who may write there.',
      });
    }
    if (!tryLockFile(fd)) {
      const holder = readFileSync(path, 'utf8').trim();
      closeSync(fd);
      throw new StartError('ALREADY_RUNNING', `another locumd runs with the pid file ${path} (process ${holder})`, {
        hint: `Stop it with: kill ${holder}. To run a second one, give it its own -p FILE and --run-dir DIRECTORY.`,
      });
    }
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
    return new PidFile(path, fd);
  }

  /** Removes the file and gives the lock back. */
  release(): void {
    try {
      unlinkSync(this.#path);
    } catch (error) {
      // Somebody else has removed it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    closeSync(this.#fd);
  }
}
