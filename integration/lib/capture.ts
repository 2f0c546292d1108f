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
import { type Advert, type Arp, type Decoded, decode, type NeighbourAdvertisement } from './naive-decoder.ts';

/** Format between this file and `capture-process.ts`. */
export const RECORD_HEADER_BYTES = 16;
export const END_OF_CAPTURE = 0xffffffff;

const PROGRAM = fileURLToPath(new URL('capture-process.js', import.meta.url));
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 10_000;

export interface CaptureOptions {
  /** Keep pings in memory as well; the file has them always. Default false. */
  readonly echo?: boolean;
}

export interface CapturedFrame {
  /** Wall-clock microseconds by the kernel, comparable with `realtimeUs()`. */
  readonly atUs: number;
  /** Name of the host that sent it. */
  readonly host: string;
  readonly bytes: Uint8Array;
  readonly decoded: Decoded | undefined;
}

/** A decoded frame with when and from whom. */
export type Seen<Kind extends Decoded> = Kind & { readonly atUs: number; readonly host: string };

interface Waiter {
  readonly predicate: (frame: CapturedFrame) => boolean;
  readonly found: (frame: CapturedFrame) => void;
}

export class Capture {
  /** The capture file. */
  readonly file: string;
  /** In order of arrival. */
  readonly frames: CapturedFrame[] = [];
  /** Resolves when recording has begun. */
  readonly ready: Promise<void>;
  readonly #ports: ReadonlyMap<number, string>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #pending: Buffer = Buffer.alloc(0);
  #onReady: () => void = () => {};
  #dropped: number | undefined;

  /** Made by `Lab.capture`. */
  constructor(
    namespace: NetworkNamespace,
    bridgeIndex: number,
    ports: ReadonlyMap<number, string>,
    file: string,
    options: CaptureOptions,
  ) {
    this.file = file;
    this.#ports = ports;
    const args = [PROGRAM, file, String(bridgeIndex), ...(options.echo ? ['echo'] : [])];
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

  /**
   * Resolves with the first frame that satisfies `predicate`, seen already or to come, that entered the switch at
   * `sinceUs` or later. Rejects at the deadline with a message that names `what`.
   */
  async until(
    what: string,
    predicate: (frame: CapturedFrame) => boolean,
    deadlineMs: number,
    sinceUs = 0,
  ): Promise<CapturedFrame> {
    const wanted = (frame: CapturedFrame): boolean => frame.atUs >= sinceUs && predicate(frame);
    const seen = this.frames.find(wanted);
    if (seen) return seen;
    let waiter: Waiter | undefined;
    const found = new Promise<CapturedFrame>((resolve) => {
      waiter = { predicate: wanted, found: resolve };
      this.#waiters.add(waiter);
    });
    try {
      return await within(`on the wire: ${what}`, found, deadlineMs);
    } finally {
      this.#waiters.delete(waiter!);
    }
  }

  /** As {@link until}, for adverts. */
  async untilAdvert(
    what: string,
    predicate: (advert: Seen<Advert>) => boolean,
    deadlineMs: number,
    sinceUs = 0,
  ): Promise<Seen<Advert>> {
    const isWanted = (frame: CapturedFrame): boolean =>
      frame.decoded?.kind === 'advert' && predicate(seenAs(frame, frame.decoded));
    const frame = await this.until(what, isWanted, deadlineMs, sinceUs);
    return seenAs(frame, frame.decoded as Advert);
  }

  /** Adverts so far, in order. */
  adverts(): Seen<Advert>[] {
    return this.#all((decoded): decoded is Advert => decoded.kind === 'advert');
  }

  /** ARP requests and replies in which sender and target are the same address. */
  gratuitousArps(): Seen<Arp>[] {
    return this.#all((decoded): decoded is Arp => decoded.kind === 'arp' && decoded.gratuitous);
  }

  /** IPv6 neighbour advertisements that nobody asked for. */
  unsolicitedNeighbourAdvertisements(): Seen<NeighbourAdvertisement>[] {
    return this.#all(
      (decoded): decoded is NeighbourAdvertisement => decoded.kind === 'neighbour-advertisement' && !decoded.solicited,
    );
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

  #all<Kind extends Decoded>(is: (decoded: Decoded) => decoded is Kind): Seen<Kind>[] {
    const found: Seen<Kind>[] = [];
    for (const frame of this.frames) if (frame.decoded && is(frame.decoded)) found.push(seenAs(frame, frame.decoded));
    return found;
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
    const copy = Uint8Array.from(bytes);
    const host = this.#ports.get(interfaceIndex) ?? `interface ${interfaceIndex}`;
    const frame: CapturedFrame = { atUs, host, bytes: copy, decoded: decode(copy) };
    this.frames.push(frame);
    for (const waiter of this.#waiters) if (waiter.predicate(frame)) waiter.found(frame);
  }
}

function seenAs<Kind extends Decoded>(frame: CapturedFrame, decoded: Kind): Seen<Kind> {
  return { ...decoded, atUs: frame.atUs, host: frame.host };
}
