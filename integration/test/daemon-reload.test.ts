/**
 * SIGHUP: what is the same goes on undisturbed, what differs takes effect, and a bad file changes nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLink, createLink, findLink, listAddresses, realtimeUs } from '@locum/linux';
import { formatAddress } from '../lib/address-text.ts';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { type QuickInstance, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';
import { missingIn } from '../lib/rhythm.ts';

/** Announcements of an address in a burst, by default. */
const WALKS = 5;
const DEADLINE_MS = 15_000;
const INTERVAL = 0.5;
const INTERVAL_US = INTERVAL * 1e6;

const first: QuickInstance = { name: 'VI_1', vrid: 1, interval: INTERVAL, addresses: ['10.0.1.1/24', '10.0.1.2/24'] };
const second: QuickInstance = { name: 'VI_2', vrid: 2, interval: INTERVAL, addresses: ['10.0.2.1/24', '10.0.2.2/24'] };
const third: QuickInstance = { name: 'VI_3', vrid: 3, interval: INTERVAL, addresses: ['10.0.3.1/24'] };
const fourth: QuickInstance = { name: 'VI_4', vrid: 4, interval: INTERVAL, addresses: ['10.0.4.1/24'] };

interface Stage {
  readonly lab: Lab;
  readonly host: Host;
  readonly capture: Capture;
}

async function withHost(name: string, action: (stage: Stage) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
    await action({ lab, host, capture: await lab.capture() });
  });
}

async function untilActive(capture: Capture, vrid: number, sinceUs = 0): Promise<number> {
  const isIts = (advert: { vrid: number; priority: number }): boolean => advert.vrid === vrid && advert.priority > 0;
  return (await capture.untilAdvert(`VRID ${vrid} is Active`, isIts, DEADLINE_MS, sinceUs)).atUs;
}

