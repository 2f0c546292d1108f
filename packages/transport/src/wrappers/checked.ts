/**
 * A transport that watches both sides of the contract while it is used, and reports each breach.
 *
 * Of the transport: stamps that decrease or lie in the future, frames out of bounds, a budget overrun, deliveries after
 * close or fault, a second fault, a send that throws or writes into borrowed bytes. Of its user: bytes kept beyond the
 * loan, which are overwritten as soon as `onFrame` returns, and a record kept beyond it, which is emptied.
 */
import {
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

export type BreachCode =
  | 'STAMP_DECREASED'
  | 'STAMP_IN_FUTURE'
  | 'FRAME_OUT_OF_BOUNDS'
  | 'BUDGET_OVERRUN'
  | 'WRONG_POLL_COUNT'
  | 'FRAME_AFTER_END'
  | 'FAULT_AFTER_END'
  | 'SEND_THREW'
  | 'SEND_WROTE_BYTES'
  | 'UNKNOWN_SEND_RESULT';

export interface Breach {
  readonly code: BreachCode;
  readonly interfaceName: string;
  /** One sentence with the figures. */
  readonly message: string;
}

export interface CheckedTransport extends Transport {
  /** In the order in which they were seen. */
  readonly breaches: readonly Breach[];
}

/** Value of every octet of lent memory after the loan. */
export const POISON = 0xa5;

const HIGHEST_SEND_RESULT = Math.max(...Object.values(SendResult));

/** Wraps a transport; `onBreach`, where given, is called besides the list being kept. */
export function withChecks(inner: Transport, onBreach?: (breach: Breach) => void): CheckedTransport {
  const breaches: Breach[] = [];
  const report = (breach: Breach): void => {
    breaches.push(breach);
    onBreach?.(breach);
  };
  const checked = wrapTransport(
    inner,
    ({ interfaceName }, sink, host) => new CheckedPort(interfaceName, sink, host, report),
  );
  return { ...checked, breaches };
}

class CheckedPort extends ForwardingPort {
  readonly #interfaceName: string;
  readonly #host: Host;
  readonly #report: (breach: Breach) => void;
  readonly #frame: Frame = emptyFrame();
  #lent = new Uint8Array(2048);
  #lastAt: Micros = -Infinity;
  #delivered = 0;
  #ended: 'closed' | 'faulted' | undefined;

  constructor(interfaceName: string, sink: FrameSink, host: Host, report: (breach: Breach) => void) {
    super(sink);
    this.#interfaceName = interfaceName;
    this.#host = host;
    this.#report = report;
  }

  override poll(budget: number): number {
    const before = this.#delivered;
    const count = super.poll(budget);
    const delivered = this.#delivered - before;
    if (delivered > Math.max(budget, 0)) {
      this.#breach('BUDGET_OVERRUN', `poll(${budget}) delivered ${delivered} frames`);
    }
    if (count !== delivered && this.#ended === undefined) {
      this.#breach('WRONG_POLL_COUNT', `poll said ${count} and delivered ${delivered} frames`);
    }
    return count;
  }

  override send(bytes: Uint8Array, start: number, end: number): SendResult {
    const copy = new Uint8Array(bytes.subarray(start, end));
    let result: SendResult;
    try {
      result = super.send(bytes, start, end);
    } catch (error) {
      result = this.#threw(error);
    }
    return this.#checkSent(bytes, start, copy, result);
  }

  override sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    const copy = new Uint8Array(bytes.subarray(start, end));
    let result: SendResult;
    try {
      result = super.sendRouted(bytes, start, end);
    } catch (error) {
      result = this.#threw(error);
    }
    return this.#checkSent(bytes, start, copy, result);
  }

  override close(): void {
    this.#ended ??= 'closed';
    super.close();
  }

  override onFrame(frame: Frame): void {
    this.#delivered += 1;
    if (this.#ended !== undefined) {
      this.#breach('FRAME_AFTER_END', `a frame came after the port was ${this.#ended}`);
      return;
    }
    this.#checkFrame(frame);
    const count = frame.end - frame.start;
    if (this.#lent.length < count) this.#lent = new Uint8Array(count);
    for (let index = 0; index < count; index++) this.#lent[index] = frame.bytes[frame.start + index]!;
    Object.assign(this.#frame, frame, { bytes: this.#lent, start: 0, end: count });
    try {
      super.onFrame(this.#frame);
    } finally {
      this.#lent.fill(POISON);
      Object.assign(this.#frame, emptyFrame());
    }
  }

  override onFault(error: TransportError): void {
    if (this.#ended !== undefined) {
      this.#breach('FAULT_AFTER_END', `a fault (${error.code}) came after the port was ${this.#ended}`);
      return;
    }
    this.#ended = 'faulted';
    super.onFault(error);
  }

  #checkFrame(frame: Frame): void {
    const { start, end, bytes, wireBytes, at, flags, vlanTci } = frame;
    if (at < this.#lastAt) this.#breach('STAMP_DECREASED', `a frame of ${at} us came after one of ${this.#lastAt} us`);
    this.#lastAt = Math.max(this.#lastAt, at);
    const now = this.#host.now();
    if (at > now) this.#breach('STAMP_IN_FUTURE', `a frame is stamped ${at} us at ${now} us`);
    const withinBytes = start >= 0 && start <= end && end <= bytes.length;
    const tagFits = (flags & FrameFlag.Vlan) !== 0 || vlanTci === 0;
    if (!withinBytes || wireBytes < end - start || !tagFits) {
      this.#breach(
        'FRAME_OUT_OF_BOUNDS',
        `start ${start}, end ${end} of ${bytes.length} octets, wireBytes ${wireBytes}, flags ${flags}, vlanTci ${vlanTci}`,
      );
    }
  }

  #checkSent(bytes: Uint8Array, start: number, copy: Uint8Array, result: SendResult): SendResult {
    if (!(Number.isInteger(result) && result >= 0 && result <= HIGHEST_SEND_RESULT)) {
      this.#breach('UNKNOWN_SEND_RESULT', `send returned ${String(result)}`);
    }
    if (copy.some((octet, index) => octet !== bytes[start + index])) {
      this.#breach('SEND_WROTE_BYTES', 'send changed the bytes that it borrowed');
    }
    return result;
  }

  #threw(error: unknown): SendResult {
    this.#breach('SEND_THREW', `send threw ${String(error)}`);
    return SendResult.Failed;
  }

  #breach(code: BreachCode, message: string): void {
    this.#report({ code, interfaceName: this.#interfaceName, message });
  }
}

function emptyFrame(): Frame {
  return { bytes: new Uint8Array(0), start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
}
