/** Mutants that send, close or report faults wrongly. Each names the case of the suite that must catch it. */
import { type Frame, type FrameSink, type Port, SendResult, TransportError } from '../src/index.ts';
import { forward, type Mutant, ports, sinks } from './mutation.ts';

export const SEND_MUTANTS: readonly Mutant[] = [
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
    name: 'sends many frames in the wrong order',
    caughtBy: 'T-SEND-09',
    mutate: ports(({ port }) => ({
      sendAll: (bytes, bounds, count) => {
        for (let index = count - 1; index >= 0; index--) {
          port.send(bytes, bounds[2 * index]!, bounds[2 * index + 1]!);
        }
        return count;
      },
    })),
  },
  {
    name: 'goes on behind a frame that it cannot send',
    caughtBy: 'T-SEND-10',
    mutate: ports(({ port }) => ({
      sendAll: (bytes, bounds, count) => {
        let sent = 0;
        for (let index = 0; index < count; index++) {
          if (port.send(bytes, bounds[2 * index]!, bounds[2 * index + 1]!) === SendResult.Sent) sent++;
        }
        return sent;
      },
    })),
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
