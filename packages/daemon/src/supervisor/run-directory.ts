/**
 * Where the sockets and pid files of one daemon live: a private directory, so that nobody else may talk to them.
 */
import { chmodSync, mkdirSync } from 'node:fs';

export interface RunPaths {
  /** `locum` connects here. */
  readonly controlSocket: string;
  /** The supervisor connects to the engine here. */
  readonly engineSocket: string;
}

/** Makes the directory if it is not there, and names what lives in it. */
export function prepareRunDirectory(directory: string): RunPaths {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return { controlSocket: `${directory}/locumd.sock`, engineSocket: `${directory}/engine.sock` };
}