/** Addresses that are not there without the daemon, with their prefixes. */
function virtualAddresses(host: Host): string[] {
  return listAddresses(host.netlink, host.interfaceIndex)
    .filter(({ family }) => family === 4)
    .map(({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength}`)
    .filter((text) => text.startsWith('10.'))
    .sort();
}

function isAnnouncementOf(address: string): Parameters<Capture['until']>[1] {
  return ({ decoded }) => decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === address;
}

describe('reload', requires('integration/daemon-reload', { namespaces: true }), () => {
  it('that adds many interfaces leaves an unchanged instance in its rhythm', async () => {
    await withHost('reload-interfaces', async ({ lab, host, capture }) => {
      const one: QuickInstance = { ...first, interval: 0.1 };
      const names = Array.from({ length: 40 }, (_, index) => `lan${index}`);
      for (const [index, name] of names.entries()) {
        createLink(host.netlink, { kind: 'veth', name, peer: { name: `far${index}` } });
        const [near, far] = [name, `far${index}`].map((end) => findLink(host.netlink, end)!.index);
        for (const end of [near!, far!]) changeLink(host.netlink, end, { up: true });
        host.addAddress(`10.1.${index}.1/24`, near!);
      }
      const others = names.map((interfaceName, index): QuickInstance => {
        return { name: `ON_${interfaceName}`, interfaceName, vrid: 100 + index, addresses: ['10.0.9.1/24'] };
      });
      const locumd = await Locumd.start(lab, host, quickConfiguration(one));
      await untilActive(capture, 1);
      await locumd.reload(quickConfiguration(one, ...others));
      await untilActive(capture, 1, realtimeUs());
      await locumd.stop();
      await capture.stop();
      const times = capture.adverts().map(({ atUs }) => atUs);
      const longestUs = Math.max(...times.slice(1).map((atUs, index) => atUs - times[index]!));
      assert.ok(longestUs < 2 * one.interval! * 1e6, `${longestUs} us between two adverts`);
    });
  });

  it('that takes one interface away and then adds another keeps nothing of the first', async () => {
    await withHost('reload-exchange', async ({ lab, host, capture }) => {
      const [firstMac, secondMac] = ['02:00:00:00:09:01', '02:00:00:00:09:02'];
      host.addAddress('192.168.1.11/24', host.addMacvlan('lan1', firstMac, 'bridge', false));
      host.addAddress('192.168.1.12/24', host.addMacvlan('lan2', secondMac, 'bridge', false));
      const on = (interfaceName: string, vrid: number): QuickInstance => {
        return { name: interfaceName, interfaceName, vrid, priority: 255, addresses: [`192.168.1.1${vrid}/24`] };
      };
      const locumd = await Locumd.start(lab, host, quickConfiguration(first, on('lan1', 1)));
      await capture.untilAdvert('lan1 works', ({ source }) => source === '192.168.1.11', DEADLINE_MS);
      await locumd.reload(quickConfiguration(first));
      await locumd.reload(quickConfiguration(first, on('lan2', 2)));
      await capture.untilAdvert('lan2 works', ({ source }) => source === '192.168.1.12', DEADLINE_MS);
      await locumd.stop();
      await capture.stop();
      const adverts = capture.adverts().filter(({ vrid, priority }) => vrid === 2 && priority === 255);
      assert.deepEqual(
        new Set(adverts.map(({ source, sourceMac }) => `${source} ${sourceMac}`)),
        new Set([`192.168.1.12 ${secondMac}`]),
      );
    });
  });

  it('carries out each difference and leaves an unchanged instance in its rhythm', async () => {
    await withHost('reload', async ({ lab, host, capture }) => {
      const locumd = await Locumd.start(lab, host, quickConfiguration(first, second, third));
      for (const vrid of [1, 2, 3]) await untilActive(capture, vrid);
      const announced = (): boolean =>
        capture.gratuitousArps().filter(({ sender }) => sender === '10.0.1.1').length === WALKS;
      await eventually('the first burst is over', announced, DEADLINE_MS);
      const beforeUs = realtimeUs();
      const changed: QuickInstance = { ...second, priority: 210, addresses: ['10.0.2.1/24', '10.0.2.9/24'] };
      await locumd.reload(quickConfiguration(first, changed, fourth));
      const afterUs = realtimeUs();

      const next = await capture.untilAdvert('VRID 2', ({ vrid }) => vrid === 2, DEADLINE_MS, afterUs);
      assert.deepEqual([next.priority, next.addresses], [210, ['10.0.2.1', '10.0.2.9']]);
      await capture.until('the added address is announced', isAnnouncementOf('10.0.2.9'), DEADLINE_MS, beforeUs);
      const isResignation = (advert: { vrid: number; priority: number }): boolean =>
        advert.vrid === 3 && advert.priority === 0;
      const resignation = await capture.untilAdvert('VRID 3 resigns', isResignation, DEADLINE_MS, beforeUs);
      await untilActive(capture, 4, afterUs);
      await eventually('the fourth is set', () => virtualAddresses(host).includes('10.0.4.1/24'), DEADLINE_MS);
      const expected = ['10.0.1.1/24', '10.0.1.2/24', '10.0.2.1/24', '10.0.2.9/24', '10.0.4.1/24'];
      assert.deepEqual(virtualAddresses(host), expected);

      const instances = (await locumd.status()).instances;
      assert.deepEqual(
        instances.map(({ name, statistics }) => [name, statistics.masterTransitions, statistics.masterReleases]),
        [
          ['VI_1', 1, 0],
          ['VI_2', 1, 0],
          ['VI_4', 1, 0],
        ],
      );
      await locumd.stop();
      await capture.stop();
      assert.deepEqual(virtualAddresses(host), []);
      const adverts = capture.adverts();
      assert.deepEqual(
        adverts.filter(({ vrid, atUs }) => vrid === 3 && atUs > resignation.atUs),
        [],
      );
      for (const vrid of [1, 2]) {
        const times = adverts.filter((advert) => advert.vrid === vrid && advert.priority > 0).map(({ atUs }) => atUs);
        const missing = missingIn(times, INTERVAL_US);
        // An unchanged one sends nothing more either; what changed may be told at once.
        assert.ok(vrid === 1 ? missing === 0 : missing <= 0, `VRID ${vrid}: ${missing} missing of ${times}`);
      }
      // Announced at the beginning and after the delay, and not because of the reload.
      const arps = capture.gratuitousArps().filter(({ sender }) => sender === '10.0.1.1');
      assert.deepEqual(
        arps.filter(({ atUs }) => atUs >= beforeUs && atUs <= afterUs),
        [],
      );
    });
  });

  it('changes prefix and label of an address that stays', async () => {
    await withHost('reload-prefix', async ({ lab, host, capture }) => {
      const addresses = ['10.0.1.1/24', '10.0.5.1/24'];
      const locumd = await Locumd.start(lab, host, quickConfiguration({ ...first, addresses }));
      await untilActive(capture, 1);
      await eventually('both are set', () => virtualAddresses(host).length === 2, DEADLINE_MS);
      await locumd.reload(quickConfiguration({ ...first, addresses: ['10.0.1.1/16', '10.0.5.1/24 label eth0:x'] }));
      assert.deepEqual(virtualAddresses(host), ['10.0.1.1/16', '10.0.5.1/24']);
      const labelled = listAddresses(host.netlink).find(({ address }) => formatAddress(address) === '10.0.5.1');
      assert.equal(labelled!.label, 'eth0:x');
      await locumd.stop();
      assert.deepEqual(virtualAddresses(host), []);
    });
  });

  it('moves an address from one instance to another, whichever comes first, also when one is gone', async () => {
    await withHost('reload-move', async ({ lab, host, capture }) => {
      const locumd = await Locumd.start(lab, host, quickConfiguration(first, second));
      await untilActive(capture, 1);
      await untilActive(capture, 2);
      await eventually('all are set', () => virtualAddresses(host).length === 4, DEADLINE_MS);
      const left = (addresses: string[]): QuickInstance => ({ ...first, addresses });
      const right = (addresses: string[]): QuickInstance => ({ ...second, addresses });
      const all = ['10.0.1.1/24', '10.0.1.2/24', '10.0.2.1/24', '10.0.2.2/24'];
      await locumd.reload(quickConfiguration(left([all[0]!]), right([all[1]!, all[2]!, all[3]!])));
      assert.deepEqual(virtualAddresses(host), all);
      await locumd.reload(quickConfiguration(left([all[0]!, all[1]!, all[2]!]), right([all[3]!])));
      assert.deepEqual(virtualAddresses(host), all);
      await locumd.reload(quickConfiguration(left(all)));
      assert.deepEqual(virtualAddresses(host), all);
      await locumd.stop();
      assert.deepEqual(virtualAddresses(host), []);
    });
  });

  it('changes the version of a running instance without a gap', async () => {
    await withHost('reload-version', async ({ lab, host, capture }) => {
      const slow: QuickInstance = { ...first, interval: 1, priority: 254 };
      const locumd = await Locumd.start(lab, host, quickConfiguration(slow));
      const activeUs = await untilActive(capture, 1);
      const text = quickConfiguration(slow).replace('version 3', 'version 2');
      await locumd.reload(text);
      const sinceUs = realtimeUs();
      const isVersion2 = ({ version }: { version: number }): boolean => version === 2;
      await capture.untilAdvert('version 2 for a while', isVersion2, DEADLINE_MS, sinceUs + 1_500_000);
      assert.equal((await locumd.status()).instances[0]!.statistics.masterTransitions, 1);
      await locumd.stop();
      await capture.stop();
      const timesOf = (wanted: number): number[] =>
        capture.adverts().flatMap(({ version, priority, atUs }) => (version === wanted && priority > 0 ? atUs : []));
      const [before, since] = [timesOf(3), timesOf(2)];
      assert.equal(before[0], activeUs);
      assert.ok(since[0]! <= sinceUs, 'the other version is told at once');
      assert.equal(missingIn(before, 1e6), 0, `${before}`);
      assert.equal(missingIn(since, 1e6), 0, `${since}`);
      assert.ok(missingIn([...before, since[0]!], 1e6) <= 0, `${before}, and ${since}`);
      const after = capture.adverts().filter(({ atUs }) => atUs >= sinceUs);
      assert.ok(after.every(isVersion2));
    });
  });

  it('of a broken file changes nothing, and says everything that is wrong with it', async () => {
    await withHost('reload-broken', async ({ lab, host, capture }) => {
      const locumd = await Locumd.start(lab, host, quickConfiguration(first));
      await untilActive(capture, 1);
      const before = locumd.process.lines.length;
      const broken = quickConfiguration({ ...first, vrid: 256, lines: ['prioritty 3', 'garp_master_delay x'] }, second);
      await locumd.reload(broken);
      const log = locumd.process.lines.slice(before).map(({ text }) => text);
      const line = (pattern: RegExp): number => log.filter((text) => pattern.test(text)).length;
      assert.equal(line(/keepalived\.conf:4:\d+.*virtual_router_id/), 1, log.join('\n'));
      assert.equal(line(/keepalived\.conf:7:\d+.*prioritty.*priority/), 1, log.join('\n'));
      assert.equal(line(/keepalived\.conf:8:\d+.*garp_master_delay/), 1, log.join('\n'));
      assert.equal(line(/stays in force/), 1, log.join('\n'));
      const sinceUs = realtimeUs();
      await capture.untilAdvert('it goes on', ({ vrid }) => vrid === 1, DEADLINE_MS, sinceUs + 2 * INTERVAL_US);
      assert.deepEqual(
        new Set(capture.adverts().map(({ vrid, priority }) => `${vrid} ${priority}`)),
        new Set(['1 200']),
      );
      assert.deepEqual(virtualAddresses(host), ['10.0.1.1/24', '10.0.1.2/24']);
      // And a good one is taken after that.
      await locumd.reload(quickConfiguration({ ...first, priority: 201 }));
      await capture.untilAdvert('the new priority', ({ priority }) => priority === 201, DEADLINE_MS);
      await locumd.stop();
    });
  });

  it('with an interface that does not exist names it, and the other instances go on', async () => {
    await withHost('reload-interface', async ({ lab, host, capture }) => {
      const locumd = await Locumd.start(lab, host, quickConfiguration(first));
      await untilActive(capture, 1);
      const before = locumd.process.lines.length;
      await locumd.reload(quickConfiguration(first, { ...second, interfaceName: 'lan9' }));
      await locumd.process.line(/lan9/, DEADLINE_MS, before);
      const states = async (): Promise<string[]> =>
        (await locumd.status()).instances.map(({ name, keepalivedState }) => `${name} ${keepalivedState}`);
      assert.deepEqual(await states(), ['VI_1 MASTER', 'VI_2 FAULT']);
      // It appears, and the instance with it.
      const index = host.addMacvlan('lan9', '02:00:00:00:09:01', 'bridge', false);
      host.addAddress('172.16.0.1/24', index);
      await untilActive(capture, 2);
      assert.deepEqual(await states(), ['VI_1 MASTER', 'VI_2 MASTER']);
      const times = capture
        .adverts()
        .filter(({ vrid }) => vrid === 1)
        .map(({ atUs }) => atUs);
      assert.equal(missingIn(times, INTERVAL_US), 0, `${times}`);
      await locumd.stop();
    });
  });

  it('asked for several times in a row ends with the last file', async () => {
    await withHost('reload-often', async ({ lab, host, capture }) => {
      const locumd = await Locumd.start(lab, host, quickConfiguration(first));
      await untilActive(capture, 1);
      for (let priority = 201; priority <= 204; priority++)
        locumd.signalReload(quickConfiguration({ ...first, priority }));
      const sinceUs = realtimeUs();
      await capture.untilAdvert('the last priority', ({ priority }) => priority === 204, DEADLINE_MS, sinceUs);
      const before = locumd.process.lines.length;
      await locumd.reload(quickConfiguration({ ...first, priority: 205 }));
      assert.match(
        locumd.process.lines
          .slice(before)
          .map(({ text }) => text)
          .join('\n'),
        /Reload finished/,
      );
      await capture.untilAdvert('a later priority', ({ priority }) => priority === 205, DEADLINE_MS);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });
});
