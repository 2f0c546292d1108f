/** Trace, capture and checks do what they say, and the checks find each breach. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenPort } from '../src/conformance/bench.ts';
import { buildProbe, IPV4_GROUP } from '../src/conformance/probe.ts';
import {
  type BreachCode,
  createMemoryLan,
  type Frame,
  type FrameSink,
  type MemoryStation,
  POISON,
  SendResult,
  type Transport,
  TransportError,
  withChecks,
  withPcap,
  withTrace,
} from '../src/index.ts';
import { VirtualClock } from './memory-segment.ts';
import { ports, sinks } from './mutation.ts';

const PROBE = buildProbe({ medium: 'ethernet', serial: 1 });
const PORT_OPTIONS = { interfaceName: 'lan0', filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] };

interface Setup {
  readonly clock: VirtualClock;
  readonly station: MemoryStation;
  readonly opened: OpenPort;
}

async function openThrough(wrap: (transport: Transport) => Transport): Promise<Setup> {
  const clock = new VirtualClock();
  const station = createMemoryLan({ clock }).addStation({ interfaceName: 'lan0' });
  const transport = wrap(station.transport);
  const opened = new OpenPort({ transport, interfaceName: 'lan0' }, clock);
  opened.port = await transport.open(PORT_OPTIONS, opened, clock);
  return { clock, station, opened };
}

test('a trace tells everything that crosses, in order', async () => {
  const told: string[] = [];
  const { station, opened } = await openThrough((transport) =>
    withTrace(transport, ({ kind, interfaceName, start, end, result, error }) => {
      told.push(`${kind} ${interfaceName} ${end - start} ${result} ${error?.code ?? ''}`.trim());
    }),
  );
  opened.port.send(PROBE, 0, PROBE.length);
  opened.port.sendRouted(PROBE, 14, PROBE.length);
  station.lan.inject(PROBE);
  opened.port.poll(10);
  station.remove();
  opened.port.poll(10);
  opened.port.close();
  opened.port.close();
  assert.deepEqual(told, [
    'open lan0 0 0',
    'send lan0 74 0',
    'sendRouted lan0 60 0',
    'receive lan0 74 0',
    'fault lan0 0 0 LINK_GONE',
    'close lan0 0 0',
  ]);
});

test('a capture has a nanosecond header and a record for each frame, whatever its direction', async () => {
  const parts: Uint8Array[] = [];
  const { clock, station, opened } = await openThrough((transport) =>
    withPcap(transport, {
      write: (bytes) => void parts.push(new Uint8Array(bytes)),
      wallClockOffsetUs: 1_700_000_000_000_000,
    }),
  );
  opened.port.send(PROBE, 0, PROBE.length);
  clock.forward(1_234_567);
  station.lan.inject(PROBE);
  opened.port.poll(10);
  const words = parts.map((bytes) => new DataView(bytes.buffer));
  assert.equal(parts.length, 3);
  assert.equal(words[0]!.getUint32(0, true), 0xa1b23c4d);
  assert.equal(words[0]!.getUint32(20, true), 1);
  const record = (index: number) => [0, 4, 8, 12].map((offset) => words[index]!.getUint32(offset, true));
  assert.deepEqual(record(1), [1_700_000_001, 0, 74, 74]);
  assert.deepEqual(record(2), [1_700_000_002, 234_567_000, 74, 74]);
  assert.deepEqual(parts[2]!.subarray(16), PROBE);
});

test('what was lent is poisoned and emptied when the loan ends', async () => {
  const { station, opened } = await openThrough((transport) => withChecks(transport));
  let kept: Frame | undefined;
  let bytes = new Uint8Array(0);
  opened.during = (frame) => {
    kept = frame;
    bytes = frame.bytes as Uint8Array<ArrayBuffer>;
    assert.deepEqual(bytes.subarray(frame.start, frame.end), PROBE);
  };
  station.lan.inject(PROBE);
  opened.port.poll(10);
  assert.ok(bytes.every((octet) => octet === POISON));
  assert.equal(kept!.end, 0);
});

const pass =
  (sink: FrameSink) =>
  (frame: Frame): void =>
    sink.onFrame(frame);
const fail =
  (sink: FrameSink) =>
  (error: TransportError): void =>
    sink.onFault(error);

const BREACHES: readonly [BreachCode, (transport: Transport) => Transport][] = [
  [
    'STAMP_DECREASED',
    sinks((sink) => {
      let count = 0;
      return {
        onFrame: (frame) => {
          count += 1;
          sink.onFrame(Object.assign(frame, { at: frame.at - count * 100 }));
        },
        onFault: fail(sink),
      };
    }),
  ],
  [
    'STAMP_IN_FUTURE',
    sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { at: frame.at + 100 })),
      onFault: fail(sink),
    })),
  ],
  [
    'FRAME_OUT_OF_BOUNDS',
    sinks((sink) => ({
      onFrame: (frame) => sink.onFrame(Object.assign(frame, { wireBytes: 1 })),
      onFault: fail(sink),
    })),
  ],
  ['BUDGET_OVERRUN', ports(({ port }) => ({ poll: () => port.poll(64) }))],
  ['WRONG_POLL_COUNT', ports(({ port }) => ({ poll: (budget) => port.poll(budget) + 1 }))],
  ['FRAME_AFTER_END', ports(() => ({ close: () => {} }))],
  [
    'FAULT_AFTER_END',
    sinks((sink) => ({
      onFrame: pass(sink),
      onFault: (error) => {
        sink.onFault(error);
        sink.onFault(error);
      },
    })),
  ],
  [
    'SEND_THREW',
    ports(() => ({
      send: () => {
        throw new Error('no');
      },
    })),
  ],
  [
    'SEND_WROTE_BYTES',
    ports(({ port }) => ({
      send: (bytes, start, end) => {
        bytes[start + 6] = 2;
        bytes[start + 7] = 0xff;
        return port.send(bytes, start, end);
      },
    })),
  ],
  ['UNKNOWN_SEND_RESULT', ports(() => ({ send: () => 42 as SendResult }))],
];

for (const [code, mutate] of BREACHES) {
  test(`checks report ${code}`, async () => {
    const told: string[] = [];
    const { clock, station, opened } = await openThrough((transport) =>
      withChecks(mutate(transport), (breach) => told.push(breach.code)),
    );
    const inject = () => {
      station.lan.inject(PROBE);
      station.lan.inject(PROBE);
      clock.forward(10);
      opened.port.poll(1);
      opened.port.poll(1);
    };
    assert.notEqual(opened.port.send(new Uint8Array(PROBE), 0, PROBE.length), undefined);
    inject();
    if (code === 'FAULT_AFTER_END') {
      station.remove();
      opened.port.poll(10);
      opened.port.poll(10);
    } else {
      opened.port.close();
    }
    inject();
    assert.ok(told.includes(code), `told ${told.join(', ') || 'nothing'}`);
  });
}

test('checks turn a send that throws into Failed', async () => {
  const broken = ports(() => ({
    sendRouted: () => {
      throw new TransportError('SYSTEM', 'no', { operation: 'send' });
    },
  }));
  const { opened } = await openThrough((transport) => withChecks(broken(transport)));
  assert.equal(opened.port.sendRouted(PROBE, 14, PROBE.length), SendResult.Failed);
});
