import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AddressFlag, addAddress, changeLink, monotonicUs, PollEvent, Poller, writeSysctl } from '@locum/linux';
import { FrameFlag, type Port, type PortOptions, SendResult, type TransportError } from '@locum/transport';
import { GROUP_MAC, IPV4_GROUP, IPV6_GROUP, ipv4Frame, ipv6Frame, pattern, tagged, Witness } from './frames.ts';
import { skipWithoutNetwork } from './requirement.ts';
import { INTERFACE, RawSegment, until } from './segment.ts';

const VRRP = 112;
const OPTIONS: PortOptions = {
  interfaceName: INTERFACE,
  filter: { ipProtocols: [VRRP, 51] },
  groups: [IPV4_GROUP, IPV6_GROUP],
};
const clock = { now: monotonicUs };

interface Ends {
  readonly segment: RawSegment;
  readonly a: Port;
  readonly b: Port;
  /** What port A delivered. */
  readonly seen: Witness;
  /** Sends a frame from B. */
  send(frame: Uint8Array): void;
  /** Polls A until it has delivered so many frames. */
  await(count: number): Promise<void>;
}

async function withPorts(action: (ends: Ends) => Promise<void>, options: PortOptions = OPTIONS): Promise<void> {
  const segment = await new RawSegment().ready();
  const ports: Port[] = [];
  try {
    const seen = new Witness();
    const a = await segment.a.transport.open(options, seen, clock);
    ports.push(a);
    const b = await segment.b.transport.open(OPTIONS, new Witness(), clock);
    ports.push(b);
    await action({
      segment,
      a,
      b,
      seen,
      send: (frame) => assert.equal(b.send(frame, 0, frame.length), SendResult.Sent),
      await: (count) => until(() => a.poll(64) >= 0 && seen.frames.length >= count, `${count} frames`),
    });
  } finally {
    for (const port of ports) port.close();
    segment.close();
  }
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

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
      for (let count = 0; count < 50; count++) ends.a.send(frame, 0, frame.length);
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

  it('receives long frames where the MTU allows them', async () => {
    const segment = await new RawSegment().ready();
    try {
      for (const host of [segment.a, segment.b]) changeLink(host.netlink, host.link.index, { mtu: 9000 });
      segment.setSwitchMtu(9000);
      const seen = new Witness();
      const a = await segment.a.transport.open(OPTIONS, seen, clock);
      const b = await segment.b.transport.open(OPTIONS, new Witness(), clock);
      const frame = ipv4Frame(VRRP, pattern(8980));
      assert.equal(b.send(frame, 0, frame.length), SendResult.Sent);
      await until(() => a.poll(1) === 1, 'the long frame');
      assert.deepEqual(seen.frames[0]!.bytes, frame);
      changeLink(segment.a.netlink, segment.a.link.index, { mtu: 1500 });
      const small = await segment.a.transport.open(OPTIONS, seen, clock);
      changeLink(segment.a.netlink, segment.a.link.index, { mtu: 9000 });
      b.send(frame, 0, frame.length);
      await until(() => small.poll(1) === 1, 'the cut frame');
      const cut = seen.frames[1]!;
      assert.equal(cut.flags, FrameFlag.Truncated);
      assert.equal(cut.wireBytes, frame.length);
      assert.deepEqual(cut.bytes, frame.subarray(0, cut.bytes.length));
      for (const port of [a, b, small]) port.close();
    } finally {
      segment.close();
    }
  });

  it('works where IPv6 is switched off', async () => {
    const segment = await new RawSegment().ready();
    try {
      segment.a.namespace.run(() => writeSysctl(`ipv6/conf/${INTERFACE}/disable_ipv6`, '1'));
      const seen = new Witness();
      const a = await segment.a.transport.open(OPTIONS, seen, clock);
      const b = await segment.b.transport.open(OPTIONS, new Witness(), clock);
      const frame = ipv4Frame(VRRP, pattern(40));
      b.send(frame, 0, frame.length);
      await until(() => a.poll(1) === 1, 'a frame');
      a.close();
      b.close();
    } finally {
      segment.close();
    }
  });

  it('refuses what it cannot open, and leaves nothing behind', async () => {
    const segment = await new RawSegment().ready();
    try {
      const transport = segment.a.transport;
      const before = descriptors();
      const open = async (options: Partial<PortOptions>, signal?: AbortSignal): Promise<string> =>
        transport.open({ ...OPTIONS, ...options }, new Witness(), clock, signal).then(
          (port) => {
            port.close();
            return 'open';
          },
          (error: TransportError) => error.code,
        );
      const aborted = new AbortController();
      const aborting = open({}, aborted.signal);
      aborted.abort();
      assert.equal(await aborting, 'ABORTED');
      assert.equal(await open({ interfaceName: 'none0' }), 'NO_SUCH_INTERFACE');
      assert.equal(await open({ interfaceName: 'lo' }), 'NOT_SUPPORTED');
      assert.equal(await open({ extra: { ring_frames: '7' } }), 'BAD_OPTION');
      assert.equal(await open({ filter: { ipProtocols: [256] } }), 'BAD_OPTION');
      assert.equal(await open({ groups: [Uint8Array.of(1, 2, 3)] }), 'BAD_OPTION');
      assert.equal(await open({ groups: [Uint8Array.of(10, 0, 0, 1)] }), 'BAD_OPTION');
      // More than net.ipv4.igmp_max_memberships: the kernel refuses after nearly everything was made.
      const groups = Array.from({ length: 30 }, (_, index) => Uint8Array.of(224, 0, 1, index));
      assert.equal(await open({ groups }), 'SYSTEM');
      assert.equal(await open({}), 'open');
      assert.equal(descriptors(), before);
    } finally {
      segment.close();
    }
  });

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

  it('keeps the host from answering that it does not know the protocol', () =>
    withPorts(async (ends) => {
      const { segment } = ends;
      const answers = new Witness();
      const listener = await segment.b.transport.open({ ...OPTIONS, filter: { ipProtocols: [1] } }, answers, clock);
      const packet = ipv4Frame(VRRP, pattern(40)).subarray(14);
      packet.set(segment.a.address, 16);
      const ask = () => assert.equal(ends.b.sendRouted(packet, 0, packet.length), SendResult.Sent);
      ask();
      await ends.await(1);
      assert.equal(listener.poll(64), 0);
      ends.a.close();
      await until(() => {
        ask();
        return listener.poll(64) > 0;
      }, 'the complaint of a host whose port is closed');
      listener.close();
    }));

  it('joins the groups for as long as it is open', () =>
    withPorts(async (ends) => {
      const { namespace } = ends.segment.a;
      const joined = (): boolean[] =>
        namespace.run(() => [
          readFileSync('/proc/thread-self/net/igmp', 'utf8').includes('120000E0'),
          readFileSync('/proc/thread-self/net/igmp6', 'utf8').includes('ff020000000000000000000000000012'),
        ]);
      assert.deepEqual(joined(), [true, true]);
      ends.a.close();
      assert.deepEqual(joined(), [false, false]);
    }));
});
