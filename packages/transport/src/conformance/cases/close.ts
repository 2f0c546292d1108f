/** Cases about the end of a port: closed by its user, or by the link going away. */
import assert from 'node:assert/strict';
import { SendResult } from '../../contract.ts';
import type { OpenPort } from '../bench.ts';
import type { ConformanceCase } from '../conformance-case.ts';

export const CLOSE_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-CLOSE-01',
    title: 'delivers nothing after close, not even what was waiting',
    sentence: 'After it nothing is delivered.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.turns();
      a.port.close();
      const { length } = a.calls;
      bench.send(b, bench.segment.b, 4);
      await bench.turns();
      assert.equal(a.port.poll(64), 0);
      assert.equal(a.calls.length, length);
    },
  },
  {
    id: 'T-CLOSE-02',
    title: 'may be closed from inside the sink',
    sentence: 'May be called from inside the sink. After it nothing is delivered.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      a.during = () => a.port.close();
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.turns();
      await bench.until(() => a.calls.length > 0, 'the first probe');
      await bench.turns();
      a.port.poll(64);
      assert.equal(a.calls.length, 1);
    },
  },
  {
    id: 'T-CLOSE-03',
    title: 'send says NotOpen after close',
    sentence: 'After it send says NotOpen.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      a.port.close();
      assert.equal(bench.send(a, bench.segment.a, 1), SendResult.NotOpen);
      const packet = bench.probe(bench.segment.a, 2, { medium: 'ip' });
      assert.equal(a.port.sendRouted(packet, 0, packet.length), SendResult.NotOpen);
      bench.send(b, bench.segment.b, 3);
      await bench.turns();
      assert.deepEqual(b.serials, []);
    },
  },
  {
    id: 'T-CLOSE-04',
    title: 'may be closed twice, and the interface opened again',
    sentence: 'Idempotent.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      a.port.close();
      const again = await bench.open(bench.segment.a);
      a.port.close();
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => again.saw(1) !== undefined, 'a probe at the second port');
    },
  },
  {
    id: 'T-CLOSE-05',
    title: 'closing one port leaves the others alone',
    sentence: 'The port owns its descriptor.',
    selectedBy: { shareable: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const second = await bench.open(bench.segment.a);
      second.port.close();
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'a probe at the port that stayed open');
    },
  },
  {
    id: 'T-FAULT-01',
    title: 'says when the link goes',
    sentence: 'The port says by onFault or SendResult.LinkDown when the link goes.',
    selectedBy: { reportsLink: true },
    needs: 'takeLinkFromA',
    async run(bench) {
      const { a } = await bench.openBoth();
      await bench.segment.takeLinkFromA!();
      await bench.until(() => {
        if (a.faults.length > 0) return true;
        return bench.send(a, bench.segment.a, 1) === SendResult.LinkDown;
      }, 'onFault or LinkDown');
      assertFaultIsLast(a);
    },
  },
  {
    id: 'T-FAULT-02',
    title: 'a fault is said once, and last',
    sentence: 'Called at most once, and nothing is called after it.',
    selectedBy: {},
    needs: 'takeLinkFromA',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.segment.takeLinkFromA!();
      for (let turn = 0; turn < 40; turn++) {
        await bench.turn();
        a.port.poll(1);
        bench.send(b, bench.segment.b, 4);
        bench.send(a, bench.segment.a, 5);
      }
      assertFaultIsLast(a);
      a.port.close();
      a.port.poll(64);
      assertFaultIsLast(a);
    },
  },
];

function assertFaultIsLast({ calls, faults }: OpenPort): void {
  assert.ok(faults.length <= 1, `onFault was called ${faults.length} times`);
  if (faults.length === 1) assert.equal(calls.at(-1), 'fault', 'nothing is called after onFault');
}
