/** Cases about the instants that frames carry. */
import assert from 'node:assert/strict';
import { FrameFlag } from '../../contract.ts';
import { Bench } from '../bench.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Segment } from '../segment.ts';

/** Mapping a device's clock to the host's may err; a stamp from another clock altogether is further off than this. */
const SLACK_US = 50_000;

export const STAMP_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-STAMP-01',
    title: 'stamps never decrease',
    sentence: 'Arrival on the host monotonic clock; never decreases on a port.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      for (let serial = 1; serial <= 20; serial++) {
        bench.send(b, bench.segment.b, serial);
        await bench.turn();
      }
      await bench.until(() => a.serials.length >= 20, 'twenty probes');
      a.frames.reduce((before, after) => {
        assert.ok(after.at >= before.at, `${after.at} us comes after ${before.at} us`);
        return after;
      });
    },
  },
  {
    id: 'T-STAMP-02',
    title: 'stamps are on the host clock and never in the future',
    sentence: 'Arrival on the host monotonic clock; is never in the future.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const sentAt = bench.clock.now();
      for (let serial = 1; serial <= 5; serial++) bench.send(b, bench.segment.b, serial);
      await bench.until(() => a.serials.length >= 5, 'five probes');
      for (const { at, deliveredAt } of a.frames) {
        assert.ok(at <= deliveredAt, `stamped ${at} us, delivered at ${deliveredAt} us`);
        assert.ok(at >= sentAt - SLACK_US, `stamped ${at} us, sent at ${sentAt} us`);
      }
    },
  },
  {
    id: 'T-STAMP-03',
    title: 'stamps made in user space are marked',
    sentence: 'at was stamped in user space, not by the kernel or the device.',
    selectedBy: { rxClock: 'user' },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'the probe');
      assert.equal(a.saw(1)!.flags & FrameFlag.UserClock, FrameFlag.UserClock);
    },
  },
  {
    id: 'T-STAMP-04',
    title: 'two runs with the same input give the same instants',
    sentence: 'Two runs with the same input deliver the same frames at the same instants.',
    selectedBy: { deterministic: true },
    async run(bench) {
      const first = await arrivals(bench, bench.segment);
      const again = await bench.factory();
      try {
        assert.deepEqual(await arrivals(bench, again), first);
      } finally {
        await again.close();
      }
    },
  },
];

/** Serial number and instant, counted from the first send, of ten probes. */
async function arrivals(bench: Bench, segment: Segment): Promise<[number, number][]> {
  const run = new Bench(segment, bench.clock, bench.deadlineMs, bench.factory);
  const { a, b } = await run.openBoth();
  const startedAt = run.clock.now();
  for (let serial = 1; serial <= 10; serial++) {
    run.send(b, segment.b, serial);
    await run.turns(serial % 3);
  }
  await run.until(() => a.serials.length >= 10, 'ten probes');
  run.closePorts();
  return a.frames.map(({ serial, at }) => [serial, at - startedAt]);
}
