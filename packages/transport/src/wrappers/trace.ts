/**
 * A transport that tells everything that crosses it to one function, and changes nothing.
 */
import { type Frame, type FrameSink, type Host, type Micros, SendResult, type Transport } from '../contract.ts';
import type { TransportError } from '../error.ts';
import { ForwardingPort, wrapTransport } from './forwarding-port.ts';

export type TraceKind = 'open' | 'receive' | 'send' | 'sendRouted' | 'fault' | 'close';

/** One record is reused for all ports of a transport; it and its bytes are lent until the callback returns. */
export interface TraceRecord {
  kind: TraceKind;
  interfaceName: string;
  /** The host's clock; for `receive` the frame's own stamp. */
  at: Micros;
  /** Empty for `open`, `fault` and `close`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Outcome of `send` and `sendRouted`; Sent for all other kinds. */
  result: SendResult;
  /** The error of a `fault`. */
  error: TransportError | undefined;
}

const NO_BYTES = new Uint8Array(0);

/** Calls `onRecord` after each open, send, fault and close, and before each frame is delivered. */
export function withTrace(inner: Transport, onRecord: (record: TraceRecord) => void): Transport {
  const record: TraceRecord = {
    kind: 'open',
    interfaceName: '',
    at: 0,
    bytes: NO_BYTES,
    start: 0,
    end: 0,
    result: SendResult.Sent,
    error: undefined,
  };
  return wrapTransport(
    inner,
    ({ interfaceName }, sink, host) => new TracedPort(interfaceName, sink, host, record, onRecord),
    (port) => port.tellEvent('open'),
  );
}

class TracedPort extends ForwardingPort {
  readonly #interfaceName: string;
  readonly #host: Host;
  readonly #record: TraceRecord;
  readonly #onRecord: (record: TraceRecord) => void;
  #closed = false;

  constructor(
    interfaceName: string,
    sink: FrameSink,
    host: Host,
    record: TraceRecord,
    onRecord: (record: TraceRecord) => void,
  ) {
    super(sink);
    this.#interfaceName = interfaceName;
    this.#host = host;
    this.#record = record;
    this.#onRecord = onRecord;
  }

  override send(bytes: Uint8Array, start: number, end: number): SendResult {
    const result = super.send(bytes, start, end);
    this.#tell('send', this.#host.now(), bytes, start, end, result);
    return result;
  }

  override sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    const result = super.sendRouted(bytes, start, end);
    this.#tell('sendRouted', this.#host.now(), bytes, start, end, result);
    return result;
  }

  override close(): void {
    super.close();
    if (this.#closed) return;
    this.#closed = true;
    this.tellEvent('close');
  }

  override onFrame(frame: Frame): void {
    this.#tell('receive', frame.at, frame.bytes, frame.start, frame.end, SendResult.Sent);
    super.onFrame(frame);
  }

  override onFault(error: TransportError): void {
    this.#record.error = error;
    this.tellEvent('fault');
    this.#record.error = undefined;
    super.onFault(error);
  }

  tellEvent(kind: TraceKind): void {
    this.#tell(kind, this.#host.now(), NO_BYTES, 0, 0, SendResult.Sent);
  }

  #tell(kind: TraceKind, at: Micros, bytes: Uint8Array, start: number, end: number, result: SendResult): void {
    const record = this.#record;
    record.kind = kind;
    record.interfaceName = this.#interfaceName;
    record.at = at;
    record.bytes = bytes;
    record.start = start;
    record.end = end;
    record.result = result;
    this.#onRecord(record);
  }
}
