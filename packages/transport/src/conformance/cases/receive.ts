/** Cases about what reaches the sink, in which order, and for how long it may be read. */
import assert from 'node:assert/strict';
import { type Frame, FrameFlag } from '../../contract.ts';
import type { SeenFrame } from '../bench.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { IPV4_GROUP, IPV6_GROUP } from '../probe.ts';

const VIRTUAL_MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 0x33);
/** A kernel that is given IP without a link header fills in parts of the IP header. */
const IPV4_BYTES = 20;

export const RECEIVE_CASES: readonly ConformanceCase[] = [
  {
    id: 'T-RECV-01',
    title: 'delivers the octets that were sent',
    sentence: 'The bytes from start to end begin with the link header; octets after the IP payload are padding.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const sent = bench.probe(bench.segment.b, 1);
      b.port.send(sent, 0, sent.length);
      await bench.until(() => a.saw(1) !== undefined, 'the probe');
      const got = a.saw(1)!;
      const first = bench.capabilities.medium === 'ethernet' ? 0 : IPV4_BYTES;
      assert.deepEqual(got.bytes.subarray(first, sent.length), sent.subarray(first));
    },
  },
  {
    id: 'T-RECV-02',
    title: 'keeps the order of arrival',
    sentence: 'Frames of one port are delivered in order of arrival.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const serials = Array.from({ length: 20 }, (_, index) => index + 1);
      for (const serial of serials) bench.send(b, bench.segment.b, serial);
      await bench.until(() => a.serials.length >= serials.length, 'twenty probes');
      assert.deepEqual(a.serials, serials);
    },
  },
  {
    id: 'T-RECV-03',
    title: 'own frames never come back',
    sentence: 'What was sent is never delivered to the port that sent it.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(a, bench.segment.a, 1);
      if (bench.capabilities.spoofsSourceMac) bench.send(a, bench.segment.a, 2, { sourceMac: VIRTUAL_MAC });
      await bench.until(() => b.saw(1) !== undefined, 'the probe at the other end');
      bench.send(b, bench.segment.b, 3);
      await bench.until(() => a.saw(3) !== undefined, "the other end's probe");
      assert.deepEqual(a.serials, [3]);
    },
  },
  {
    id: 'T-RECV-04',
    title: 'keeps to the budget and tells the count',
    sentence: 'Delivers frames that have already arrived, at most budget, and returns how many.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      for (let serial = 1; serial <= 5; serial++) bench.send(b, bench.segment.b, serial);
      await bench.turns();
      // A transport that delivers from an event of its own may have done so already.
      const { length } = a.frames;
      assert.equal(a.port.poll(0), 0);
      assert.equal(a.frames.length, length, 'poll(0) delivers nothing');
      await bench.until(() => {
        const before = a.frames.length;
        const count = a.port.poll(2);
        assert.ok(count <= 2, `poll(2) returned ${count}`);
        assert.equal(a.frames.length - before, count, 'poll returns the number of frames it delivered');
        return a.serials.length >= 2;
      }, 'two probes');
      await bench.until(() => a.serials.length >= 5, 'five probes');
    },
  },
  {
    id: 'T-RECV-05',
    title: 'an empty poll returns at once with 0',
    sentence: 'Never blocks, never waits.',
    selectedBy: {},
    async run(bench) {
      const a = await bench.open(bench.segment.a);
      assert.equal(a.port.poll(64), a.frames.length);
    },
  },
  {
    id: 'T-RECV-06',
    title: 'a poll from inside the sink returns 0',
    sentence: 'Re-entrant calls return 0.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const counts: number[] = [];
      let depth = 0;
      let deepest = 0;
      a.during = () => {
        depth += 1;
        deepest = Math.max(deepest, depth);
        counts.push(a.port.poll(64));
        depth -= 1;
      };
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.turns();
      await bench.until(() => a.serials.length >= 3, 'three probes');
      assert.deepEqual(new Set(counts), new Set([0]));
      assert.equal(deepest, 1, 'onFrame is never called inside onFrame');
    },
  },
  {
    id: 'T-RECV-07',
    title: 'delivers only what the filter names',
    sentence: 'Frames that the filter does not name never reach the sink.',
    selectedBy: { filtering: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(b, bench.segment.b, 1, { protocol: 17 });
      bench.send(b, bench.segment.b, 2, { protocol: 89 });
      bench.send(b, bench.segment.b, 3, { protocol: 51 });
      bench.send(b, bench.segment.b, 4);
      await bench.until(() => a.saw(4) !== undefined, 'the probe that the filter names');
      assert.deepEqual(a.serials, [4]);
    },
  },
  {
    id: 'T-RECV-08',
    title: 'delivers every protocol that the filter names',
    sentence: 'IPv4 protocols and IPv6 next headers, e.g. 112 (VRRP) and 51 (AH).',
    selectedBy: {},
    async run(bench) {
      const a = await bench.open(bench.segment.a, { filter: { ipProtocols: [112, 51] } });
      const b = await bench.open(bench.segment.b);
      bench.send(b, bench.segment.b, 1);
      bench.send(b, bench.segment.b, 2, { protocol: 51 });
      await bench.until(() => a.serials.length >= 2, 'both probes');
    },
  },
  {
    id: 'T-RECV-09',
    title: 'hears IPv6 multicast to a joined group',
    sentence: 'Multicast groups to join for as long as the port is open: 4 or 16 octets each.',
    selectedBy: { medium: 'ethernet' },
    async run(bench) {
      const a = await bench.open(bench.segment.a, { groups: [IPV4_GROUP, IPV6_GROUP] });
      const b = await bench.open(bench.segment.b);
      bench.send(b, bench.segment.b, 1, { family: 6 });
      await bench.until(() => a.saw(1) !== undefined, 'the IPv6 probe');
    },
  },
  {
    id: 'T-RECV-10',
    title: 'hears unicast to its own MAC',
    sentence: 'A port is one interface, shared by every virtual router on it.',
    selectedBy: { medium: 'ethernet' },
    needs: 'macs',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(b, bench.segment.b, 1, { destinationMac: bench.segment.a.mac });
      await bench.until(() => a.saw(1) !== undefined, 'the unicast probe');
    },
  },
  {
    id: 'T-RECV-11',
    title: 'a rival with the same source MAC is heard',
    sentence: 'It is known by its direction, never by its source MAC: rivals for an address share that.',
    selectedBy: { medium: 'ethernet', spoofsSourceMac: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(a, bench.segment.a, 1, { sourceMac: VIRTUAL_MAC });
      bench.send(b, bench.segment.b, 2, { sourceMac: VIRTUAL_MAC });
      await bench.until(() => a.saw(2) !== undefined, 'the probe of the rival');
    },
  },
  {
    id: 'T-RECV-12',
    title: 'a stranger is heard at both ends',
    sentence: 'A port is one interface: whoever speaks on its segment is heard.',
    selectedBy: {},
    needs: 'inject',
    async run(bench) {
      const { a, b } = await bench.openBoth();
      await bench.segment.inject!(bench.probe({ ...bench.segment.a, mac: Uint8Array.of(2, 0, 0, 0xaa, 0, 9) }, 1));
      await bench.until(() => a.saw(1) !== undefined && b.saw(1) !== undefined, 'the probe at both ends');
    },
  },
  {
    id: 'T-RECV-13',
    title: 'a VLAN tag is taken out of the bytes and told',
    sentence: 'Tagged frames are delivered with their tag in vlanTci.',
    selectedBy: { medium: 'ethernet', vlan: true },
    async run(bench) {
      const { a, b } = await bench.openBoth();
      bench.send(b, bench.segment.b, 1, { vlanTci: 0x2064 });
      await bench.until(() => a.saw(1) !== undefined, 'the tagged probe, its tag removed');
      const got = a.saw(1)!;
      assert.equal(got.flags & FrameFlag.Vlan, FrameFlag.Vlan);
      assert.equal(got.vlanTci, 0x2064);
    },
  },
  {
    id: 'T-RECV-14',
    title: 'the record describes the bytes',
    sentence: 'Length on the wire, at least end - start; vlanTci is 0 without FrameFlag.Vlan.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const { maxFrameBytes } = a.port.capabilities;
      bench.send(b, bench.segment.b, 1);
      bench.send(b, bench.segment.b, 2, { frameBytes: maxFrameBytes });
      await bench.until(() => a.serials.length >= 2, 'a short and a long probe');
      for (const frame of a.frames) assertDescribed(frame);
      assert.ok(a.saw(2)!.wireBytes >= maxFrameBytes, `wireBytes is ${a.saw(2)!.wireBytes}`);
    },
  },
  {
    id: 'T-RECV-15',
    title: 'counts what it delivered',
    sentence: 'Counted since the port was opened.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.until(() => a.serials.length >= 3, 'three probes');
      assert.equal(a.port.stats.framesReceived, a.frames.length);
    },
  },
  {
    id: 'T-LOAN-01',
    title: 'one record is reused for every frame',
    sentence: 'One record per port is reused for every frame.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      const records = new Set<Frame>();
      a.during = (frame) => records.add(frame);
      for (let serial = 1; serial <= 3; serial++) bench.send(b, bench.segment.b, serial);
      await bench.until(() => a.serials.length >= 3, 'three probes');
      assert.equal(records.size, 1);
    },
  },
  {
    id: 'T-LOAN-02',
    title: 'lent bytes stay as they are until onFrame returns',
    sentence: 'Both are on loan until onFrame returns.',
    selectedBy: {},
    async run(bench) {
      const { a, b } = await bench.openBoth();
      let changed = false;
      a.during = (frame) => {
        const before = { ...frame, bytes: new Uint8Array(frame.bytes.subarray(frame.start, frame.end)) };
        for (let serial = 101; serial <= 104; serial++) bench.send(a, bench.segment.a, serial);
        for (let serial = 201; serial <= 204; serial++) bench.send(b, bench.segment.b, serial);
        a.port.poll(64);
        const after = frame.bytes.subarray(frame.start, frame.end);
        changed ||= before.start !== frame.start || before.end !== frame.end || before.at !== frame.at;
        changed ||= before.bytes.some((octet, index) => octet !== after[index]);
        a.during = undefined;
      };
      bench.send(b, bench.segment.b, 1);
      await bench.until(() => a.saw(1) !== undefined, 'the probe');
      assert.equal(changed, false, 'record and bytes are the same before and after sends from inside the sink');
    },
  },
];

function assertDescribed(frame: SeenFrame): void {
  const { start, end, lentBytes, wireBytes, flags, vlanTci } = frame;
  assert.ok(start >= 0 && start < end && end <= lentBytes, `start ${start}, end ${end} of ${lentBytes} octets`);
  assert.ok(wireBytes >= end - start, `wireBytes ${wireBytes} for ${end - start} octets`);
  const truncated = (flags & FrameFlag.Truncated) !== 0;
  const tagged = (flags & FrameFlag.Vlan) !== 0;
  if (!tagged) {
    assert.equal(vlanTci, 0);
    assert.equal(truncated, end - start < wireBytes, 'Truncated is set when octets are missing, and only then');
  }
}
