/** Mutants that deliver wrong frames, at wrong times, with wrong stamps, or break a loan. Each names the case of the suite that must catch it. */
import { type Frame, FrameFlag, type FrameSink, SendResult } from '../src/index.ts';
import { forward, frameOf, type Mutant, macOf, opens, ports, sinks } from './mutation.ts';

export const RECEIVE_MUTANTS: readonly Mutant[] = [
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
];
