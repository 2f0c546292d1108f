/**
 * What a case works with: ports at both ends with sinks that write everything down, probes, and waiting by predicate.
 */
import type { Capabilities, Frame, FrameSink, Host, Micros, Port, PortOptions } from '../contract.ts';
import type { TransportError } from '../error.ts';
import { buildProbe, IPV4_GROUP, IPV6_GROUP, PROBE_PROTOCOL, type ProbeOptions, serialOf } from './probe.ts';
import type { Segment, SegmentEnd, SegmentFactory } from './segment.ts';

/** A delivered frame, copied out of the loan: `bytes` holds what was between `start` and `end`. */
export interface SeenFrame extends Frame {
  /** Length of the memory that the frame was lent in. */
  readonly lentBytes: number;
  /** Serial number of a probe, -1 for anything else. */
  readonly serial: number;
  /** The clock when the frame was delivered. */
  readonly deliveredAt: Micros;
}

/** One open port together with what its sink saw. */
export class OpenPort implements FrameSink {
  port!: Port;
  readonly frames: SeenFrame[] = [];
  readonly faults: TransportError[] = [];
  /** What was called, in order. */
  readonly calls: ('frame' | 'fault')[] = [];
  /** Called within the loan, after the frame was written down. */
  during: ((frame: Frame) => void) | undefined;
  readonly #end: SegmentEnd;
  readonly #clock: Host;

  constructor(end: SegmentEnd, clock: Host) {
    this.#end = end;
    this.#clock = clock;
  }

  /** Serial numbers of the probes that were delivered, in order. */
  get serials(): number[] {
    return this.frames.map(({ serial }) => serial).filter((serial) => serial >= 0);
  }

  saw(serial: number): SeenFrame | undefined {
    return this.frames.find((frame) => frame.serial === serial);
  }

  onFrame(frame: Frame): void {
    this.calls.push('frame');
    this.frames.push({
      ...frame,
      bytes: new Uint8Array(frame.bytes.subarray(frame.start, frame.end)),
      lentBytes: frame.bytes.length,
      serial: serialOf(this.#end.transport.capabilities.medium, frame),
      deliveredAt: this.#clock.now(),
    });
    this.during?.(frame);
  }

  onFault(error: TransportError): void {
    this.calls.push('fault');
    this.faults.push(error);
  }
}

export class Bench {
  readonly segment: Segment;
  readonly clock: Host;
  /** Makes another segment, for a case that compares two. The case closes it. */
  readonly factory: SegmentFactory;
  /** How long {@link until} waits, in real time. */
  readonly deadlineMs: number;
  readonly #opened: OpenPort[] = [];

  constructor(segment: Segment, clock: Host, deadlineMs: number, factory: SegmentFactory) {
    this.segment = segment;
    this.clock = clock;
    this.factory = factory;
    this.deadlineMs = deadlineMs;
  }

  get capabilities(): Capabilities {
    return this.segment.a.transport.capabilities;
  }

  /** Opens a port that wants probes, unless told otherwise. */
  async open(end: SegmentEnd, options: Partial<PortOptions> = {}, signal?: AbortSignal): Promise<OpenPort> {
    const opened = new OpenPort(end, this.clock);
    const portOptions: PortOptions = {
      interfaceName: end.interfaceName,
      filter: { ipProtocols: [PROBE_PROTOCOL] },
      groups: [IPV4_GROUP, IPV6_GROUP],
      ...options,
      ...(end.extra === undefined ? {} : { extra: { ...end.extra, ...options.extra } }),
    };
    opened.port = await end.transport.open(portOptions, opened, this.clock, signal);
    this.#opened.push(opened);
    return opened;
  }

  async openBoth(): Promise<{ a: OpenPort; b: OpenPort }> {
    return { a: await this.open(this.segment.a), b: await this.open(this.segment.b) };
  }

  /** A probe as the given end would send it. */
  probe(from: SegmentEnd, serial: number, options: Partial<ProbeOptions> = {}): Uint8Array {
    return buildProbe({
      medium: this.capabilities.medium,
      serial,
      sourceMac: from.mac,
      sourceAddress: options.family === 6 ? from.address6 : from.address,
      ...options,
    });
  }

  /** Sends a probe from A or B and gives back the result of `send`. */
  send(from: OpenPort, end: SegmentEnd, serial: number, options: Partial<ProbeOptions> = {}): number {
    const bytes = this.probe(end, serial, options);
    return from.port.send(bytes, 0, bytes.length);
  }

  /** Polls all open ports until the predicate holds; throws after the deadline, naming what was awaited. */
  async until(predicate: () => boolean, awaited: string): Promise<void> {
    const giveUpAt = performance.now() + this.deadlineMs;
    while (!predicate()) {
      if (performance.now() > giveUpAt) throw new Error(`waited ${this.deadlineMs} ms in vain: ${awaited}`);
      await this.turn();
      for (const { port } of this.#opened) port.poll(64);
    }
  }

  /** Lets time pass without polling a port: one trip around the event loop, and a step of virtual time. */
  async turn(): Promise<void> {
    this.segment.advance?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Several turns, for what must not happen and for frames to gather at a port that is not polled. */
  async turns(count = 20): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.turn();
  }

  closePorts(): void {
    for (const { port } of this.#opened) port.close();
  }
}
