/**
 * A transport that misbehaves as networks do: loss, duplication, corruption, delay (and so reordering), one-way cables.
 *
 * Everything is drawn from one seed, so a run with the same input is the same run. Rates are plain data and may be
 * changed while ports are open. Delayed frames are released by `poll`, never by a timer, hence ports are not pollable;
 * `nextReleaseAt` says when polling is worth while.
 */
import {
  type Capabilities,
  type Frame,
  FrameFlag,
  type FrameSink,
  type Host,
  type Micros,
  SendResult,
  type Transport,
} from '../contract.ts';
import type { TransportError } from '../error.ts';
import { ForwardingPort, wrapTransport } from './forwarding-port.ts';
import { type HeldFrame, HeldFrames } from './held-frames.ts';
import { SeededRandom } from './random.ts';

/** What may happen to a frame in one direction. Rates are probabilities from 0 to 1, drawn for each frame alone. */
export interface FaultRates {
  /** The frame vanishes; 1 makes the cable one-way. */
  loss: number;
  /** The frame comes twice; the copy is delayed by a draw of its own. */
  duplication: number;
  /** One bit after the link header is flipped. */
  corruption: number;
  /** The frame is held for up to `maxDelayUs`, so later ones overtake it. */
  delay: number;
  maxDelayUs: Micros;
}

/** How often each fault happened, both directions of all ports together. */
export interface FaultCounts {
  lost: number;
  duplicated: number;
  corrupted: number;
  delayed: number;
}

export interface FaultOptions {
  /** Any integer; equal seeds give equal faults. */
  readonly seed: number;
  readonly send?: Partial<FaultRates>;
  readonly receive?: Partial<FaultRates>;
}

export interface FaultyTransport extends Transport {
  /** Faults of frames that ports send. */
  readonly send: FaultRates;
  /** Faults of frames that ports receive. */
  readonly receive: FaultRates;
  readonly counts: Readonly<FaultCounts>;
  /** Instant at which the next delayed frame is due; `Infinity` without one. Earlier polls need not release anything. */
  readonly nextReleaseAt: Micros;
}

export const NO_FAULTS: Readonly<FaultRates> = Object.freeze({
  loss: 0,
  duplication: 0,
  corruption: 0,
  delay: 0,
  maxDelayUs: 0,
});

/** Wraps a transport. Without rates it changes nothing but that ports are not pollable. */
export function withFaults(inner: Transport, options: FaultOptions): FaultyTransport {
  const dice = new FaultDice(options);
  const ports = new Set<FaultyPort>();
  const faulty = wrapTransport(
    inner,
    (_options, sink, host) => new FaultyPort(dice, sink, host, ports),
    (port) => ports.add(port),
  );
  return {
    ...faulty,
    capabilities: notPollable(inner.capabilities),
    send: dice.send,
    receive: dice.receive,
    counts: dice.counts,
    get nextReleaseAt(): Micros {
      let at = Infinity;
      for (const port of ports) at = Math.min(at, port.nextReleaseAt);
      return at;
    },
  };
}

function notPollable(capabilities: Capabilities): Capabilities {
  return Object.freeze({ ...capabilities, pollable: false });
}

class FaultDice {
  readonly send: FaultRates;
  readonly receive: FaultRates;
  readonly counts: FaultCounts = { lost: 0, duplicated: 0, corrupted: 0, delayed: 0 };
  readonly #random: SeededRandom;

  constructor(options: FaultOptions) {
    this.#random = new SeededRandom(options.seed);
    this.send = { ...NO_FAULTS, ...options.send };
    this.receive = { ...NO_FAULTS, ...options.receive };
  }

