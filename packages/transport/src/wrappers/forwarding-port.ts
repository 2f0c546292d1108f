/**
 * The port of a wrapper: passes every call on to the port that it wraps, and everything delivered on to the sink.
 *
 * A wrapper extends it and overrides what it is about. What it does not override works as on the port inside, members
 * that are optional in the contract included: they are there when the port inside has them. Only `sendAll` is not, so
 * that every frame passes through the wrapper's own `send`.
 */
import type {
  Capabilities,
  Frame,
  FrameSink,
  Host,
  Port,
  PortOptions,
  PortStats,
  SendResult,
  StationOptions,
  Transport,
  VirtualStation,
} from '../contract.ts';
import type { TransportError } from '../error.ts';

export class ForwardingPort implements Port, FrameSink {
  /** The port inside; there once {@link attach} was called. */
  inner!: Port;
  protected readonly sink: FrameSink;
  openStation?: (options: StationOptions) => VirtualStation;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  /** Takes the port inside once it is open. */
  attach(inner: Port): void {
    this.inner = inner;
    if (inner.openStation !== undefined) this.openStation = (options) => inner.openStation!(options);
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

  get drops(): Readonly<Record<string, number>> | undefined {
    return this.inner.drops;
  }

  poll(budget: number): number {
    return this.inner.poll(budget);
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.inner.send(bytes, start, end);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.inner.sendRouted(bytes, start, end);
  }

  close(): void {
    this.inner.close();
  }

  onFrame(frame: Frame): void {
    this.sink.onFrame(frame);
  }

  onFault(error: TransportError): void {
    this.sink.onFault(error);
  }
}

/** A transport like `inner` whose ports are made by `wrap`. `onOpen` is called with each port when it is open. */
export function wrapTransport<Wrapper extends ForwardingPort>(
  inner: Transport,
  wrap: (options: PortOptions, sink: FrameSink, host: Host) => Wrapper,
  onOpen: (port: Wrapper) => void = () => {},
): Transport {
  return {
    name: inner.name,
    apiVersion: inner.apiVersion,
    capabilities: inner.capabilities,
    async open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
      const port = wrap(options, sink, host);
      port.attach(await inner.open(options, port, host, signal));
      onOpen(port);
      return port;
    },
  };
}
