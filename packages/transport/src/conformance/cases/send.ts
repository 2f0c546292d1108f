/** Cases about sending: what is borrowed, what is refused, and how outcomes are told. */
import assert from 'node:assert/strict';
import { SendResult } from '../../contract.ts';
import type { ConformanceCase } from '../conformance-case.ts';

const VIRTUAL_MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33);
const WITHOUT_SEND_ALL = 'only where ports have sendAll';
const KNOWN_RESULTS: readonly number[] = Object.values(SendResult);

export const SEND_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-SEND-01',
    title: 'bytes may be overwritten as soon as send returns',
    sentence: 'The bytes are borrowed for the duration of the call.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const bytes = bench.probe(bench.segment.a, 1);
      assert.equal(a.port.send(bytes, 0, bytes.length), SendResult.Sent);
      bytes.fill(0xee);
      await bench.until(() => b.saw(1) !== undefined, 'the probe as it was when send was called');
    },
  },
  {
    id: 'T-SEND-02',
    title: 'sends what lies between start and end, and leaves the bytes alone',
    sentence: 'Sends one frame, link header included. The bytes are borrowed.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const probe = bench.probe(bench.segment.a, 1, { frameBytes: 200 });
      const arena = new Uint8Array(600).fill(0xcc);
      arena.set(probe, 300);
      const before = new Uint8Array(arena);
      assert.equal(a.port.send(arena, 300, 300 + probe.length), SendResult.Sent);
      assert.deepEqual(arena, before);
      await bench.until(() => b.saw(1) !== undefined, 'the probe');
      const { bytes } = b.saw(1)!;
      assert.equal(bytes.length, probe.length);
      assert.equal(bytes[probe.length - 1], probe[probe.length - 1]);
    },
  },
  {
    id: 'T-SEND-03',
    title: 'takes the longest frame and refuses a longer one',
    sentence: 'Longer than capabilities.maxFrameBytes: TooLong.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const { maxFrameBytes } = a.port.capabilities;
      assert.equal(bench.send(a, bench.segment.a, 1, { frameBytes: maxFrameBytes + 1 }), SendResult.TooLong);
      assert.equal(bench.send(a, bench.segment.a, 2, { frameBytes: maxFrameBytes }), SendResult.Sent);
      await bench.until(() => b.saw(2) !== undefined, 'the longest frame');
      assert.deepEqual(b.serials, [2]);
    },
  },
  {
    id: 'T-SEND-04',
    title: 'answers a frame of no octets with a result, not an exception',
    sentence: 'Outcome of a send: a small integer, never an exception.',
    selectedBy: {},
    async run(bench) {
      const a = await bench.open(bench.segment.a);
      const result = a.port.send(new Uint8Array(16), 8, 8);
      assert.ok(KNOWN_RESULTS.includes(result), `send returned ${String(result)}`);
      assert.notEqual(result, SendResult.Sent);
    },
  },
  {
    id: 'T-SEND-05',
    title: 'a foreign source MAC goes out unchanged',
    sentence: 'send may use a source MAC other than the interface own.',
    selectedBy: { medium: 'ethernet', spoofsSourceMac: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(a, bench.segment.a, 1, { sourceMac: VIRTUAL_MAC });
      await bench.until(() => b.saw(1) !== undefined, 'the probe');
      assert.deepEqual(b.saw(1)!.bytes.subarray(6, 12), VIRTUAL_MAC);
    },
  },
  {
    id: 'T-SEND-06',
    title: 'sendRouted finds the neighbour',
    sentence: 'sendRouted works: the host routing and neighbour tables find the next hop.',
    selectedBy: { routesUnicast: true },
    needs: 'addresses',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const packet = bench.probe(bench.segment.a, 1, {
        medium: 'ip',
        destinationAddress: bench.segment.b.address,
      });
      assert.equal(a.port.sendRouted(packet, 0, packet.length), SendResult.Sent);
      await bench.until(() => b.saw(1) !== undefined, 'the routed probe');
    },
  },
  {
    id: 'T-SEND-07',
    title: 'sendRouted fails where it is not declared',
    sentence: 'Failed without routesUnicast.',
    selectedBy: { routesUnicast: false },
    async run(bench) {
      const a = await bench.open(bench.segment.a);
      const packet = bench.probe(bench.segment.a, 1, { medium: 'ip' });
      assert.equal(a.port.sendRouted(packet, 0, packet.length), SendResult.Failed);
    },
  },
  {
    id: 'T-SEND-08',
    title: 'counts what it sent',
    sentence: 'Counted since the port was opened.',
    selectedBy: {},
    async run(bench) {
      const { a } = await bench.openBoth();
      for (let serial = 1; serial <= 3; serial++) bench.send(a, bench.segment.a, serial);
      assert.equal(a.port.stats.framesSent, 3);
    },
  },
  {
    id: 'T-SEND-09',
    title: 'sendAll sends each frame once and in order',
    sentence: 'Sends count frames in order, the same as so many calls of send.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const { port } = a;
      if (port.sendAll === undefined) return WITHOUT_SEND_ALL;
      const { arena, bounds } = inArena(MANY.map((serial) => bench.probe(bench.segment.a, serial)));
      const before = new Uint8Array(arena);
      assert.equal(port.sendAll(arena, bounds, MANY.length), MANY.length);
      assert.deepEqual(arena, before);
      assert.equal(port.sendAll(arena, bounds, 0), 0);
      arena.fill(0xee);
      await bench.until(() => b.saw(MANY.length) !== undefined, 'the last probe');
      assert.deepEqual(b.serials, MANY);
      assert.equal(port.stats.framesSent, MANY.length);
      return undefined;
    },
  },
  {
    id: 'T-SEND-10',
    title: 'sendAll ends at the first frame that is not sent',
    sentence: 'Ends at the first frame for which send would not say Sent, and returns how many were sent before it.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const { port } = a;
      if (port.sendAll === undefined) return WITHOUT_SEND_ALL;
      const tooLong = { frameBytes: port.capabilities.maxFrameBytes + 1 };
      const probes = [1, 2, 3, 4].map((serial) => bench.probe(bench.segment.a, serial, serial === 3 ? tooLong : {}));
      const { arena, bounds } = inArena(probes);
      assert.equal(port.sendAll(arena, bounds, 4), 2);
      assert.equal(port.sendAll(arena, bounds.subarray(4), 2), 0);
      assert.equal(port.sendAll(arena, bounds.subarray(6), 1), 1);
      await bench.until(() => b.saw(4) !== undefined, 'the last probe');
      assert.deepEqual(b.serials, [1, 2, 4]);
      port.close();
      assert.equal(port.sendAll(arena, bounds, 1), 0);
      return undefined;
    },
  },
];

/** More than a medium is likely to take at a time, and fewer than it holds for who does not read. */
const MANY = Array.from({ length: 150 }, (_, index) => index + 1);

/** Frames side by side with gaps between them, and their bounds. */
function inArena(frames: readonly Uint8Array[]): { arena: Uint8Array; bounds: Int32Array } {
  const gap = 5;
  const arena = new Uint8Array(frames.reduce((length, frame) => length + gap + frame.length, gap)).fill(0xcc);
  const bounds = new Int32Array(frames.length * 2);
  let start = gap;
  for (const [index, frame] of frames.entries()) {
    arena.set(frame, start);
    bounds.set([start, start + frame.length], index * 2);
    start += frame.length + gap;
  }
  return { arena, bounds };
}
