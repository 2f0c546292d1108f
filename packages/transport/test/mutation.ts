/**
 * Tools that make a broken transport out of a sound one: each replaces one part and forwards the rest.
 */
import type { Frame, FrameSink, Host, Port, PortOptions, Transport } from '../src/index.ts';

export interface Mutant {
  readonly name: string;
  readonly caughtBy: string;
  mutate(transport: Transport): Transport;
}

/** What a mutation may take hold of: the sound port and the sink of its user. */
interface Parts {
  readonly port: Port;
  readonly sink: FrameSink;
  readonly host: Host;
}

/** Replaces methods of each port. */
export function ports(change: (parts: Parts) => Partial<Port>): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    async open(options, sink, host, signal) {
      const port = await transport.open(options, sink, host, signal);
      return { ...forward(port), ...change({ port, sink, host }) };
    },
  });
}

/** Puts a sink between the sound port and its user. */
export function sinks(change: (sink: FrameSink, host: Host) => FrameSink): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    open: (options, sink, host, signal) => transport.open(options, change(sink, host), host, signal),
  });
}

export function forward(port: Port): Port {
  return {
    capabilities: port.capabilities,
    fd: port.fd,
    stats: port.stats,
    poll: (budget) => port.poll(budget),
    send: (bytes, start, end) => port.send(bytes, start, end),
    sendRouted: (bytes, start, end) => port.sendRouted(bytes, start, end),
    close: () => port.close(),
    ...(port.openStation === undefined ? {} : { openStation: (options) => port.openStation!(options) }),
  };
}

export function frameOf(bytes: Uint8Array, host: Host): Frame {
  return { bytes, start: 0, end: bytes.length, wireBytes: bytes.length, at: host.now(), flags: 0, vlanTci: 0 };
}

export function opens(change: (options: PortOptions) => PortOptions): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    open: (options, sink, host, signal) => transport.open(change(options), sink, host, signal),
  });
}

export function macOf(bytes: Uint8Array, start: number): string {
  return bytes.subarray(start + 6, start + 12).join(':');
}
