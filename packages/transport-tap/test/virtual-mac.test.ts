import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changeLink, createLink, deleteLink, Ipv4Setting, readIpv4Setting, writeSysctl } from '@locum/linux';
import { SendResult, type TransportError, type VirtualStation } from '@locum/transport';
import { descriptorCount } from './descriptors.ts';
import { arpEntry, EchoClient, EchoServer } from './echo.ts';
import { gratuitousArp, unsolicitedAdvertisement } from './frames.ts';
import { skipWithoutTap } from './requirement.ts';
import { RouterEnd } from './router-end.ts';
import { INTERFACE, until, type WireEnd, WireSegment } from './segment.ts';

const MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 7);
const MAC_TEXT = '00:00:5e:00:01:07';
const MAC_6 = Uint8Array.of(0, 0, 0x5e, 0, 2, 7);
const ADDRESS = Uint8Array.of(192, 0, 2, 70);
const ADDRESS_6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x70);
const CLIENT_6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99);
const DEVICE = 'locum7';

async function withSegment(hosts: number, action: (segment: WireSegment) => Promise<void>): Promise<void> {
  const segment = await new WireSegment(hosts).ready();
  try {
    await action(segment);
  } finally {
    segment.close();
  }
}

function arpSettings(end: WireEnd): (number | undefined)[] {
  const { index } = end.get(INTERFACE);
  return [Ipv4Setting.ArpIgnore, Ipv4Setting.ArpAnnounce].map((setting) =>
    readIpv4Setting(end.netlink, index, setting),
  );
}

function refused(action: () => VirtualStation): TransportError {
  try {
    action();
  } catch (error) {
    return error as TransportError;
  }
  throw new Error('it was not refused');
}

