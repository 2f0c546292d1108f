/**
 * What locumd puts on the wire: IP headers, bursts of announcements, memberships, answers to losing adverts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLink, realtimeUs } from '@locum/linux';
import { parseAddress } from '../lib/address-text.ts';
import type { Capture, CapturedFrame } from '../lib/capture.ts';
import { advertFrame } from '../lib/frames.ts';
import { Injector } from '../lib/injector.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { type QuickInstance, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';
import { configurationOf } from '../lib/scenario.ts';

const DEADLINE_MS = 15_000;
const BURST = 5;
const BURST_DELAY_US = 5_000_000;
/** What a busy machine may add to an instant. */
const NOISE_US = 400_000;
const GROUPS = { 4: '224.0.0.18', 6: 'ff02::12' } as const;

const ipv4: QuickInstance = { name: 'VI_4', addresses: ['192.168.1.100/24'] };
const ipv6: QuickInstance = { name: 'VI_6', addresses: ['fe80::100/64', '2001:db8::100/64'] };

/** IGMPv3 or MLDv2 report that names the group. */
function isReportOf(frame: CapturedFrame, group: string): boolean {
  const { bytes } = frame;
  const isIgmp =
    bytes[12] === 0x08 && bytes[13] === 0x00 && bytes[23] === 2 && bytes[(bytes[14]! & 15) * 4 + 14] === 0x22;
  const isMld = bytes[12] === 0x86 && bytes[20] === 0 && bytes[54] === 58 && bytes[62] === 143;
  return (isIgmp || isMld) && Buffer.from(bytes.slice(34)).includes(Buffer.from(parseAddress(group)));
}

/** Announcements of an address, as microseconds after the first advert of its family. */
function announcements(capture: Capture, address: string): number[] {
  const frames = address.includes(':')
    ? capture.unsolicitedNeighbourAdvertisements().filter(({ target }) => target === address)
    : capture.gratuitousArps().filter(({ sender }) => sender === address);
  const first = capture.adverts().find(({ family }) => family === (address.includes(':') ? 6 : 4))!;
  return frames.map(({ atUs }) => atUs - first.atUs);
}

