/**
 * Transports that break one promise each, made from a sound one, and the case of the suite that must catch each.
 */
import {
  type Frame,
  FrameFlag,
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  SendResult,
  type Transport,
  TransportError,
} from '../src/index.ts';

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
function ports(change: (parts: Parts) => Partial<Port>): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    async open(options, sink, host, signal) {
      const port = await transport.open(options, sink, host, signal);
      return { ...forward(port), ...change({ port, sink, host }) };
    },
  });
}

/** Puts a sink between the sound port and its user. */
function sinks(change: (sink: FrameSink, host: Host) => FrameSink): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    open: (options, sink, host, signal) => transport.open(options, change(sink, host), host, signal),
  });
}

function forward(port: Port): Port {
  return {
    capabilities: port.capabilities,
    fd: port.fd,
    stats: port.stats,
    poll: (budget) => port.poll(budget),
    send: (bytes, start, end) => port.send(bytes, start, end),
    sendRouted: (bytes, start, end) => port.sendRouted(bytes, start, end),
    close: () => port.close(),
  };
}

function frameOf(bytes: Uint8Array, host: Host): Frame {
  return { bytes, start: 0, end: bytes.length, wireBytes: bytes.length, at: host.now(), flags: 0, vlanTci: 0 };
}

function opens(change: (options: PortOptions) => PortOptions): Mutant['mutate'] {
  return (transport) => ({
    ...transport,
    open: (options, sink, host, signal) => transport.open(change(options), sink, host, signal),
  });
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'speaks another version of the contract',
    caughtBy: 'T-META-01',
    mutate: (transport) => ({ ...transport, apiVersion: 2 }),
  },
  {
    name: 'hands out capabilities that can be changed',
    caughtBy: 'T-META-02',
    mutate: (transport) => ({ ...transport, capabilities: { ...transport.capabilities } }),
  },
  { name: 'has a descriptor and is not pollable', caughtBy: 'T-META-04', mutate: ports(() => ({ fd: 0 })) },
  {
    name: 'says it is pollable and has no descriptor',
    caughtBy: 'T-META-03',
    mutate: (transport) => ({
      ...transport,
      capabilities: Object.freeze({ ...transport.capabilities, pollable: true }),
    }),
  },
  { name: 'is deaf', caughtBy: 'T-OPEN-01', mutate: ports(() => ({ poll: () => 0 })) },
  {
    name: 'opens the first interface whatever the name',
    caughtBy: 'T-OPEN-02',
    mutate: opens((options) => ({ ...options, interfaceName: 'lan0' })),
  },
  {
    name: 'knows no way to give up opening',
    caughtBy: 'T-OPEN-03',
    mutate: (transport) => ({ ...transport, open: (options, sink, host) => transport.open(options, sink, host) }),
  },
  {
    name: 'swallows unknown options',
    caughtBy: 'T-OPEN-04',
    mutate: opens(({ interfaceName, filter, groups }) => ({ interfaceName, filter, groups })),
  },
  {
    name: 'attaches its filter too late',
    caughtBy: 'T-OPEN-05',
    mutate: (transport) => ({
      ...transport,
      async open(options, sink, host, signal) {
        const all = { ipProtocols: Array.from({ length: 256 }, (_, protocol) => protocol) };
        let live = false;
        const late: FrameSink = {
          onFrame: (frame) => {
            if (!live || options.filter.ipProtocols.includes(frame.bytes[frame.start + 23]!)) sink.onFrame(frame);
          },
          onFault: (error) => sink.onFault(error),
        };
        const port = await transport.open({ ...options, filter: all }, late, host, signal);
        for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
        port.poll(64);
        live = true;
        return port;
      },
    }),
  },
  {
    name: 'cuts the last octet off',
    caughtBy: 'T-RECV-01',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { end: frame.end - 1 })),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'delivers the newest frame first',
    caughtBy: 'T-RECV-02',
    mutate: (transport) => ({
      ...transport,
      async open(options, sink, host, signal) {
        const waiting: Frame[] = [];
        const keep: FrameSink = {
          onFrame: (frame) => void waiting.push({ ...frame, bytes: new Uint8Array(frame.bytes) }),
          onFault: (error) => sink.onFault(error),
        };
        const port = await transport.open(options, keep, host, signal);
        return {
          ...forward(port),
          poll: (budget) => {
            port.poll(budget);
            const count = waiting.length;
            for (let frame = waiting.pop(); frame !== undefined; frame = waiting.pop()) sink.onFrame(frame);
            return count;
          },
        };
      },
    }),
  },
  {
    name: 'echoes its own frames',
    caughtBy: 'T-RECV-03',
    mutate: ports(({ port, sink, host }) => ({
      send: (bytes, start, end) => {
        const result = port.send(bytes, start, end);
        if (result === SendResult.Sent) sink.onFrame(frameOf(new Uint8Array(bytes.subarray(start, end)), host));
        return result;
      },
    })),
  },
  {
    name: 'drops frames by source MAC instead of by direction',
    caughtBy: 'T-RECV-11',
    mutate: (transport) => ({
      ...transport,
      async open(options, sink, host, signal) {
        const sentFrom = new Set<string>();
        const deaf: FrameSink = {
          onFrame: (frame) => {
            if (!sentFrom.has(macOf(frame.bytes, frame.start))) sink.onFrame(frame);
          },
          onFault: (error) => sink.onFault(error),
        };
        const port = await transport.open(options, deaf, host, signal);
        return {
          ...forward(port),
          send: (bytes, start, end) => {
            sentFrom.add(macOf(bytes, start));
            return port.send(bytes, start, end);
          },
        };
      },
    }),
  },
  { name: 'ignores the budget', caughtBy: 'T-RECV-04', mutate: ports(({ port }) => ({ poll: () => port.poll(64) })) },
  {
    name: 'says 1 for an empty poll',
    caughtBy: 'T-RECV-05',
    mutate: ports(({ port }) => ({ poll: (budget) => Math.max(1, port.poll(budget)) })),
  },
  {
    name: 'counts a poll from inside the sink',
    caughtBy: 'T-RECV-06',
    mutate: ports(({ port }) => {
      let polling = false;
      return {
        poll: (budget) => {
          if (polling) return 1;
          polling = true;
          const count = port.poll(budget);
          polling = false;
          return count;
        },
      };
    }),
  },
  {
    name: 'filters nothing and says it does',
    caughtBy: 'T-RECV-07',
    mutate: opens((options) => ({
      ...options,
      filter: { ipProtocols: Array.from({ length: 256 }, (_, protocol) => protocol) },
    })),
  },
  {
    name: 'heeds only the first protocol of the filter',
    caughtBy: 'T-RECV-08',
    mutate: opens((options) => ({ ...options, filter: { ipProtocols: options.filter.ipProtocols.slice(0, 1) } })),
  },
  {
    name: 'joins no IPv6 group',
    caughtBy: 'T-RECV-09',
    mutate: opens((options) => ({ ...options, groups: options.groups.filter(({ length }) => length === 4) })),
  },
  {
    name: 'hears multicast only',
    caughtBy: 'T-RECV-10',
    mutate: sinks((sink) => ({
      onFrame: (frame) => {
        if ((frame.bytes[frame.start]! & 1) === 1) sink.onFrame(frame);
      },
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'ignores stations it does not know',
    caughtBy: 'T-RECV-12',
    mutate: sinks((sink) => ({
      onFrame: (frame) => {
        if (frame.bytes[frame.start + 9] === 0) sink.onFrame(frame);
      },
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'forgets the tag it removed',
    caughtBy: 'T-RECV-13',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { flags: frame.flags & ~FrameFlag.Vlan, vlanTci: 0 })),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'has a tag without the flag',
    caughtBy: 'T-RECV-14',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { vlanTci: 7 })),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'counts nothing',
    caughtBy: 'T-RECV-15',
    mutate: ports(() => ({ stats: { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 } })),
  },
  {
    name: 'makes a record for each frame',
    caughtBy: 'T-LOAN-01',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame({ ...frame }),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'leaks the loan: sends through the memory it lends',
    caughtBy: 'T-LOAN-02',
    mutate: (transport) => ({
      ...transport,
      async open(options, sink, host, signal) {
        const shared = new Uint8Array(4096);
        const lender: FrameSink = {
          onFrame: (frame) => {
            shared.set(frame.bytes.subarray(frame.start, frame.end));
            const end = frame.end - frame.start;
            sink.onFrame(Object.assign(frame, { bytes: shared, start: 0, end }));
          },
          onFault: (error) => sink.onFault(error),
        };
        const port = await transport.open(options, lender, host, signal);
        return {
          ...forward(port),
          send: (bytes, start, end) => {
            shared.set(bytes.subarray(start, Math.min(end, start + shared.length)));
            return port.send(bytes, start, end);
          },
        };
      },
    }),
  },
  {
    name: 'lets at go backwards',
    caughtBy: 'T-STAMP-01',
    mutate: sinks((sink) => {
      let count = 0;
      return {
        onFrame: (frame) => {
          count += 1;
          sink.onFrame(Object.assign(frame, { at: frame.at - (count % 2) * 1000 }));
        },
        onFault: (error) => sink.onFault(error),
      };
    }),
  },
  {
    name: 'stamps with another clock',
    caughtBy: 'T-STAMP-02',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { at: frame.at + 1_700_000_000_000_000 })),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'hides that it stamps in user space',
    caughtBy: 'T-STAMP-03',
    mutate: (transport) => ({
      ...transport,
      capabilities: Object.freeze({ ...transport.capabilities, rxClock: 'user' }),
    }),
  },
  {
    name: 'calls itself deterministic and stamps at random',
    caughtBy: 'T-STAMP-04',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { at: frame.at - Math.floor(Math.random() * 1e6) })),
      onFault: (error) => sink.onFault(error),
    })),
  },
  {
    name: 'keeps the bytes it was lent and sends them later',
    caughtBy: 'T-SEND-01',
    mutate: ports(({ port }) => {
      let kept: [Uint8Array, number, number][] = [];
      return {
        send: (bytes, start, end) => {
          kept.push([bytes, start, end]);
          return SendResult.Sent;
        },
        poll: (budget) => {
          for (const [bytes, start, end] of kept) port.send(bytes, start, end);
          kept = [];
          return port.poll(budget);
        },
      };
    }),
  },
  {
    name: 'sends the whole buffer',
    caughtBy: 'T-SEND-02',
    mutate: ports(({ port }) => ({ send: (bytes) => port.send(bytes, 0, bytes.length) })),
  },
  {
    name: 'cuts long frames instead of refusing them',
    caughtBy: 'T-SEND-03',
    mutate: ports(({ port }) => ({
      send: (bytes, start, end) => port.send(bytes, start, Math.min(end, start + port.capabilities.maxFrameBytes)),
    })),
  },
  {
    name: 'throws from send',
    caughtBy: 'T-SEND-04',
    mutate: ports(({ port }) => ({
      send: (bytes, start, end) => {
        if (start === end) throw new RangeError('nothing to send');
        return port.send(bytes, start, end);
      },
    })),
  },
  {
    name: 'puts its own MAC into every frame',
    caughtBy: 'T-SEND-05',
    mutate: ports(({ port }) => ({
      send: (bytes, start, end) => {
        const own = new Uint8Array(bytes.subarray(start, end));
        own.set([2, 0, 0, 0, 0, 1], 6);
        return port.send(own, 0, own.length);
      },
    })),
  },
  {
    name: 'promises routes it does not have',
    caughtBy: 'T-SEND-06',
    mutate: ports(() => ({ sendRouted: () => SendResult.Failed })),
  },
  {
    name: 'routes although it says it cannot',
    caughtBy: 'T-SEND-07',
    mutate: (transport) => ({
      ...transport,
      capabilities: Object.freeze({ ...transport.capabilities, routesUnicast: false }),
    }),
  },
  {
    name: 'counts no sends',
    caughtBy: 'T-SEND-08',
    mutate: ports(({ port }) => ({ stats: Object.defineProperty({ ...port.stats }, 'framesSent', { value: 0 }) })),
  },
  {
    name: 'delivers after close',
    caughtBy: 'T-CLOSE-01',
    mutate: ports(({ port }) => ({ close: () => {}, poll: (budget) => port.poll(budget) })),
  },
  {
    name: 'finishes its batch after close',
    caughtBy: 'T-CLOSE-02',
    mutate: (transport) => ({
      ...transport,
      async open(options, sink, host, signal) {
        const batch: Frame[] = [];
        const gather: FrameSink = {
          onFrame: (frame) => void batch.push({ ...frame, bytes: new Uint8Array(frame.bytes) }),
          onFault: (error) => sink.onFault(error),
        };
        const port = await transport.open(options, gather, host, signal);
        return {
          ...forward(port),
          poll: (budget) => {
            const count = port.poll(budget);
            for (const frame of batch.splice(0)) sink.onFrame(frame);
            return count;
          },
        };
      },
    }),
  },
  {
    name: 'says Sent when closed',
    caughtBy: 'T-CLOSE-03',
    mutate: ports(({ port }) => ({
      send: (bytes, start, end) => {
        const result = port.send(bytes, start, end);
        return result === SendResult.NotOpen ? SendResult.Sent : result;
      },
    })),
  },
  {
    name: 'closes whatever is open when closed twice',
    caughtBy: 'T-CLOSE-04',
    mutate: (transport) => {
      const open: Port[] = [];
      return {
        ...transport,
        async open(options, sink, host, signal) {
          const port = await transport.open(options, sink, host, signal);
          open.push(port);
          return { ...forward(port), close: () => open.shift()?.close() };
        },
      };
    },
  },
  {
    name: 'closes all ports of an interface together',
    caughtBy: 'T-CLOSE-05',
    mutate: (transport) => {
      const open: Port[] = [];
      return {
        ...transport,
        async open(options, sink, host, signal) {
          const port = await transport.open(options, sink, host, signal);
          open.push(port);
          return { ...forward(port), close: () => open.forEach((each) => void each.close()) };
        },
      };
    },
  },
  {
    name: 'keeps quiet about a lost link',
    caughtBy: 'T-FAULT-01',
    mutate: (transport) => ({
      ...sinks((sink) => ({ onFrame: (frame) => sink.onFrame(frame), onFault: () => {} }))(
        ports(({ port }) => ({
          send: (bytes, start, end) => {
            const result = port.send(bytes, start, end);
            return result === SendResult.LinkDown ? SendResult.Sent : result;
          },
        }))(transport),
      ),
    }),
  },
  {
    name: 'reports the same fault twice',
    caughtBy: 'T-FAULT-02',
    mutate: sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(frame),
      onFault: (error) => {
        sink.onFault(error);
        sink.onFault(new TransportError('LINK_GONE', error.message, { operation: 'receive' }));
      },
    })),
  },
];

function macOf(bytes: Uint8Array, start: number): string {
  return bytes.subarray(start + 6, start + 12).join(':');
}
