/** Cases about what a transport declares and about opening a port. */
import assert from 'node:assert/strict';
import { TRANSPORT_API_VERSION } from '../../contract.ts';
import type { TransportError, TransportErrorCode } from '../../error.ts';
import type { ConformanceCase } from '../conformance-case.ts';

export const OPEN_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-META-01',
    title: 'declares its name and the version of the contract',
    sentence: 'A transport built for another major version is refused when it is loaded.',
    selectedBy: {},
    async run({ segment }) {
      assert.equal(segment.a.transport.apiVersion, TRANSPORT_API_VERSION);
      assert.match(segment.a.transport.name, /^[a-z][a-z0-9-]*$/, 'a name fit for configuration');
    },
  },
  {
    id: 'T-META-02',
    title: 'capabilities are frozen data, on the transport and on the port',
    sentence: 'What a port can and cannot do. Frozen data.',
    selectedBy: {},
    async run(bench) {
      const { port } = await bench.open(bench.segment.a);
      assert.ok(Object.isFrozen(bench.capabilities), 'capabilities of the transport are frozen');
      assert.ok(Object.isFrozen(port.capabilities), 'capabilities of the port are frozen');
      assert.equal(port.capabilities.medium, bench.capabilities.medium);
      assert.ok(port.capabilities.maxFrameBytes >= 576, `maxFrameBytes is ${port.capabilities.maxFrameBytes}`);
    },
  },
  {
    id: 'T-META-03',
    title: 'a pollable port has a descriptor',
    sentence: 'The port has an fd that becomes readable when frames have arrived.',
    selectedBy: { pollable: true },
    async run(bench) {
      const { port } = await bench.open(bench.segment.a);
      assert.ok(Number.isInteger(port.fd) && port.fd >= 0, `fd is ${port.fd}`);
    },
  },
  {
    id: 'T-META-04',
    title: 'a port that is not pollable says -1',
    sentence: 'Readiness descriptor, or -1 where capabilities.pollable is false.',
    selectedBy: { pollable: false },
    async run(bench) {
      const { port } = await bench.open(bench.segment.a);
      assert.equal(port.fd, -1);
    },
  },
  {
    id: 'T-OPEN-01',
    title: 'resolves with a port that sends and receives',
    sentence: 'Resolves with a live port.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(a, bench.segment.a, 1);
      bench.send(b, bench.segment.b, 2);
      await bench.until(() => b.saw(1) !== undefined && a.saw(2) !== undefined, 'a probe in each direction');
    },
  },
  {
    id: 'T-OPEN-02',
    title: 'refuses an interface that does not exist',
    sentence: 'Or rejects with a TransportError, leaving nothing behind.',
    selectedBy: {},
    async run(bench) {
      const opening = bench.open(bench.segment.a, { interfaceName: 'locum-none0' });
      await assertRejects(opening, 'NO_SUCH_INTERFACE');
    },
  },
  {
    id: 'T-OPEN-03',
    title: 'can be given up before and while it opens',
    sentence: 'Resolves with a live port or rejects with a TransportError, leaving nothing behind.',
    selectedBy: {},
    async run(bench) {
      await assertRejects(bench.open(bench.segment.a, {}, AbortSignal.abort()), 'ABORTED');
      const controller = new AbortController();
      const opening = bench.open(bench.segment.a, {}, controller.signal);
      controller.abort();
      // A transport that opens in one step may have finished; what it must not do is fail in some third way.
      const outcome = await opening.catch((error: TransportError) => error.code);
      if (typeof outcome === 'string') assert.equal(outcome, 'ABORTED');
      else outcome.port.close();
      const { a, b } = await bench.openBoth();
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'a probe on a port opened afterwards');
    },
  },
  {
    id: 'T-OPEN-04',
    title: 'refuses an option that it does not know',
    sentence: 'It validates what it knows and refuses the rest.',
    selectedBy: {},
    async run(bench) {
      await assertRejects(bench.open(bench.segment.a, { extra: { 'locum-no-such-option': '1' } }), 'BAD_OPTION');
    },
  },
  {
    id: 'T-OPEN-05',
    title: 'nothing unfiltered slips in while it opens',
    sentence: 'Frames the filter does not name never are delivered by the first poll.',
    selectedBy: { filtering: true },
    async run(bench) {
      const b = await bench.open(bench.segment.b);
      let open = false;
      const opening = bench.open(bench.segment.a).finally(() => {
        open = true;
      });
      for (let serial = 2; !open && serial < 1000; serial++) {
        bench.send(b, bench.segment.b, serial, { protocol: 17 });
        await bench.turn();
      }
      const a = await opening;
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'the probe that the filter names');
      assert.deepEqual(a.serials, [1]);
    },
  },
  {
    id: 'T-OPEN-06',
    title: 'two ports on one interface both work',
    sentence: 'Another process may have a port on the same interface at the same time, and both work.',
    selectedBy: { shareable: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const second = await bench.open(bench.segment.a);
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined && second.saw(1) !== undefined, 'the probe at both ports');
      bench.send(a, bench.segment.a, 2);
      bench.send(second, bench.segment.a, 3);
      await bench.until(() => b.saw(2) !== undefined && b.saw(3) !== undefined, 'a probe from either port');
    },
  },
  {
    id: 'T-OPEN-07',
    title: 'an interface that cannot be shared stays with its first port',
    sentence: 'Resolves with a live port or rejects with a TransportError, leaving nothing behind.',
    selectedBy: { shareable: false },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const outcome = await bench.open(bench.segment.a).catch((error: TransportError) => error);
      if ('operation' in outcome)
        assert.ok(outcome.code.length > 0 && (outcome.hint ?? '').length > 0, String(outcome));
      else if (outcome instanceof Error) throw outcome;
      bench.send(b, bench.segment.b, 1);
      bench.send(a, bench.segment.a, 2);
      await bench.until(() => a.saw(1) !== undefined && b.saw(2) !== undefined, 'a probe in each direction');
    },
  },
];

/** Checks code, operation and hint; `instanceof` is no way to know a TransportError. */
async function assertRejects(opening: Promise<unknown>, code: TransportErrorCode): Promise<void> {
  const error = await opening.then(
    () => undefined,
    (reason: TransportError) => reason,
  );
  assert.ok(error !== undefined, `open resolved where it must reject with ${code}`);
  assert.equal(error.code, code);
  assert.ok(error.operation.length > 0, 'the error names its operation');
  assert.ok((error.hint ?? '').length > 0, 'the error has a hint');
}
