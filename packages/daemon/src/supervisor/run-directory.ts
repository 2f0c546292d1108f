/**
 * Where the sockets of one daemon live: a private directory, so that nobody else may talk to them, and a locked one, so
 * that two daemons do not take each other's.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { LONGEST_SOCKET_PATH_BYTES, tryLockFile } from '@locum/linux';
import { engineSocketIn } from './engine-process.ts';
import { StartError } from './start-error.ts';

export class RunDirectory {
  /** `locum` connects here. */
  readonly controlSocket: string;
  /** The supervisor connects to the engine here. */
  readonly engineSocket: string;
  readonly #lock: number;

  private constructor(directory: string, lock: number) {
    this.controlSocket = `${directory}/locumd.sock`;
    this.engineSocket = engineSocketIn(directory);
    this.#lock = lock;
  }

  /** Makes the directory if it is not there and takes it for this process. Throws a {@link StartError}. */
  static take(directory: string): RunDirectory {
    let lock: number;
    try {
      // Node cuts a longer path off without a word, so that two sockets may become one.
      if (Buffer.byteLength(`${directory}/locumd.sock`) > LONGEST_SOCKET_PATH_BYTES) {
        throw new Error(`the paths of its sockets would be longer than ${LONGEST_SOCKET_PATH_BYTES} octets`);
      }
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      chmodSync(directory, 0o700);
      lock = openSync(`${directory}/lock`, 'a', 0o600);
    } catch (error) {
      throw new StartError('RUN_DIRECTORY', `cannot use the run directory ${directory}: ${(error as Error).message}`, {
        hint: 'Choose another one with --run-dir.',
      });
    }
    if (tryLockFile(lock)) return new RunDirectory(directory, lock);
    closeSync(lock);
    throw new StartError('ALREADY_RUNNING', `another locumd uses the run directory ${directory}`, {
      hint: 'Stop it, or give this one its own --run-dir DIRECTORY.',
    });
  }

  /** Gives the lock back. */
  release(): void {
    closeSync(this.#lock);
  }
}
