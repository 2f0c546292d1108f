/** A process that holds an address by a virtual MAC at one end of a segment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until, type WireEnd } from './segment.ts';

export const DEVICE = 'locum7';
export const MAC_TEXT = '00:00:5e:00:01:07';
export const MAC = Uint8Array.from(MAC_TEXT.split(':'), (octet) => Number.parseInt(octet, 16));
export const ADDRESS = Uint8Array.of(192, 0, 2, 70);

export class Holding {
  output = '';
  readonly process: ChildProcess;

  /** @param milliseconds how long it holds; for ever where absent */
  constructor(end: WireEnd, milliseconds?: number) {
    const program = fileURLToPath(new URL('./holder.js', import.meta.url));
    const argv = [
      program,
      DEVICE,
      MAC_TEXT,
      ADDRESS.join('.'),
      ...(milliseconds === undefined ? [] : [`${milliseconds}`]),
    ];
    this.process = end.namespace.run(() => spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] }));
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  async ready(): Promise<this> {
    await until(() => this.output.includes('ready'), 'the holder');
    return this;
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}