  /** Decides the fate of one frame and adds what is left of it, possibly twice, to `held`. */
  throwFor(frame: HeldFrame, rates: FaultRates, firstCorruptible: number, held: HeldFrames): void {
    const lost = this.#random.chance(rates.loss);
    const duplicated = this.#random.chance(rates.duplication);
    const corrupted = this.#random.chance(rates.corruption);
    const delayed = this.#random.chance(rates.delay);
    if (lost) {
      this.counts.lost += 1;
      return;
    }
    if (corrupted && frame.bytes.length > firstCorruptible) {
      this.counts.corrupted += 1;
      const index = firstCorruptible + this.#random.below(frame.bytes.length - firstCorruptible);
      frame.bytes[index] = frame.bytes[index]! ^ (1 << this.#random.below(8));
    }
    if (delayed) this.counts.delayed += 1;
    held.add(delayed ? { ...frame, releaseAt: frame.releaseAt + this.#delayUs(rates) } : frame);
    if (!duplicated) return;
    this.counts.duplicated += 1;
    held.add({ ...frame, bytes: new Uint8Array(frame.bytes), releaseAt: frame.releaseAt + this.#delayUs(rates) });
  }

  #delayUs(rates: FaultRates): Micros {
    return rates.maxDelayUs === 0 ? 0 : 1 + this.#random.below(rates.maxDelayUs);
  }
}

class FaultyPort extends ForwardingPort {
  readonly #dice: FaultDice;
  readonly #host: Host;
  readonly #open: Set<FaultyPort>;
  readonly #incoming = new HeldFrames();
  readonly #outgoing = new HeldFrames();
  readonly #frame: Frame = {
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    wireBytes: 0,
    at: 0,
    flags: 0,
    vlanTci: 0,
  };
  #lastAt: Micros = -Infinity;
  #polling = false;
  #closed = false;
  #fault: TransportError | undefined;

  constructor(dice: FaultDice, sink: FrameSink, host: Host, open: Set<FaultyPort>) {
    super(sink);
    this.#dice = dice;
    this.#host = host;
    this.#open = open;
  }

  override get capabilities(): Capabilities {
    return notPollable(this.inner.capabilities);
  }

  override get fd(): number {
    return -1;
  }

  get nextReleaseAt(): Micros {
    return Math.min(this.#incoming.nextAt, this.#outgoing.nextAt);
  }

  override poll(budget: number): number {
    if (this.#polling || this.#closed) return 0;
    this.#polling = true;
    let count = 0;
    try {
      this.#releaseOutgoing();
      if (this.#fault === undefined) this.inner.poll(budget);
      const now = this.#host.now();
      while (count < budget && !this.#closed) {
        const held = this.#incoming.take(now);
        if (held === undefined) break;
        count += 1;
        this.#deliver(held);
      }
      if (this.#fault !== undefined && this.#incoming.count === 0 && !this.#closed) {
        this.close();
        super.onFault(this.#fault);
      }
    } finally {
      this.#polling = false;
    }
    return count;
  }

  override send(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#send(bytes, start, end, false);
  }

  override sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#send(bytes, start, end, true);
  }

  override close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#open.delete(this);
    this.inner.close();
  }

  override onFrame(frame: Frame): void {
    const { receive } = this.#dice;
    this.#dice.throwFor(
      {
        bytes: new Uint8Array(frame.bytes.subarray(frame.start, frame.end)),
        releaseAt: frame.at,
        wireBytes: frame.wireBytes,
        flags: frame.flags,
        vlanTci: frame.vlanTci,
        routed: false,
      },
      receive,
      this.#linkHeaderBytes(),
      this.#incoming,
    );
  }

  override onFault(error: TransportError): void {
    this.#fault ??= error;
  }

  #send(bytes: Uint8Array, start: number, end: number, routed: boolean): SendResult {
    if (this.#closed) return SendResult.NotOpen;
    const { maxFrameBytes, routesUnicast } = this.inner.capabilities;
    if (routed && !routesUnicast) return this.inner.sendRouted(bytes, start, end);
    if (end - start > maxFrameBytes) return SendResult.TooLong;
    const frame = {
      bytes: new Uint8Array(bytes.subarray(start, end)),
      releaseAt: this.#host.now(),
      wireBytes: end - start,
      flags: 0,
      vlanTci: 0,
      routed,
    };
    this.#dice.throwFor(frame, this.#dice.send, routed ? 0 : this.#linkHeaderBytes(), this.#outgoing);
    return this.#releaseOutgoing();
  }

  /** Says how the last frame that was due fared; Sent when none was, as the wire says nothing of what it loses. */
  #releaseOutgoing(): SendResult {
    const now = this.#host.now();
    let result: SendResult = SendResult.Sent;
    for (let held = this.#outgoing.take(now); held !== undefined; held = this.#outgoing.take(now)) {
      result = held.routed
        ? this.inner.sendRouted(held.bytes, 0, held.bytes.length)
        : this.inner.send(held.bytes, 0, held.bytes.length);
    }
    return result;
  }

  #deliver(held: HeldFrame): void {
    const frame = this.#frame;
    this.#lastAt = Math.max(this.#lastAt, held.releaseAt);
    frame.bytes = held.bytes;
    frame.start = 0;
    frame.end = held.bytes.length;
    frame.wireBytes = held.wireBytes;
    frame.at = this.#lastAt;
    // A frame that was held is stamped by this process, whoever stamped it before.
    frame.flags = this.inner.capabilities.rxClock === 'user' ? held.flags | FrameFlag.UserClock : held.flags;
    frame.vlanTci = held.vlanTci;
    super.onFrame(frame);
  }

  #linkHeaderBytes(): number {
    return this.inner.capabilities.medium === 'ethernet' ? 14 : 0;
  }
}
