/**
 * What every way to the wire does when its interface is deleted, renamed, moved away, set down or given another MTU, while
 * others send adverts all the time: a fault with a reason, a recovery by itself, and nothing left open.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  changeLink,
  createNetworkNamespace,
  deleteLink,
  findLink,
  listLinks,
  NetlinkSocket,
  realtimeUs,
} from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import { advertFrame } from '../lib/frames.ts';
import type { Host } from '../lib/host.ts';
import { Injector } from '../lib/injector.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { type Requirements, requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
const STEADY_MS = 500;
const CYCLES = 3;
const INTERFACE = 'lan0';
const MAC = '02:00:00:00:07:01';
/** ff02::12 as /proc/net/igmp6 has it. */
const GROUP = 'ff020000000000000000000000000012';
const LOAD_PERIOD_MS = 1;
/** Adverts of a virtual router that nobody here has, sent together each period. */
const LOAD_FRAMES = 5;

/** A way to the wire: lines of the instance, and what it needs. */
const ways: Readonly<Record<string, { readonly lines: readonly string[]; readonly needs: Requirements }>> = {
  raw: { lines: ['transport raw'], needs: { namespaces: true } },
  pcap: { lines: ['transport pcap'], needs: { namespaces: true } },
  'tap with virtual MAC': { lines: ['transport tap { mode virtual-mac }'], needs: { namespaces: true, tap: true } },
};

interface Stage {
  readonly lab: Lab;
  readonly host: Host;
  readonly capture: Capture;
  readonly locumd: Locumd;
  /** Index of the interface as it is at the moment. */
  index: number;
}

interface Change {
  readonly name: string;
  /** What the log says of it before FAULT; undefined where nothing may happen. */
  readonly reason: RegExp | undefined;
  readonly away: (stage: Stage) => void;
  readonly back: (stage: Stage) => void;
}

function make(stage: Pick<Stage, 'host' | 'index'>): void {
  stage.index = stage.host.addMacvlan(INTERFACE, MAC, 'bridge', true);
  stage.host.addAddress('192.168.1.1/24', stage.index);
}

function move(): Pick<Change, 'away' | 'back'> {
  const namespace = createNetworkNamespace();
  return {
    away: ({ host, index }) => changeLink(host.netlink, index, { namespace }),
    back: (stage) => {
      const elsewhere = namespace.run(() => new NetlinkSocket());
      changeLink(elsewhere, findLink(elsewhere, INTERFACE)!.index, { namespace: stage.host.namespace });
      elsewhere.close();
      stage.index = findLink(stage.host.netlink, INTERFACE)!.index;
      changeLink(stage.host.netlink, stage.index, { up: true });
      stage.host.addAddress('192.168.1.1/24', stage.index);
    },
  };
}

const changes: readonly Change[] = [
  {
    name: 'deleted',
    reason: /lan0/,
    away: ({ host, index }) => deleteLink(host.netlink, index),
    back: make,
  },
  {
    name: 'set down',
    reason: /lan0 (is down|reports down)|reports lan0 down|lan0: /,
    away: ({ host, index }) => changeLink(host.netlink, index, { up: false }),
    back: ({ host, index }) => changeLink(host.netlink, index, { up: true }),
  },
  {
    name: 'renamed',
    reason: /lan0/,
    away: ({ host, index }) => changeLink(host.netlink, index, { name: 'other0' }),
    back: ({ host, index }) => changeLink(host.netlink, index, { name: INTERFACE }),
  },
  { name: 'moved to another namespace', reason: /lan0/, ...move() },
  {
    name: 'given another MTU',
    reason: undefined,
    away: ({ host, index }) => changeLink(host.netlink, index, { mtu: 1280 }),
    back: ({ host, index }) => changeLink(host.netlink, index, { mtu: 1500 }),
  },
];

