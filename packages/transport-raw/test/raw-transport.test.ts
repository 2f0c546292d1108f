import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { changeLink, writeSysctl } from '@locum/linux';
import { FrameFlag, type PortOptions, SendResult, type TransportError } from '@locum/transport';
import { clock, OPTIONS, VRRP, withPorts } from './ends.ts';
import { ipv4Frame, pattern, Witness } from './frames.ts';
import { skipWithoutNetwork } from './requirement.ts';
import { INTERFACE, RawSegment, until } from './segment.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('raw transport', { skip: skipWithoutNetwork('raw transport') }, () => {
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
});
