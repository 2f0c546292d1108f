/**
 * A hostile LAN: whatever anybody sends that is not a sound advert of the virtual router moves no timer and no state.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import { advertFrame, type ForgedAdvert } from '../lib/frames.ts';
import type { Host } from '../lib/host.ts';
import { type HostileFrame, HostileVrid, hostileFrames } from '../lib/hostile-frames.ts';
import { Injector } from '../lib/injector.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 20_000;
const INTERVAL_US = 1_000_000;
const FLOOD_SECONDS = 10;
const FLOOD_PER_SECOND = 100;
const ACTIVE = 250;
const BACKUP = 200;
/** Seconds of the flood: an engine that is held up for less loses nothing. */
const RING_FRAMES = 16_384;

interface RouterText {
  readonly vrid: number;
  readonly lines?: readonly string[];
  readonly version?: 2 | 3;
  readonly priority?: number;
  readonly addresses?: readonly string[];
}

function configuration(priority: number, routers: readonly RouterText[]): string {
  const blocks = routers.map((router, index) =>
    [
      `vrrp_instance VI_${index + 1} {`,
      'interface eth0',
      `transport raw { ring_frames ${RING_FRAMES} }`,
      `version ${router.version ?? 3}`,
      `virtual_router_id ${router.vrid}`,
      `priority ${router.priority ?? priority}`,
      'advert_int 1',
      ...(router.lines ?? []),
      'virtual_ipaddress {',
      ...(router.addresses ?? [`192.0.2.${200 + router.vrid}/24`]),
      '}',
      '}',
    ].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}

const authentication = (type: string): string[] => ['authentication {', `auth_type ${type}`, 'auth_pass s3cret', '}'];

/** The routers of both machines, as the contexts of the vectors describe them. */
const common: readonly RouterText[] = [
  { vrid: HostileVrid.ah, version: 2, lines: authentication('AH') },
  { vrid: HostileVrid.plain2, version: 2 },
  { vrid: HostileVrid.plain3, addresses: ['192.0.2.254/24'] },
  { vrid: HostileVrid.pass, version: 2, lines: authentication('PASS') },
  { vrid: HostileVrid.owner, version: 2 },
  { vrid: HostileVrid.ipv6, addresses: ['fe80::5/64', '2001:db8::254/64'] },
];
/** What the Active is beside: the owner of one of them, and the peer of the attacker. */
const ofActive: readonly RouterText[] = [
  ...common.map((router) => (router.vrid === HostileVrid.owner ? { ...router, priority: 255 } : router)),
  { vrid: HostileVrid.unicast, lines: ['unicast_peer {', '192.0.2.1', '}'] },
];

/** Adverts that are sound but for one thing, and what other daemons make of them. */
interface Weakness {
  readonly name: string;
  readonly routers: readonly RouterText[];
  readonly advert: ForgedAdvert;
  readonly reason: string;
}

interface Stage {
  readonly lab: Lab;
  readonly capture: Capture;
  readonly active: Locumd;
  readonly backup: Locumd;
  readonly attacker: Host;
  readonly injector: Injector;
}

/** An Active, a Backup and an attacker, once the Active advertises for all its routers and the Backup hears them. */
async function withLan(
  name: string,
  routers: readonly RouterText[],
  action: (stage: Stage) => Promise<void>,
  ofFirst: readonly RouterText[] = routers,
): Promise<void> {
  await withLab(name, async (lab) => {
    const first = await lab.addHost('active', { addresses: ['192.0.2.2/24'] });
    const second = await lab.addHost('backup', { addresses: ['192.0.2.3/24'] });
    const attacker = await lab.addHost('attacker', { addresses: ['192.0.2.1/24'] });
    const capture = await lab.capture();
    const active = await Locumd.start(lab, first, configuration(ACTIVE, ofFirst));
    await eventually(
      'all are Active',
      () => active.process.lines.filter(({ text }) => /Entering MASTER STATE/.test(text)).length === ofFirst.length,
      DEADLINE_MS,
    );
    const backup = await Locumd.start(lab, second, configuration(BACKUP, routers));
    const heardUs = realtimeUs();
    await capture.untilAdvert('the Active goes on', () => true, DEADLINE_MS, heardUs + 2 * INTERVAL_US);
    await action({ lab, capture, active, backup, attacker, injector: new Injector(lab, attacker) });
  });
}

/** What must stay as it is: state and transitions by instance. */
async function states(locumd: Locumd): Promise<string[]> {
  return (await locumd.status()).instances.map(
    ({ name, keepalivedState, statistics, priority, masterDownIntervalUs }) =>
      `${name} ${keepalivedState} ${statistics.masterTransitions} ${statistics.masterReleases} ${priority} ${masterDownIntervalUs}`,
  );
}

/** Every router of the Active kept its rhythm from one instant to another, and nobody else said anything. */
function assertRhythm(capture: Capture, routers: readonly RouterText[], sinceUs: number, untilUs: number): void {
  const adverts = capture.adverts().filter(({ host }) => host !== 'attacker');
  assert.deepEqual(new Set(adverts.map(({ host }) => host)), new Set(['active']));
  assert.deepEqual(
    adverts.filter(({ priority }) => priority === 0),
    [],
  );
  for (const { vrid, addresses } of routers) {
    const family = addresses?.[0]?.includes(':') ? 6 : 4;
    const own = adverts.filter((advert) => advert.vrid === vrid && advert.family === family);
    const times = [sinceUs, ...own.map(({ atUs }) => atUs).filter((atUs) => atUs > sinceUs && atUs < untilUs), untilUs];
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    assert.ok(Math.max(...gaps) < 1.5 * INTERVAL_US, `VRID ${vrid} of IPv${family}: gaps of ${gaps} us`);
  }
}

function expectedCounts(
  frames: readonly HostileFrame[],
  target: 'active' | 'backup',
  times: number,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const frame of frames) {
    if (frame.reason === undefined || (frame.target !== 'both' && frame.target !== target)) continue;
    counts[frame.reason] = (counts[frame.reason] ?? 0) + times;
  }
  return counts;
}

