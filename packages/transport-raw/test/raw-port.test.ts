import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressFlag, addAddress, changeLink, monotonicUs, PollEvent, Poller } from '@locum/linux';
import { SendResult } from '@locum/transport';
import { clock, OPTIONS, VRRP, withPorts } from './ends.ts';
import { GROUP_MAC, ipv4Frame, ipv6Frame, pattern, tagged, Witness } from './frames.ts';
import { skipWithoutNetwork } from './requirement.ts';
import { until } from './segment.ts';

describe('raw port', { skip: skipWithoutNetwork('raw port') }, () => {
  it('delivers a frame at its offsets, whole, whatever its length', () =>
    withPorts(async (ends) => {
      const frames = [40, 1048, 1480].map((length) => ipv4Frame(VRRP, pattern(length, length)));
      for (const frame of frames) ends.send(frame);
      await ends.await(frames.length);
      for (const [index, frame] of frames.entries()) {
        const got = ends.seen.frames[index]!;
        assert.deepEqual(got.bytes, frame);
        assert.equal(got.wireBytes, frame.length);
        assert.equal(got.flags, 0);
      }
    }));

  it('sends from an offset', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      const arena = new Uint8Array(4096);
      arena.set(frame, 1111);
      const view = arena.subarray(1000);
      assert.equal(ends.b.send(view, 111, 111 + frame.length), SendResult.Sent);
      await ends.await(1);
      assert.deepEqual(ends.seen.frames[0]!.bytes, frame);
      assert.equal(ends.b.send(view, 3000, 3200), SendResult.Failed, 'beyond the bytes');
      assert.equal(ends.b.stats.sendFailures, 1);
    }));

  it('hears nothing that the filter does not name', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const payload = pattern(40);
      const toStranger = Uint8Array.of(2, 0, 0, 0, 0, 99);
      const junk = [
        ipv4Frame(17, payload),
        ipv6Frame(58, payload),
        // Multicast listener reports come behind a hop-by-hop header.
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
        ipv4Frame(VRRP, payload, GROUP_MAC, 0x0010),
        ipv6Frame(VRRP, payload),
        ipv6Frame(60, Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0, VRRP, 1, ...new Uint8Array(14), ...payload)),
        ipv6Frame(44, Uint8Array.of(VRRP, 0, 0, 8, 0, 0, 0, 1, ...payload)),
      ];
      for (const frame of wanted) ends.send(frame);
      await ends.await(wanted.length);
      assert.deepEqual(
        ends.seen.frames.map(({ bytes }) => bytes),
        wanted,
      );
      assert.equal(ends.a.stats.framesReceived, wanted.length);
    }));

  it('takes a tag with VLAN 0 for a priority', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      ends.send(tagged(frame, 0xc000));
      await ends.await(1);
      assert.deepEqual(ends.seen.frames[0]!.bytes, frame);
    }));

  it('never hears itself', () =>
    withPorts(async (ends) => {
      const frame = ipv4Frame(VRRP, pattern(40));
      const other = await ends.segment.a.transport.open(OPTIONS, new Witness(), clock);
      for (let count = 0; count < 50; count++) {
        ends.a.send(frame, 0, frame.length);
        // The kernel would show this one to all packet sockets but the one that sent it.
        other.send(frame, 0, frame.length);
        ends.a.sendRouted(frame, 14, frame.length);
      }
      other.close();
      ends.send(ipv4Frame(VRRP, pattern(40, 9)));
      await ends.await(1);
      assert.deepEqual(ends.seen.frames[0]!.bytes, ipv4Frame(VRRP, pattern(40, 9)));
    }));

  it('goes round its ring many times in order, with stamps that never decrease', () =>
    withPorts(
      async (ends) => {
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
      },
      { ...OPTIONS, extra: { ring_frames: '32' } },
    ));

  it('counts what it lost when nobody reads', () =>
    withPorts(
      async (ends) => {
        const frame = ipv4Frame(VRRP, pattern(40));
        for (let sent = 0; sent < 200; sent++) ends.send(frame);
        await until(() => ends.a.stats.framesDropped > 0, 'a dropped frame');
        while (ends.a.poll(64) > 0);
        await until(() => ends.a.stats.framesReceived + ends.a.stats.framesDropped === 200, 'all frames to be counted');
        ends.a.close();
        assert.ok(ends.a.stats.framesDropped > 0, 'the count outlives the port');
      },
      { ...OPTIONS, extra: { ring_frames: '32' } },
    ));

  it('wakes a poller', () =>
    withPorts(async (ends) => {
      const poller = new Poller(1);
      const slot = poller.add(ends.a.fd, PollEvent.Readable);
      assert.equal(poller.wait(0), 0);
      ends.send(ipv4Frame(VRRP, pattern(40)));
      assert.equal(poller.wait(5_000_000), 1);
      assert.equal(poller.ready(slot), PollEvent.Readable);
      assert.equal(ends.a.poll(64), 1);
      assert.equal(poller.wait(0), 0);
    }));

  it('gives the slot back when the sink throws', () =>
    withPorts(async (ends) => {
      ends.seen.during = () => {
        throw new Error('expected');
      };
      ends.send(ipv4Frame(VRRP, pattern(40, 1)));
      ends.send(ipv4Frame(VRRP, pattern(40, 2)));
      await assert.rejects(ends.await(1), /expected/);
      ends.seen.during = undefined;
      await ends.await(2);
      assert.deepEqual(ends.seen.frames[1]!.bytes, ipv4Frame(VRRP, pattern(40, 2)));
    }));

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
      assert.equal(ends.a.send(frame, 0, frame.length), SendResult.NotOpen);
    }));

  it('outlives the link going down and up', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const frame = ipv4Frame(VRRP, pattern(40));
      const poller = new Poller(1);
      const slot = poller.add(ends.a.fd, PollEvent.Readable);
      segment.a.setUp(false);
      assert.equal(poller.wait(5_000_000), 1);
      assert.equal(poller.ready(slot) & PollEvent.Error, PollEvent.Error);
      assert.equal(ends.a.poll(64), 0);
      assert.equal(poller.wait(0), 0, 'the error was taken');
      assert.equal(ends.a.send(frame, 0, frame.length), SendResult.LinkDown);
      segment.a.setUp(true);
      await segment.ready();
      assert.equal(ends.a.send(frame, 0, frame.length), SendResult.Sent);
      await until(() => {
        ends.send(frame);
        return ends.a.poll(64) > 0;
      }, 'a frame after the link came up');
      assert.equal(ends.seen.faults.length, 0);
    }));

  it('says once that the interface was deleted, also when it was down before', async () => {
    for (const downFirst of [false, true])
      await withPorts(async (ends) => {
        const frame = ipv4Frame(VRRP, pattern(40));
        if (downFirst) {
          ends.segment.a.setUp(false);
          assert.equal(ends.a.poll(64), 0);
          assert.equal(ends.seen.faults.length, 0);
        }
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

  it('says that a frame is too long, on the word of the port or of the kernel', () =>
    withPorts(async (ends) => {
      const { maxFrameBytes } = ends.b.capabilities;
      assert.equal(maxFrameBytes, 1514);
      const bytes = ipv4Frame(VRRP, pattern(1600));
      assert.equal(ends.b.send(bytes, 0, 1515), SendResult.TooLong);
      assert.equal(ends.b.send(bytes, 0, 1514), SendResult.Sent);
      changeLink(ends.segment.b.netlink, ends.segment.b.link.index, { mtu: 1000 });
      assert.equal(ends.b.send(bytes, 0, 1514), SendResult.TooLong);
    }));

  it('routes IPv6 packets', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const address = (lastOctet: number) => Uint8Array.of(0xfd, 0, 0, 1, ...new Uint8Array(11), lastOctet);
      for (const [host, lastOctet] of [
        [segment.a, 1],
        [segment.b, 2],
      ] as const)
        addAddress(host.netlink, {
          interfaceIndex: host.link.index,
          address: address(lastOctet),
          prefixLength: 64,
          flags: AddressFlag.NoDad,
        });
      const packet = ipv6Frame(VRRP, pattern(40)).subarray(14);
      packet.set(address(2), 8);
      packet.set(address(1), 24);
      assert.equal(ends.b.sendRouted(packet, 0, packet.length), SendResult.Sent);
      await ends.await(1);
      const { bytes } = ends.seen.frames[0]!;
      assert.deepEqual(bytes.subarray(0, 6), segment.a.mac);
      assert.deepEqual(bytes.subarray(14), packet);
      packet[24] = 0x20;
      assert.equal(ends.b.sendRouted(packet, 0, packet.length), SendResult.Failed, 'no route');
    }));
});
