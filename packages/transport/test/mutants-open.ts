/** Mutants that declare or open wrongly. Each names the case of the suite that must catch it. */
import type { Capabilities, FrameSink, Port, Transport } from '../src/index.ts';
import { type Mutant, opens, ports } from './mutation.ts';

export const OPEN_MUTANTS: readonly Mutant[] = [
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
    name: 'gives the interface to whoever opens it last',
    caughtBy: 'T-OPEN-06',
    mutate: lastOneHears,
  },
  {
    name: 'lets a second port take the frames of the first, unasked',
    caughtBy: 'T-OPEN-07',
    mutate: (transport) => lastOneHears({ ...transport, capabilities: notShareable(transport) }),
  },
];

function notShareable({ capabilities }: Transport): Capabilities {
  return Object.freeze({ ...capabilities, shareable: false });
}

/** Only the port that was opened last delivers frames. */
function lastOneHears(transport: Transport): Transport {
  let newest: Port | undefined;
  return {
    ...transport,
    async open(options, sink, host, signal) {
      const mine: Port = await transport.open(
        options,
        {
          onFrame: (frame) => {
            if (newest === mine) sink.onFrame(frame);
          },
          onFault: (error) => sink.onFault(error),
        },
        host,
        signal,
      );
      newest = mine;
      return mine;
    },
  };
}