describe('the wire', requires('integration/daemon-wire', { namespaces: true }), () => {
  it('adverts come from the primary or link-local address and go to the group, resignations too [IP-01] [IP-02] [IP-03] [V6-02]', async () => {
    await withLab('wire-header', async (lab) => {
      const host = await lab.addHost('host', {
        addresses: ['192.168.1.7/24', '192.168.1.1/24', '10.0.0.1/8', '2001:db8::7/64'],
      });
      const capture = await lab.capture();
      const locumd = await Locumd.start(lab, host, quickConfiguration(ipv4, ipv6));
      for (const family of [4, 6]) {
        await capture.untilAdvert(
          `the third advert of IPv${family}`,
          () => capture.adverts().filter((advert) => advert.family === family).length >= 3,
          DEADLINE_MS,
        );
      }
      await locumd.stop();
      await capture.stop();
      const seen = capture.adverts();
      assert.equal(seen.filter(({ priority }) => priority === 0).length, 2);
      for (const advert of seen) {
        const isIpv4 = advert.family === 4;
        assert.equal(advert.source, isIpv4 ? '192.168.1.7' : host.linkLocal);
        assert.equal(advert.destination, GROUPS[advert.family]);
        assert.equal(advert.destinationMac, isIpv4 ? '01:00:5e:00:00:12' : '33:33:00:00:00:12');
        assert.equal(advert.ttl, 255);
        assert.notEqual(advert.checksum, 'wrong');
        assert.deepEqual(advert.addresses, isIpv4 ? ['192.168.1.100'] : ['fe80::100', '2001:db8::100']);
      }
    });
  });

  it('each address is announced five times after the first advert and five times 5 s later [ARP-05] [ND-01] [ND-14]', async () => {
    await withLab('wire-bursts', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const begunUs = realtimeUs();
      const locumd = await Locumd.start(
        lab,
        host,
        quickConfiguration({ ...ipv4, excluded: ['192.168.1.101/24'] }, ipv6),
      );
      // Long enough for a third burst of the same kind to show, if there were one.
      await capture.untilAdvert('the end', () => true, 20_000, begunUs + 2 * BURST_DELAY_US + 2_000_000);
      await locumd.stop();
      await capture.stop();
      for (const address of ['192.168.1.100', '192.168.1.101', 'fe80::100', '2001:db8::100']) {
        const times = announcements(capture, address);
        assert.equal(times.length, 2 * BURST, `${address}: ${times}`);
        const [now, later] = [times.slice(0, BURST), times.slice(BURST)];
        for (const time of now) assert.ok(time >= 0 && time < NOISE_US, `${address}: ${times}`);
        for (const time of later) {
          assert.ok(Math.abs(time - BURST_DELAY_US) < NOISE_US, `${address}: ${times}`);
        }
      }
      for (const arp of capture.gratuitousArps()) {
        assert.deepEqual(
          [arp.operation, arp.sourceMac, arp.destinationMac, arp.senderMac, arp.target],
          ['request', host.mac, 'ff:ff:ff:ff:ff:ff', host.mac, arp.sender],
        );
      }
      for (const neighbour of capture.unsolicitedNeighbourAdvertisements()) {
        assert.deepEqual(
          [neighbour.source, neighbour.destination, neighbour.linkLayer, neighbour.router, neighbour.override],
          [neighbour.target, 'ff02::1', host.mac, true, true],
        );
      }
    });
  });

  it('the group is joined on the interface, and again after the link was down [V6-04]', async () => {
    await withLab('wire-groups', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const reported = async (sinceUs: number): Promise<void> => {
        for (const group of Object.values(GROUPS)) {
          await capture.until(`a report of ${group}`, (frame) => isReportOf(frame, group), DEADLINE_MS, sinceUs);
        }
      };
      const locumd = await Locumd.start(lab, host, quickConfiguration(ipv4, ipv6));
      await reported(0);
      changeLink(host.netlink, host.interfaceIndex, { up: false });
      await locumd.process.line(/Entering FAULT STATE/, DEADLINE_MS);
      const upUs = realtimeUs();
      changeLink(host.netlink, host.interfaceIndex, { up: true });
      await reported(upUs);
      await locumd.stop();
    });
  });

  for (const silent of [true, false]) {
    const title = silent ? 'is silent where lower_prio_no_advert says so' : 'answers by default, as keepalived does';
    it(`to a losing advert of version 2 an Active ${title} [V2-07]`, async () => {
      await withLab('wire-losing', async (lab) => {
        const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
        const rival = await lab.addHost('rival', { addresses: ['192.168.1.2/24'] });
        const capture = await lab.capture();
        const lines = silent ? ['lower_prio_no_advert'] : [];
        const locumd = await Locumd.start(lab, host, configurationOf({ priority: 254, lines }));
        const isOurs = ({ host: name }: { host: string }): boolean => name === 'host';
        const first = await capture.untilAdvert('an advert', isOurs, DEADLINE_MS);
        // Right after a periodic one, so that the next periodic one is not taken for an answer.
        const { atUs } = await capture.untilAdvert('the next advert', isOurs, DEADLINE_MS, first.atUs + 1);
        const losing = { version: 2, vrid: 51, priority: 50, interval: 1, addresses: ['192.168.1.100'] } as const;
        new Injector(lab, rival).send(advertFrame({ mac: rival.mac, address: '192.168.1.2' }, losing));
        await capture.untilAdvert('two more', isOurs, DEADLINE_MS, atUs + 1_500_000);
        await locumd.stop();
        await capture.stop();
        const answers = capture
          .adverts()
          .filter((advert) => isOurs(advert) && advert.atUs > atUs && advert.atUs < atUs + 1_000_000 - NOISE_US);
        assert.equal(answers.length, silent ? 0 : 1);
        // Not because it went unheard.
        const log = locumd.process.output;
        assert.match(log, /Received advert from 192\.168\.1\.2 with lower priority 50, ours 254, forcing new election/);
      });
    });
  }
});
