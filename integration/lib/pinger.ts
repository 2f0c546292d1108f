/**
 * A client that pings an address at a steady pace, and what became of each ping.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.ts';
import type { Host } from './host.ts';

const PROGRAM = fileURLToPath(new URL('pinger-process.js', import.meta.url));
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;

export interface PingerOptions {
  /** Address to ping, either family. */
  readonly target: string;
  /** Default 1. */
  readonly intervalMs?: number;
}

export interface Ping {
  /** Wall-clock microseconds, as all instants here. */
  readonly sentUs: number;
  /** Undefined: not answered (yet). */
  answeredUs: number | undefined;
  /** MAC that the first answer came from. */
  mac: string | undefined;
}

export interface PingSummary {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** MACs that answered, in order of their first answer. */
  readonly macs: readonly string[];
  /** Longest stretch without an answered ping, from the last ping answered before to the first answered after. */
  readonly longestGapUs: number;
}

export class Pinger {
  /** By sequence number. */
  readonly pings: Ping[] = [];
  /** Resolves when the first ping is on its way. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #onReady: () => void = () => {};

  /** Made by `Lab.ping`. */
  constructor(host: Host, options: PingerOptions) {
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

  /** What became of the pings sent from `fromUs` up to but not including `toUs`. */
  summary(fromUs = 0, toUs = Number.POSITIVE_INFINITY): PingSummary {
    const pings = this.pings.filter((ping) => ping.sentUs >= fromUs && ping.sentUs < toUs);
    const macs = new Set<string>();
    let answered = 0;
    let longestGapUs = 0;
    let lastAnsweredUs = pings[0]?.sentUs ?? 0;
    for (const ping of pings) {
      if (ping.answeredUs === undefined) continue;
      answered++;
      macs.add(ping.mac!);
      longestGapUs = Math.max(longestGapUs, ping.sentUs - lastAnsweredUs);
      lastAnsweredUs = ping.sentUs;
    }
    longestGapUs = Math.max(longestGapUs, (pings.at(-1)?.sentUs ?? 0) - lastAnsweredUs);
    return { sent: pings.length, answered, lost: pings.length - answered, macs: [...macs], longestGapUs };
  }

  /** The first answered ping that was sent at `sinceUs` or later and satisfies `predicate`. */
  firstAnswered(sinceUs: number, predicate: (ping: Ping) => boolean = () => true): Ping | undefined {
    return this.pings.find((ping) => ping.sentUs >= sinceUs && ping.answeredUs !== undefined && predicate(ping));
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
