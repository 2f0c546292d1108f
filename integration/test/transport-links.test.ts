/**
 * What every way to the wire does when its interface is deleted, renamed, moved away, set down or given another MTU, while
 * others send adverts all the time: a fault with a reason, a recovery by itself, and nothing left open. The same of the
 * device that a transport made beside its interface.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { changeLink, listLinks, realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { withLab } from '../lib/lab.ts';
import { type LinkChange, linkChanges, type Surroundings } from '../lib/link-change.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';
import { steadyReading } from '../lib/steady-reading.ts';
import { underLoad } from '../lib/stranger-load.ts';
import { TRANSPORT_WAYS } from '../lib/transport-way.ts';

const DEADLINE_MS = 15_000;
const CYCLES = 3;
/** ff02::12 as /proc/net/igmp6 has it. */
const GROUP = 'ff020000000000000000000000000012';

interface Stage extends Surroundings {
  readonly capture: Capture;
  readonly locumd: Locumd;
}

/** The address is set somewhere on the host: on the interface, or on a device of its own. */
function holds({ host }: Stage): boolean {
  return host.allAddresses.includes(QUICK_ADDRESS);
}

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Away and back once; returns when the router is at work again. */
async function cycle(stage: Stage, { reason, selfHealing, away, back }: LinkChange): Promise<void> {
  const { locumd, capture } = stage;
  let seen = locumd.process.lines.length;
  /** In any order: a bridge that loses its last port may be noticed to be down before the port is missed. */
  const said = async (...patterns: readonly RegExp[]): Promise<void> => {
    const found = await Promise.all(patterns.map((pattern) => locumd.process.line(pattern, DEADLINE_MS, seen)));
    seen = Math.max(...found.map((line) => locumd.process.lines.indexOf(line)));
  };
  away(stage);
  if (reason !== undefined) {
    await said(reason, /\(VI_1\) Entering FAULT STATE/);
  }
  // A fault that the daemon ends by itself may be over by now: that it was there is in the log.
  if (reason !== undefined && !selfHealing) {
    const { instances, ports } = await locumd.status();
    assert.equal(instances[0]!.keepalivedState, 'FAULT');
    assert.equal(ports.length, 1);
    assert.ok(!holds(stage));
  }
  const backUs = realtimeUs();
  await back(stage);
  if (reason !== undefined) await said(/\(VI_1\) Entering MASTER STATE/);
  await eventually('the address is set', () => holds(stage), DEADLINE_MS);
  await capture.untilAdvert('adverts flow', ({ priority }) => priority === 200, DEADLINE_MS, backUs);
}

for (const way of TRANSPORT_WAYS) {
  const { name: wayName, key, interfaceName, lines, needs } = way;
  describe(wayName, requires(`integration/transport-links-${key}`, needs), () => {
    for (const change of linkChanges(way)) {
      it(`${change.name}, ${CYCLES} times under load`, async () => {
        await withLab(`links-${key}-${change.name.replaceAll(' ', '-')}`, async (lab) => {
          const host = await lab.addHost('host');
          const sender = await lab.addHost('sender', { addresses: ['192.168.1.9/24'] });
          const capture = await lab.capture();
          const index = await way.make(host);
          const locumd = await Locumd.start(lab, host, quickConfiguration({ interfaceName, lines }));
          const stage: Stage = { host, capture, locumd, index };
          await capture.untilAdvert('it is Active', ({ priority }) => priority === 200, DEADLINE_MS);
          await eventually('the address is set', () => holds(stage), DEADLINE_MS);
          const { enginePid } = locumd;
          const begun = locumd.process.lines.length;
          const pids = [enginePid, locumd.process.pid];
          await underLoad(lab, sender, async () => {
            // What comes after the first advert may take its time.
            const descriptors = (): number[] => pids.map(descriptorsOf);
            const before = await steadyReading('the number of descriptors', descriptors, DEADLINE_MS);
            const links = listLinks(host.netlink).length;
            for (let repeat = 0; repeat < CYCLES; repeat++) await cycle(stage, change);
            await eventually(
              'no more descriptors than in the beginning',
              () => descriptors().every((count, index) => count <= before[index]!),
              DEADLINE_MS,
            );
            assert.equal(listLinks(host.netlink).length, links);
          });
          assert.equal(locumd.enginePid, enginePid);
          const { instances } = await locumd.status();
          assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
          if (change.reason === undefined) {
            assert.equal(instances[0]!.statistics.masterTransitions, 1);
            const said = locumd.process.lines.slice(begun).map(({ text }) => text);
            assert.doesNotMatch(said.join('\n'), /the port is open/);
          }
        });
      });
    }
  });
}

describe('raw: IPv6 that', requires('integration/transport-links-ipv6', { namespaces: true }), () => {
  /** How an interface is kept from having IPv6, and gets it. Too small an MTU takes the memberships as well. */
  const switches: Readonly<Record<string, (host: Host, on: boolean) => void>> = {
    'is switched': (host, on) => host.sysctl('ipv6/conf/eth0/disable_ipv6', on ? 0 : 1),
    'comes and goes with the MTU': (host, on) =>
      changeLink(host.netlink, host.interfaceIndex, { mtu: on ? 1500 : 1000 }),
  };
  for (const [name, set] of Object.entries(switches)) {
    it(`${name} while the daemon runs is joined and used, and the IPv4 router does not notice`, async () => {
      await withLab(`links-ipv6-${name.split(' ')[0]}`, async (lab) => {
        const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
        const capture = await lab.capture();
        set(host, false);
        const six = { name: 'SIX', vrid: 52, addresses: ['fe80::100/64'] };
        const locumd = await Locumd.start(lab, host, quickConfiguration({}, six));
        await capture.untilAdvert('the IPv4 router is Active', ({ vrid }) => vrid === 51, DEADLINE_MS);
        const joined = (): boolean =>
          host.namespace.run(() => readFileSync('/proc/thread-self/net/igmp6', 'utf8')).includes(GROUP);
        for (let repeat = 0; repeat < 2; repeat++) {
          const enabledUs = realtimeUs();
          set(host, true);
          await capture.untilAdvert('the IPv6 router is Active', ({ vrid }) => vrid === 52, DEADLINE_MS, enabledUs);
          await eventually('the group is joined', joined, DEADLINE_MS);
          const seen = locumd.process.lines.length;
          set(host, false);
          await locumd.process.line(/\(SIX\) Entering FAULT STATE/, DEADLINE_MS, seen);
        }
        assert.equal((await locumd.status()).instances[0]!.statistics.masterTransitions, 1);
        await locumd.stop();
      });
    });
  }
});
