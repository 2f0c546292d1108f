/**
 * What entered the switch: every frame once, with the host that sent it and the kernel's timestamp, in a file that
 * tshark reads and in memory for tests to wait for.
 *
 * Frames are taken as they enter the switch's ports, before it decides where they go. So each is seen once, whoever
 * it is for; a cut cable hides what it hides from the LAN; and the switch can go on learning as real ones do.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '@locum/linux';
import { within } from './deadline.ts';
import { FrameLog } from './frame-log.ts';

export type { CapturedFrame, Seen } from './frame-log.ts';

/** Format between this file and `capture-process.ts`. */
export const RECORD_HEADER_BYTES = 16;
export const END_OF_CAPTURE = 0xffffffff;

const PROGRAM = fileURLToPath(new URL('capture-process.js', import.meta.url));
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 10_000;

export interface CaptureOptions {
  /** Keep pings in memory as well; the file has them always. Default false. */
  readonly echo?: boolean;
  /** Hand the frames over at the end, not before, so that a measurement is not disturbed. Default false. */
  readonly deferred?: boolean;
}

export class Capture extends FrameLog {
  /** The capture file. */
  readonly file: string;
  /** Resolves when recording has begun. */
  readonly ready: Promise<void>;
  readonly #ports: ReadonlyMap<number, string>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #pending: Buffer = Buffer.alloc(0);
  #onReady: () => void = () => {};
  #dropped: number | undefined;

  /**
   * Made by `Lab.capture`.
   * @param bridges indexes of the switches, one at least
   */
  constructor(
    namespace: NetworkNamespace,
    bridges: readonly number[],
    ports: ReadonlyMap<number, string>,
    file: string,
    options: CaptureOptions,
  ) {
    super();
    this.file = file;
    this.#ports = ports;
    const words = (['echo', 'deferred'] as const).filter((word) => options[word] === true);
    const args = [PROGRAM, file, bridges.join(), ...words];
    this.#child = namespace.run(() => spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.#child.stdin!.on('error', () => {});
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#ended = new Promise((resolve) => this.#child.on('close', () => resolve()));
    const begun = new Promise<void>((resolve, reject) => {
      this.#onReady = resolve;
      this.#child.on('close', () => reject(new Error('the capture process ended at once')));
    });
    this.ready = within('the capture begins', begun, START_DEADLINE_MS);
    this.ready.catch(() => {});
  }

  /** Ends the recording; all frames that had entered by now are then in memory. Rejects when any was dropped. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    try {
      await within('the capture ends', this.#ended, STOP_DEADLINE_MS);
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
    if (this.#dropped !== 0) throw new Error(`the capture is not whole: ${this.#dropped ?? 'unknown'} frames dropped`);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at + RECORD_HEADER_BYTES <= bytes.length) {
      const end = at + RECORD_HEADER_BYTES + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#record(
        bytes.readUInt32LE(at + 4),
        bytes.readDoubleLE(at + 8),
        bytes.subarray(at + RECORD_HEADER_BYTES, end),
      );
      at = end;
    }
    this.#pending = bytes.subarray(at);
  }

  #record(interfaceIndex: number, atUs: number, bytes: Buffer): void {
    if (interfaceIndex === 0) {
      this.#onReady();
      return;
    }
    if (interfaceIndex === END_OF_CAPTURE) {
      this.#dropped = atUs;
      return;
    }
    this.add(atUs, this.#ports.get(interfaceIndex) ?? `interface ${interfaceIndex}`, Uint8Array.from(bytes));
  }
}
