/**
 * A transport that tells everything that crosses it to one function, and changes nothing.
 */
import {
  type Capabilities,
  type Frame,
  type FrameSink,
  type Host,
  type Micros,
  type Port,
  type PortOptions,
  type PortStats,
  SendResult,
  type Transport,
} from '../contract.ts';
import type { TransportError } from '../error.ts';

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
  return {
    name: inner.name,
    apiVersion: inner.apiVersion,
    capabilities: inner.capabilities,
    async open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
      const port = new TracedPort(options.interfaceName, sink, host, record, onRecord);
      port.inner = await inner.open(options, port, host, signal);
      port.tell('open', host.now(), NO_BYTES, 0, 0, SendResult.Sent);
      return port;
    },
  };
}

class TracedPort implements Port, FrameSink {
  inner!: Port;
  readonly #interfaceName: string;
  readonly #sink: FrameSink;
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
    this.#interfaceName = interfaceName;
    this.#sink = sink;
    this.#host = host;
    this.#record = record;
    this.#onRecord = onRecord;
  }

  get capabilities(): Capabilities {
    return this.inner.capabilities;
  }

  get fd(): number {
    return this.inner.fd;
  }

  get stats(): Readonly<PortStats> {
    return this.inner.stats;
  }

  poll(budget: number): number {
    return this.inner.poll(budget);
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    const result = this.inner.send(bytes, start, end);
    this.tell('send', this.#host.now(), bytes, start, end, result);
    return result;
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    const result = this.inner.sendRouted(bytes, start, end);
    this.tell('sendRouted', this.#host.now(), bytes, start, end, result);
    return result;
  }

  close(): void {
    this.inner.close();
    if (this.#closed) return;
    this.#closed = true;
    this.tell('close', this.#host.now(), NO_BYTES, 0, 0, SendResult.Sent);
  }

  onFrame(frame: Frame): void {
    this.tell('receive', frame.at, frame.bytes, frame.start, frame.end, SendResult.Sent);
    this.#sink.onFrame(frame);
  }

  onFault(error: TransportError): void {
    this.#record.error = error;
    this.tell('fault', this.#host.now(), NO_BYTES, 0, 0, SendResult.Sent);
    this.#record.error = undefined;
    this.#sink.onFault(error);
  }

  tell(kind: TraceKind, at: Micros, bytes: Uint8Array, start: number, end: number, result: SendResult): void {
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
