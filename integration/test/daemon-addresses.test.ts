/**
 * What locumd does to the addresses of interfaces: sets them as configured, keeps them, takes them off, and cleans up
 * after a predecessor.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AddressFlag,
  changeLink,
  deleteAddress,
  findLink,
  type LinkAddress,
  listAddresses,
  realtimeUs,
} from '@locum/linux';
import { formatAddress, parseAddress } from '../lib/address-text.ts';
import { eventually } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
const BURST = 5;

function find(host: Host, text: string): LinkAddress | undefined {
  return listAddresses(host.netlink).find((address) => formatAddress(address.address) === text);
}

async function untilSet(host: Host, text: string): Promise<LinkAddress> {
  return await eventually(`${text} is set`, () => find(host, text), DEADLINE_MS);
}

function take(host: Host, text: string): void {
  const { interfaceIndex, address, prefixLength } = find(host, text)!;
  deleteAddress(host.netlink, { interfaceIndex, address, prefixLength });
}

/** Target of a neighbour solicitation. */
function probed(frame: Uint8Array): string | undefined {
  const isSolicitation = frame[12] === 0x86 && frame[20] === 58 && frame[54] === 135;
  return isSolicitation ? formatAddress(frame.slice(62, 78)) : undefined;
}

describe('addresses', requires('integration/daemon-addresses', { namespaces: true }), () => {
  it('are set as configured while Active, advertised or excluded, and taken off at an orderly stop', async () => {
    await withLab('addresses', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const other = host.addMacvlan('other', '02:00:00:00:01:01', 'bridge', false);
      const locumd = await Locumd.start(
        lab,
        host,
        quickConfiguration({
          addresses: [
            '192.168.1.100',
            '192.168.1.101/24 brd + label eth0:vip',
            '10.8.0.1/24 scope link',
            '10.1.2.3/20 broadcast 10.1.15.255 dev other',
            '10.9.0.1/24 noprefixroute',
          ],
          excluded: ['10.7.0.1/16', '2001:db8::100/64'],
        }),
      );
      const six = await untilSet(host, '2001:db8::100');
      assert.equal(six.prefixLength, 64);
      assert.notEqual(six.flags & AddressFlag.NoDad, 0);
      assert.ok(!six.tentative);
      const plain = find(host, '192.168.1.100')!;
      assert.equal(plain.prefixLength, 32);
      assert.equal(plain.interfaceIndex, host.interfaceIndex);
      assert.equal(plain.scope, 0);
      assert.equal(plain.broadcast, undefined);
      assert.equal(plain.label, 'eth0');
      const labelled = find(host, '192.168.1.101')!;
      assert.equal(labelled.prefixLength, 24);
      assert.equal(labelled.label, 'eth0:vip');
      assert.equal(formatAddress(labelled.broadcast!), '192.168.1.255');
      assert.equal(find(host, '10.8.0.1')!.scope, 253);
      const elsewhere = find(host, '10.1.2.3')!;
      assert.equal(elsewhere.interfaceIndex, other);
      assert.equal(elsewhere.prefixLength, 20);
      assert.equal(formatAddress(elsewhere.broadcast!), '10.1.15.255');
      assert.notEqual(find(host, '10.9.0.1')!.flags & AddressFlag.NoPrefixRoute, 0);
      assert.equal(find(host, '10.7.0.1')!.prefixLength, 16);

      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
      const left = listAddresses(host.netlink).map(({ address }) => formatAddress(address));
      const virtual = left.filter((text) => !text.startsWith('fe80:') && !['127.0.0.1', '::1'].includes(text));
      assert.deepEqual(virtual, ['192.168.1.1']);
    });
  });

  it('of IPv6 are usable at once, without detection of duplicates [ND-15]', async () => {
    await withLab('addresses-nodad', async (lab) => {
      const host = await lab.addHost('host');
      // What a host has by default, so that the absence of a probe is the daemon's doing.
      host.sysctl('ipv6/conf/eth0/accept_dad', 1);
      host.sysctl('ipv6/conf/eth0/dad_transmits', 1);
      const capture = await lab.capture();
      const addresses = ['fe80::100/64', '2001:db8::100/64', '2001:db8::101/64 -nodad'];
      const locumd = await Locumd.start(lab, host, quickConfiguration({ addresses }));
      // The one that wants detection is probed for after a delay of up to a second, as the others would be.
      const probe = await capture.until('a probe', ({ bytes }) => probed(bytes) === '2001:db8::101', DEADLINE_MS);
      for (const text of ['fe80::100', '2001:db8::100']) assert.ok(!find(host, text)!.tentative, text);
      await capture.untilAdvert('more adverts', () => true, DEADLINE_MS, probe.atUs + 1_000_000);
      await locumd.stop();
      await capture.stop();
      const all = new Set(capture.frames.map(({ bytes }) => probed(bytes)));
      assert.deepEqual([all.has('fe80::100'), all.has('2001:db8::100')], [false, false]);
    });
  });

  it('are set and announced again when something else takes them off, and nothing else changes', async () => {
    await withLab('addresses-restored', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const locumd = await Locumd.start(
        lab,
        host,
        quickConfiguration({ addresses: [`${QUICK_ADDRESS}/24`, '192.168.1.101/24'], excluded: ['10.7.0.1/16'] }),
      );
      await untilSet(host, '10.7.0.1');
      await capture.until('the first burst', () => capture.gratuitousArps().length >= 3 * BURST, DEADLINE_MS);
      for (const text of [QUICK_ADDRESS, '10.7.0.1']) {
        const takenUs = realtimeUs();
        take(host, text);
        await untilSet(host, text);
        await capture.until(
          `${text} is announced again`,
          ({ decoded }) => decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === text,
          DEADLINE_MS,
          takenUs,
        );
      }
      await locumd.process.line(/something else removed 192\.168\.1\.100\/24; it is set again/, DEADLINE_MS);
      const { instances } = await locumd.status();
      assert.equal(instances[0]!.keepalivedState, 'MASTER');
      assert.equal(instances[0]!.statistics.masterTransitions, 1);
      assert.equal(capture.adverts().filter(({ priority }) => priority === 0).length, 0);
      await locumd.stop();
    });
  });

  it('stay at an orderly stop with -V', async () => {
    await withLab('addresses-kept', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const locumd = await Locumd.start(lab, host, quickConfiguration({}), { args: ['-V'] });
      await untilSet(host, QUICK_ADDRESS);
      await locumd.stop();
      assert.notEqual(find(host, QUICK_ADDRESS), undefined);
      await capture.untilAdvert('the resignation all the same', ({ priority }) => priority === 0, DEADLINE_MS);
    });
  });

  it('left behind by a killed daemon, or by another one, are taken off at the start of a Backup', async () => {
    await withLab('addresses-left', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const configuration = (interval: number): string =>
        quickConfiguration({ addresses: [`${QUICK_ADDRESS}/24`, '192.168.1.101/24'], interval });
      const killed = await Locumd.start(lab, host, configuration(0.1));
      await untilSet(host, '192.168.1.101');
      await killed.kill();
      assert.notEqual(find(host, QUICK_ADDRESS), undefined, 'a killed daemon takes nothing off');
      // The second one as keepalived leaves it behind: by kernels or versions that do not note who set it.
      take(host, '192.168.1.101');
      host.addAddress('192.168.1.101/24');
      // So slow that it stays Backup while we look.
      const locumd = await Locumd.start(lab, host, configuration(40), { directory: killed.directory });
      assert.deepEqual([find(host, QUICK_ADDRESS), find(host, '192.168.1.101')], [undefined, undefined]);
      await locumd.process.line(/removed 192\.168\.1\.100\/24, left behind by an earlier process/, DEADLINE_MS);
      await locumd.process.line(/removed 192\.168\.1\.101\/24, left behind by an earlier process/, DEADLINE_MS);
      assert.notEqual(find(host, '192.168.1.1'), undefined);
      await locumd.stop();
    });
  });

  for (const written of ['192.168.1.1/24', '192.168.1.1']) {
    it(`that the owner has by itself stay, written ${written}: Active at once, and no other touches them [FSM-I-01] [OWN-01]`, async () => {
      await withLab('addresses-owner', async (lab) => {
        const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
        const capture = await lab.capture();
        const owner = quickConfiguration({ priority: 255, interval: 1, addresses: [written] });
        const locumd = await Locumd.start(lab, host, owner);
        const advert = await capture.untilAdvert('an advert', () => true, DEADLINE_MS);
        assert.equal(advert.priority, 255);
        assert.equal(advert.source, '192.168.1.1');
        await capture.until(
          'the announcement',
          ({ decoded }) => decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === '192.168.1.1',
          DEADLINE_MS,
        );
        assert.doesNotMatch(locumd.process.output, /BACKUP/);
        const status = (await locumd.status()).instances[0]!;
        assert.deepEqual(
          [status.isOwner, status.keepalivedState, status.primaryAddress],
          [true, 'MASTER', '192.168.1.1'],
        );
        // A new address before the old one must not change whose the old one is.
        await locumd.reload(
          quickConfiguration({ priority: 255, interval: 1, addresses: ['192.168.1.99/24', written] }),
        );
        await untilSet(host, '192.168.1.99');
        await locumd.stop();
        assert.equal(find(host, '192.168.1.99'), undefined);
        const own = listAddresses(host.netlink).filter(({ address }) => formatAddress(address) === '192.168.1.1');
        assert.deepEqual(
          own.map(({ prefixLength }) => prefixLength),
          [24],
        );
        await capture.untilAdvert('the resignation', ({ priority }) => priority === 0, DEADLINE_MS);
      });
    });
  }

  it('that the owner has by itself and loses are set again, like any other [OWN-01]', async () => {
    await withLab('addresses-owner-loses', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24', '192.168.1.2/24'] });
      const owner = quickConfiguration({ priority: 255, interval: 1, addresses: ['192.168.1.2/24'] });
      const locumd = await Locumd.start(lab, host, owner);
      take(host, '192.168.1.2');
      await locumd.process.line(/something else removed 192\.168\.1\.2\/24; it is set again/, DEADLINE_MS);
      await untilSet(host, '192.168.1.2');
      await locumd.stop();
      assert.equal(find(host, '192.168.1.2'), undefined);
    });
  });

  it('that the owner has by itself outlive its death, and what may appear after its start counts as its own [OWN-01]', async () => {
    await withLab('addresses-owner-late', async (lab) => {
      const host = await lab.addHost('host');
      const owner = quickConfiguration({ priority: 255, interval: 1, addresses: ['192.168.1.1/24'] });
      const first = await Locumd.start(lab, host, owner);
      assert.match(first.process.output, /eth0 has no IPv4 address/);
      host.addAddress('192.168.1.1/24');
      await first.process.line(/Entering MASTER STATE/, DEADLINE_MS);
      await first.kill();
      const second = await Locumd.start(lab, host, owner, { directory: first.directory });
      assert.notEqual(find(host, '192.168.1.1'), undefined);
      assert.equal((await second.status()).instances[0]!.keepalivedState, 'MASTER');
      const seen = second.process.lines.length;
      second.killEngine();
      await second.process.line(/Entering MASTER STATE/, DEADLINE_MS, seen);
      await second.stop();
      assert.notEqual(find(host, '192.168.1.1'), undefined);
    });
  });

  it('of IPv6 come back after the link was down, when the kernel had dropped them', async () => {
    await withLab('addresses-link', async (lab) => {
      const host = await lab.addHost('host');
      const locumd = await Locumd.start(
        lab,
        host,
        quickConfiguration({ addresses: ['fe80::100/64', '2001:db8::100/64'] }),
      );
      await untilSet(host, '2001:db8::100');
      changeLink(host.netlink, host.interfaceIndex, { up: false });
      await locumd.process.line(/Entering FAULT STATE/, DEADLINE_MS);
      assert.equal(find(host, '2001:db8::100'), undefined);
      changeLink(host.netlink, host.interfaceIndex, { up: true });
      await untilSet(host, '2001:db8::100');
      assert.ok(findLink(host.netlink, host.interfaceIndex)!.up);
      assert.deepEqual(find(host, 'fe80::100')!.address, parseAddress('fe80::100'));
      await locumd.stop();
    });
  });
});
