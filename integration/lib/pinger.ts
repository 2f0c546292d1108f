/**
 * A client that pings an address at a steady pace, and what became of each ping.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.ts';
import type { Host } from './host.ts';
import { PingLog } from './ping-log.ts';

const PROGRAM = fileURLToPath(new URL('pinger-process.js', import.meta.url));
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;

export interface PingerOptions {
  /** Address to ping, either family. */
  readonly target: string;
  /** Default 1. */
  readonly intervalMs?: number;
}

export class Pinger extends PingLog {
  /** Resolves when the first ping is on its way. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #onReady: () => void = () => {};

  /** Made by `Lab.ping`. */
  constructor(host: Host, options: PingerOptions) {
    super();
    const args = [PROGRAM, options.target, String((options.intervalMs ?? 1) * 1000), String(host.interfaceIndex)];
    this.#child = host.namespace.run(() => spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.#child.stdin!.on('error', () => {});
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#read(line));
    this.#ended = new Promise((resolve) => this.#child.on('close', () => resolve()));
    const begun = new Promise<void>((resolve, reject) => {
      this.#onReady = resolve;
      this.#child.on('close', () => reject(new Error('the pinger ended at once')));
    });
    this.ready = within('the first ping is sent', begun, START_DEADLINE_MS);
    this.ready.catch(() => {});
  }

  /** Stops pinging; what was answered by now is known. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    try {
      await within('the pinger ends', this.#ended, STOP_DEADLINE_MS);
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
  }

  #read(line: string): void {
    const [what, sequence, at, mac] = line.split(' ');
    if (what === 'sent') {
      this.pings[Number(sequence)] = { sentUs: Number(at), answeredUs: undefined, mac: undefined };
      this.#onReady();
      return;
    }
    const ping = this.pings[Number(sequence)];
    if (ping && ping.answeredUs === undefined) {
      ping.answeredUs = Number(at);
      ping.mac = mac;
    }
  }
}