/** The address is set somewhere on the host: on the interface, or on a device of its own. */
function holds({ host }: Stage): boolean {
  return host.allAddresses.includes(QUICK_ADDRESS);
}

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** How many descriptors each process has when it opens no more: what comes after the first advert may take its time. */
async function steadyDescriptors(pids: readonly number[]): Promise<number[]> {
  let counts = pids.map(descriptorsOf);
  let sinceMs = performance.now();
  await eventually(
    'the number of descriptors is steady',
    () => {
      const now = pids.map(descriptorsOf);
      if (now.some((count, index) => count !== counts[index])) {
        counts = now;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs > STEADY_MS;
    },
    DEADLINE_MS,
  );
  return counts;
}

/** Sends adverts of a stranger for as long as `action` lasts. */
async function underLoad(lab: Lab, sender: Host, action: () => Promise<void>): Promise<void> {
  const injector = new Injector(lab, sender);
  const stranger = { version: 3, vrid: 99, priority: 100, interval: 100, addresses: ['192.168.1.199'] } as const;
  const frame = advertFrame({ mac: sender.mac, address: '192.168.1.9' }, stranger);
  const timer = setInterval(() => {
    for (let count = 0; count < LOAD_FRAMES; count++) injector.send(frame);
  }, LOAD_PERIOD_MS);
  try {
    await action();
  } finally {
    clearInterval(timer);
  }
}

/** Away and back once; returns when the router is at work again. */
async function cycle(stage: Stage, { reason, away, back }: Change): Promise<void> {
  const { locumd, capture } = stage;
  let seen = locumd.process.lines.length;
  const said = async (pattern: RegExp): Promise<void> => {
    const line = await locumd.process.line(pattern, DEADLINE_MS, seen);
    seen = locumd.process.lines.indexOf(line);
  };
  away(stage);
  if (reason !== undefined) {
    await said(reason);
    await said(/\(VI_1\) Entering FAULT STATE/);
    const { instances, ports } = await locumd.status();
    assert.equal(instances[0]!.keepalivedState, 'FAULT');
    assert.equal(ports.length, 1);
    assert.ok(!holds(stage));
  }
  const backUs = realtimeUs();
  back(stage);
  if (reason !== undefined) await said(/\(VI_1\) Entering MASTER STATE/);
  await eventually('the address is set', () => holds(stage), DEADLINE_MS);
  await capture.untilAdvert('adverts flow', ({ priority }) => priority === 200, DEADLINE_MS, backUs);
}

for (const [way, { lines, needs }] of Object.entries(ways)) {
  describe(`${way}: an interface that is`, requires(`integration/transport-links-${way.split(' ')[0]}`, needs), () => {
    for (const change of changes) {
      it(`${change.name}, ${CYCLES} times under load`, async () => {
        const name = `links-${way.split(' ')[0]}-${change.name.split(' ').at(-1)}`;
        await withLab(name, async (lab) => {
          const host = await lab.addHost('host');
          const sender = await lab.addHost('sender', { addresses: ['192.168.1.9/24'] });
          const capture = await lab.capture();
          const made = { host, index: 0 };
          make(made);
          const locumd = await Locumd.start(lab, host, quickConfiguration({ interfaceName: INTERFACE, lines }));
          const stage: Stage = { lab, host, capture, locumd, index: made.index };
          await capture.untilAdvert('it is Active', ({ priority }) => priority === 200, DEADLINE_MS);
          await eventually('the address is set', () => holds(stage), DEADLINE_MS);
          const { enginePid } = locumd;
          const pids = [enginePid, locumd.process.pid];
          await underLoad(lab, sender, async () => {
            const before = await steadyDescriptors(pids);
            const links = listLinks(host.netlink).length;
            for (let repeat = 0; repeat < CYCLES; repeat++) await cycle(stage, change);
            await eventually(
              'no more descriptors than in the beginning',
              () => pids.every((pid, index) => descriptorsOf(pid) <= before[index]!),
              DEADLINE_MS,
            );
            assert.equal(listLinks(host.netlink).length, links);
          });
          assert.equal(locumd.enginePid, enginePid);
          if (change.reason === undefined) {
            assert.equal((await locumd.status()).instances[0]!.statistics.masterTransitions, 1);
          }
          assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
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
