import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { changeLink, monotonicUs } from '@locum/linux';
import { FrameFlag, SendResult, type TransportError } from '@locum/transport';
import { clock, OPTIONS, VRRP, withPorts } from './ends.ts';
import { GROUP_MAC, ipv4Frame, ipv6Frame, pattern, tagged, Witness } from './frames.ts';
import { skipWithoutCapture } from './requirement.ts';
import { PcapSegment, until } from './segment.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('pcap port', { skip: skipWithoutCapture('pcap port') }, () => {
  it('delivers a frame whole, whatever its length, and the first one at once', () =>
    withPorts(async (ends) => {
      for (const [index, length] of [40, 1048, 1480].entries()) {
        const frame = ipv4Frame(VRRP, pattern(length, length));
        ends.send(frame);
        await ends.await(index + 1);
        const got = ends.seen.frames[index]!;
        assert.deepEqual(got.bytes, frame);
        assert.equal(got.wireBytes, frame.length);
        assert.equal(got.flags, FrameFlag.UserClock);
      }
    }));

  it('counts nothing that the filter does not name', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const payload = pattern(40);
      const toStranger = Uint8Array.of(2, 0, 0, 0, 0, 99);
      const junk = [
        ipv4Frame(17, payload),
        ipv6Frame(58, payload),
        ipv6Frame(0, Uint8Array.of(58, 0, 5, 2, 0, 0, 1, 0, ...payload)),
        ipv4Frame(VRRP, payload, toStranger),
        tagged(ipv4Frame(VRRP, payload), 0x0064),
        Uint8Array.of(...GROUP_MAC, ...segment.b.mac, 0x08, 0x06, ...payload),
      ];
      for (const frame of junk) for (let count = 0; count < 20; count++) ends.send(frame);
      const wanted = [
        ipv4Frame(VRRP, payload),
        ipv4Frame(51, payload),
        ipv4Frame(VRRP, payload, segment.a.mac),
        ipv4Frame(VRRP, payload, GROUP_MAC, 0x2000),
        ipv6Frame(VRRP, payload),
        ipv6Frame(60, Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0, VRRP, 1, ...new Uint8Array(14), ...payload)),
      ];
      for (const frame of wanted) ends.send(frame);
      await ends.await(wanted.length);
      assert.deepEqual(
        ends.seen.frames.map(({ bytes }) => bytes),
        wanted,
      );
      assert.equal(ends.a.stats.framesReceived, wanted.length);
      assert.equal(ends.a.stats.framesDropped, 0);
    }));

  it('takes out the tag of VLAN 0, which libpcap puts back', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      ends.send(tagged(frame, 0xc000));
      await ends.await(1);
      assert.deepEqual(ends.seen.frames[0]!.bytes, frame);
      assert.equal(ends.seen.frames[0]!.vlanTci, 0);
    }));

  it('never hears itself, nor another port of this host', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      const other = await ends.segment.a.transport.open(OPTIONS, new Witness(), clock);
      for (let count = 0; count < 50; count++) {
        ends.a.send(frame, 0, frame.length);
        other.send(frame, 0, frame.length);
        ends.a.sendRouted(frame, 14, frame.length);
      }
      other.close();
      const last = ipv4Frame(VRRP, pattern(40, 9));
      ends.send(last);
      await ends.await(1);
      assert.deepEqual(ends.seen.frames[0]!.bytes, last);
    }));

  it('keeps frames in order with stamps that never decrease, around its queue', () =>
    withPorts(async (ends) => {
      const total = 3000;
      let last = 0;
      let index = 0;
      ends.seen.during = (frame) => {
        assert.ok(frame.at >= last && frame.at <= monotonicUs());
        last = frame.at;
        assert.equal((frame.bytes[frame.start + 34]! << 8) | frame.bytes[frame.start + 35]!, index++);
      };
      for (let sent = 0; sent < total; ) {
        for (let burst = 0; burst < 20 && sent < total; burst++, sent++)
          ends.send(ipv4Frame(VRRP, Uint8Array.of(sent >> 8, sent & 0xff, ...pattern(20))));
        await ends.await(sent);
      }
      assert.equal(ends.seen.frames.length, total);
      assert.equal(ends.a.stats.framesDropped, 0);
    }));

  it('counts what was lost while the loop did not turn', () =>
    withPorts(
      async (ends) => {
        const frame = ipv4Frame(VRRP, pattern(40));
        // More than the smallest buffer holds, and far fewer than may wait on the way to it (netdev_max_backlog).
        const total = 200;
        for (let sent = 0; sent < total; sent++) ends.send(frame);
        await until(() => {
          ends.a.poll(64);
          return ends.a.stats.framesReceived + ends.a.stats.framesDropped === total;
        }, 'all frames to be counted');
        ends.a.close();
        assert.ok(ends.a.stats.framesDropped > 0, 'the count outlives the port');
      },
      { ...OPTIONS, extra: { buffer_kib: '256' } },
    ));

  it('lends the frame until the sink that closed the port has returned', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      let after: Uint8Array | undefined;
      ends.seen.during = (lent) => {
        ends.a.close();
        after = lent.bytes.slice(lent.start, lent.end);
      };
      ends.send(frame);
      ends.send(frame);
      await ends.await(1);
      assert.deepEqual(after, frame);
      assert.equal(ends.a.poll(64), 0);
      assert.equal(ends.seen.frames.length, 1);
    }));

  it('outlives the link going down and up, which would end the process', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const frame = ipv4Frame(VRRP, pattern(40));
      for (let round = 0; round < 3; round++) {
        segment.a.setUp(false);
        await until(() => ends.a.send(frame, 0, frame.length) === SendResult.LinkDown, 'LinkDown');
        ends.a.poll(64);
        segment.a.setUp(true);
        await segment.ready();
        assert.equal(ends.a.send(frame, 0, frame.length), SendResult.Sent);
        const { length } = ends.seen.frames;
        await until(() => {
          ends.send(frame);
          ends.a.poll(64);
          return ends.seen.frames.length > length;
        }, 'a frame after the link came up');
      }
      assert.equal(ends.seen.faults.length, 0);
    }));

  it('says once that the interface was deleted, also when it was down before', async () => {
    for (const downFirst of [false, true])
      await withPorts(async (ends) => {
        const frame = ipv4Frame(VRRP, pattern(40));
        if (downFirst) ends.segment.a.setUp(false);
        assert.equal(ends.a.poll(64), 0);
        assert.equal(ends.seen.faults.length, 0);
        ends.segment.takeLinkFromA();
        await until(() => ends.a.poll(64) === 0 && ends.seen.faults.length > 0, 'a fault');
        for (let count = 0; count < 5; count++) ends.a.poll(64);
        assert.deepEqual(
          ends.seen.faults.map(({ code }) => code),
          ['LINK_GONE'],
        );
        assert.equal(ends.a.send(frame, 0, frame.length), SendResult.LinkDown);
      });
  });

  it('says that a frame is too long, or cut', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const bytes = ipv4Frame(VRRP, pattern(1600));
      assert.equal(ends.b.send(bytes, 0, 1515), SendResult.TooLong);
      changeLink(segment.b.netlink, segment.b.link.index, { mtu: 1000 });
      assert.equal(ends.b.send(bytes, 0, 1514), SendResult.TooLong);
      for (const host of [segment.a, segment.b]) changeLink(host.netlink, host.link.index, { mtu: 9000 });
      segment.setSwitchMtu(9000);
      const long = ipv4Frame(VRRP, pattern(8000));
      const wide = await segment.b.transport.open(OPTIONS, new Witness(), clock);
      assert.equal(wide.send(long, 0, long.length), SendResult.Sent);
      wide.close();
      await ends.await(1);
      const cut = ends.seen.frames[0]!;
      assert.equal(cut.flags, FrameFlag.UserClock | FrameFlag.Truncated);
      assert.equal(cut.wireBytes, long.length);
      assert.deepEqual(cut.bytes, long.subarray(0, ends.a.capabilities.maxFrameBytes));
    }));

  it('refuses an interface that is down, and one that is not Ethernet', async () => {
    const segment = await new PcapSegment().ready();
    try {
      segment.a.setUp(false);
      const open = (interfaceName: string): Promise<unknown> =>
        segment.a.transport.open({ ...OPTIONS, interfaceName }, new Witness(), clock);
      await assert.rejects(open('eth0'), (error: TransportError) => {
        assert.equal(error.code, 'SYSTEM');
        assert.match(error.message, /ENETDOWN/);
        assert.match(error.hint ?? '', /up/);
        return true;
      });
      await assert.rejects(open('lo'), { code: 'NOT_SUPPORTED' });
    } finally {
      segment.close();
    }
  });

  it('leaves no descriptor behind, however it is closed', async () => {
    const segment = await new PcapSegment().ready();
    try {
      const before = descriptors();
      for (let round = 0; round < 20; round++) {
        const port = await segment.a.transport.open(OPTIONS, new Witness(), clock);
        port.close();
        const controller = new AbortController();
        const opening = segment.a.transport.open(OPTIONS, new Witness(), clock, controller.signal);
        controller.abort();
        await assert.rejects(opening, { code: 'ABORTED' });
        const late = new AbortController();
        const settling = segment.a.transport.open(OPTIONS, new Witness(), clock, late.signal);
        setImmediate(() => late.abort());
        settling.then(
          (port) => port.close(),
          () => {},
        );
        await assert.rejects(settling, { code: 'ABORTED' });
      }
      assert.equal(descriptors(), before);
    } finally {
      segment.close();
    }
  });
});