describe('tap in mode virtual-mac', { skip: skipWithoutTap('tap in mode virtual-mac') }, () => {
  test('a client keeps its ARP entry when another router takes over, reverse paths being checked strictly', async () => {
    await withSegment(3, async (segment) => {
      const client = segment.ends[2]!;
      // What arrives on the device is answered through the interface.
      for (const { namespace } of [segment.a, segment.b]) {
        namespace.run(() => writeSysctl('ipv4/conf/all/rp_filter', 1));
      }
      const routers = [await RouterEnd.open(segment.a), await RouterEnd.open(segment.b)];
      const asking = new EchoClient(client, ADDRESS);
      const turn = (): void => {
        asking.ask();
        for (const router of routers) router.poll();
        asking.poll();
      };
      for (const router of [routers[0]!, routers[1]!, routers[0]!]) {
        const station = router.openStation({ mac: MAC, deviceName: DEVICE });
        router.end.addAddress(DEVICE, ADDRESS, 32);
        station.carry(true);
        // As a router announces itself; the switch learns from it where the MAC is.
        assert.equal(router.send(gratuitousArp(MAC, ADDRESS)), SendResult.Sent);
        const server = new EchoServer(router.end, ADDRESS);
        const before = asking.answers;
        await until(() => {
          turn();
          server.poll();
          return asking.answers > before;
        }, 'an answer');
        assert.equal(arpEntry(client, ADDRESS), MAC_TEXT);
        server.close();
        station.close();
        assert.equal(arpEntry(client, ADDRESS), MAC_TEXT, 'the entry stays when the holder is gone');
      }
      asking.close();
      for (const router of routers) router.close();
    });
  });

  test('an IPv6 address is found by its solicited-node group', async () => {
    await withSegment(2, async (segment) => {
      segment.b.addAddress(INTERFACE, CLIENT_6, 64);
      // A host has a route to the prefix by which it answers.
      segment.a.addAddress(INTERFACE, Uint8Array.of(...CLIENT_6.subarray(0, 15), 0x98), 64);
      const router = await RouterEnd.open(segment.a);
      const station = router.openStation({ mac: MAC_6, deviceName: DEVICE });
      station.carry(true);
      segment.a.addAddress(DEVICE, ADDRESS_6, 128);
      const server = new EchoServer(segment.a, ADDRESS_6);
      const asking = new EchoClient(segment.b, ADDRESS_6);
      await until(() => {
        asking.ask();
        router.poll();
        server.poll();
        asking.poll();
        return asking.answers > 0;
      }, 'an answer');
      assert.ok(router.carriage.framesToStations > 0, 'frames came by the virtual MAC');
      assert.ok(router.carriage.framesToWire > 0, 'the solicitation was answered by the device');
      assert.equal(router.send(unsolicitedAdvertisement(MAC_6, ADDRESS_6)), SendResult.Sent);
      server.close();
      asking.close();
      router.close();
    });
  });

  test('a station that does not carry is not found, and the interface does not answer for it', async () => {
    await withSegment(2, async (segment) => {
      const router = await RouterEnd.open(segment.a);
      router.openStation({ mac: MAC, deviceName: DEVICE });
      segment.a.addAddress(DEVICE, ADDRESS, 32);
      const asking = new EchoClient(segment.b, ADDRESS);
      const other = new EchoClient(segment.b, segment.a.address);
      const server = new EchoServer(segment.a, segment.a.address);
      asking.ask();
      await until(() => {
        other.ask();
        router.poll();
        server.poll();
        other.poll();
        return other.answers >= 3;
      }, 'answers from the interface');
      asking.poll();
      assert.equal(asking.answers, 0);
      assert.equal(arpEntry(segment.b, ADDRESS), undefined);
      for (const endpoint of [asking, other, server]) endpoint.close();
      router.close();
    });
  });

  test('the interface keeps its peace about ARP while there is a station, and gets its settings back', async () => {
    await withSegment(2, async (segment) => {
      const router = await RouterEnd.open(segment.a);
      assert.deepEqual(arpSettings(segment.a), [0, 0]);
      const first = router.openStation({ mac: MAC, deviceName: DEVICE });
      const second = router.openStation({ mac: MAC_6, deviceName: 'locum8' });
      assert.deepEqual(arpSettings(segment.a), [1, 2]);
      first.close();
      assert.deepEqual(arpSettings(segment.a), [1, 2]);
      second.close();
      assert.deepEqual(arpSettings(segment.a), [0, 0]);
      router.openStation({ mac: MAC, deviceName: DEVICE });
      router.close();
      assert.deepEqual(arpSettings(segment.a), [0, 0]);
    });
  });

  test('the settings come back when the last port on the interface needs them no longer, in each namespace', async () => {
    await withSegment(2, async (segment) => {
      const routers = [await RouterEnd.open(segment.a), await RouterEnd.open(segment.a)];
      const other = await RouterEnd.open(segment.b);
      for (const [index, router] of routers.entries()) router.openStation({ mac: MAC, deviceName: `locum${index}` });
      other.openStation({ mac: MAC, deviceName: DEVICE });
      routers[0]!.close();
      assert.deepEqual(arpSettings(segment.a), [1, 2]);
      routers[1]!.close();
      assert.deepEqual(arpSettings(segment.a), [0, 0]);
      assert.deepEqual(arpSettings(segment.b), [1, 2]);
      other.close();
      assert.deepEqual(arpSettings(segment.b), [0, 0]);
    });
  });

  test('a station whose name is taken is refused, and nothing of it is left', async () => {
    await withSegment(2, async (segment) => {
      const router = await RouterEnd.open(segment.a);
      router.openStation({ mac: MAC, deviceName: 'first' }).close();
      createLink(segment.a.netlink, { kind: 'bridge', name: DEVICE });
      const links = segment.a.linkNames;
      const descriptors = descriptorCount();
      const error = refused(() => router.openStation({ mac: MAC, deviceName: DEVICE }));
      assert.equal(error.code, 'SYSTEM');
      assert.match(error.hint ?? '', /choose another/);
      const group = refused(() => router.openStation({ mac: Uint8Array.of(1, 0, 0, 0, 0, 1), deviceName: 'other' }));
      assert.equal(group.code, 'BAD_OPTION');
      assert.equal(refused(() => router.openStation({ mac: MAC, deviceName: 'a/b' })).code, 'BAD_OPTION');
      // The device is there by the time that the kernel refuses this MAC.
      const halfway = refused(() => router.openStation({ mac: new Uint8Array(6), deviceName: 'other' }));
      assert.match(halfway.message, /EADDRNOTAVAIL/);
      assert.deepEqual(segment.a.linkNames, links);
      assert.deepEqual(arpSettings(segment.a), [0, 0]);
      assert.equal(descriptorCount(), descriptors);
      router.close();
    });
  });

  test('a device that somebody deletes is a fault of the port', async () => {
    await withSegment(2, async (segment) => {
      const router = await RouterEnd.open(segment.a);
      const station = router.openStation({ mac: MAC, deviceName: DEVICE });
      station.carry(true);
      deleteLink(segment.a.netlink, segment.a.get(DEVICE).index);
      await until(() => router.poll() >= 0 && router.faults.length > 0, 'the fault');
      assert.equal(router.faults[0]!.code, 'LINK_GONE');
      station.carry(false);
      router.close();
      assert.deepEqual(segment.a.linkNames, [INTERFACE]);
    });
  });

  test('a device follows the MTU of the interface, as far as a device can', async () => {
    await withSegment(2, async (segment) => {
      const { netlink } = segment.a;
      const { index } = segment.a.get(INTERFACE);
      changeLink(netlink, index, { mtu: 65535 });
      const router = await RouterEnd.open(segment.a);
      router.openStation({ mac: MAC, deviceName: DEVICE });
      assert.equal(segment.a.get(DEVICE).mtu, 65521);
      for (const [mtu, expected] of [
        [1400, 1400],
        [65535, 65521],
      ] as const) {
        changeLink(netlink, index, { mtu });
        await until(() => router.poll() >= 0 && segment.a.get(DEVICE).mtu === expected, `an MTU of ${expected}`);
      }
      assert.deepEqual(router.faults, []);
      router.close();
    });
  });

  test('a device that is gone is a fault of the port, also when the interface gets another MTU', async () => {
    await withSegment(2, async (segment) => {
      const { netlink } = segment.a;
      const { index } = segment.a.get(INTERFACE);
      for (const first of ['MTU', 'device']) {
        changeLink(netlink, index, { mtu: 1500 });
        const router = await RouterEnd.open(segment.a);
        router.openStation({ mac: MAC, deviceName: DEVICE });
        const device = segment.a.get(DEVICE).index;
        if (first === 'device') deleteLink(netlink, device);
        changeLink(netlink, index, { mtu: 1400 });
        if (first === 'MTU') deleteLink(netlink, device);
        await until(() => router.poll() >= 0 && router.faults.length > 0, 'the fault');
        assert.deepEqual(
          router.faults.map(({ code }) => code),
          ['LINK_GONE'],
        );
        router.close();
      }
    });
  });

  test('200 stations one after the other leave no device and no descriptor', async () => {
    await withSegment(2, async (segment) => {
      const cycle = async (): Promise<void> => {
        const router = await RouterEnd.open(segment.a);
        for (let count = 0; count < 10; count++) {
          const station = router.openStation({ mac: MAC, deviceName: DEVICE });
          station.carry(true);
          router.poll();
          if (count % 2 === 0) station.close();
          else router.openStation({ mac: MAC_6, deviceName: 'locum8' }).close();
          station.close();
        }
        router.close();
      };
      await cycle();
      const descriptors = descriptorCount();
      for (let count = 1; count < 20; count++) await cycle();
      assert.equal(descriptorCount(), descriptors);
      assert.deepEqual(segment.a.linkNames, [INTERFACE]);
    });
  });
});