function sorted(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} ${count}`)
    .sort();
}

async function untilCounted(locumd: Locumd, expected: Readonly<Record<string, number>>): Promise<void> {
  let seen: string[] = [];
  let lost: (number | undefined)[] = [];
  const begin = performance.now();
  do {
    const { discards, ports } = await locumd.status();
    seen = sorted(discards);
    lost = ports.map(({ statistics }) => statistics?.framesDropped);
  } while (seen.join() !== sorted(expected).join() && performance.now() - begin < DEADLINE_MS);
  assert.deepEqual(lost, [0], 'frames that found no room');
  assert.deepEqual(seen, sorted(expected));
}

describe('a hostile LAN', requires('integration/hostile', { namespaces: true }), () => {
  it('of 100 frames a second of each kind that must be dropped, for 10 s: nothing moves, everything is counted, the log stays short [FSM-B-12] [CSUM-09] [RX-24]', async () => {
    await withLan(
      'hostile',
      common,
      async ({ capture, active, backup, attacker, injector }) => {
        const macs = { attacker: attacker.mac, active: active.host.mac, backup: backup.host.mac };
        const frames = hostileFrames(macs);
        const before = [await states(active), await states(backup)];
        assert.ok(
          before[0]!.every((state) => state.includes('MASTER')),
          before[0]!.join(),
        );
        assert.ok(
          before[1]!.every((state) => state.includes('BACKUP')),
          before[1]!.join(),
        );
        const sinceUs = realtimeUs();
        const times = await injector.flood(
          frames.map(({ frame }) => frame),
          FLOOD_PER_SECOND,
          FLOOD_SECONDS,
        );
        const untilUs = realtimeUs();
        assert.equal(times, FLOOD_PER_SECOND * FLOOD_SECONDS);
        await capture.untilAdvert('life goes on', ({ host }) => host === 'active', DEADLINE_MS, untilUs);
        await untilCounted(active, expectedCounts(frames, 'active', times));
        await untilCounted(backup, expectedCounts(frames, 'backup', times));
        assert.deepEqual([await states(active), await states(backup)], before);
        assertRhythm(capture, ofActive, sinceUs, untilUs);

        for (const { process: child } of [active, backup]) {
          const lines = child.lines.map(({ text }) => text).filter((text) => text.includes('dropped an advert'));
          const keys = lines.map((text) =>
            /\((\w+)\) dropped an advert( from \S+:)?.*\[(\w+)\]/.exec(text)!.slice(1).join(),
          );
          assert.ok(keys.length >= 15, lines.join('\n'));
          assert.deepEqual(
            keys.filter((key, index) => keys.indexOf(key) !== index),
            [],
          );
          assert.doesNotMatch(child.output, /events were overwritten/);
        }
      },
      ofActive,
    );
  });
});

describe('a LAN with adverts that other daemons stumble over', {
  ...requires('integration/hostile-adverts', { namespaces: true }),
  // Slow and quiet: they do not disturb each other.
  concurrency: true,
}, () => {
  const ipv4: readonly RouterText[] = [{ vrid: 3, addresses: ['192.0.2.254/24'] }];
  const version2: readonly RouterText[] = [{ vrid: 3, version: 2, addresses: ['192.0.2.254/24'] }];
  const sound = { version: 3, vrid: 3, priority: 254, interval: 100, addresses: ['192.0.2.254'] } as const;
  const weaknesses: readonly Weakness[] = [
    {
      name: 'a version 3 interval of zero, one of which makes a Backup of keepalived promote itself',
      ...{ routers: ipv4, advert: { ...sound, interval: 0 }, reason: 'INTERVAL_ZERO' },
    },
    {
      name: 'a TTL that says they were routed, two of which a second silence an Active of keepalived',
      ...{ routers: ipv4, advert: { ...sound, ttl: 254 }, reason: 'BAD_TTL' },
    },
    {
      name: 'another interval in version 2, which silence it likewise',
      ...{ routers: version2, advert: { ...sound, version: 2, interval: 7 }, reason: 'INTERVAL_MISMATCH' },
    },
  ];
  for (const { name, routers, advert, reason } of weaknesses) {
    it(`takes no notice of ${name} [FSM-B-12]`, async () => {
      await withLan(`hostile-${reason}`, routers, async ({ capture, active, backup, attacker, injector }) => {
        const before = [await states(active), await states(backup)];
        const frame = advertFrame({ mac: attacker.mac, address: '192.0.2.1' }, advert);
        const sinceUs = realtimeUs();
        // A single one is enough to promote; a steady trickle keeps timers from ever running out.
        injector.send(frame);
        const times = 1 + (await injector.flood([frame], 10, 4));
        const untilUs = realtimeUs();
        await untilCounted(active, { [reason]: times });
        await untilCounted(backup, { [reason]: times });
        assert.deepEqual([await states(active), await states(backup)], before);
        assertRhythm(capture, routers, sinceUs, untilUs);
        // The Backup has not been kept from its own work either.
        await active.kill();
        const killedUs = realtimeUs();
        const flooding = injector.flood([frame], 10, 4);
        const takeover = await capture.untilAdvert(
          'the takeover',
          ({ host }) => host === 'backup',
          DEADLINE_MS,
          killedUs,
        );
        assert.ok(takeover.atUs - killedUs < 3.7 * INTERVAL_US, `takeover after ${takeover.atUs - killedUs} us`);
        await flooding;
      });
    });
  }
});
