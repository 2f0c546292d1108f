import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnnouncementSettings, RouterSettings } from '../../src/engine/settings.ts';
import { WALK_GAP_US } from '../../src/machine/announcement.ts';
import { address, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

function plan(changes: Partial<AnnouncementSettings>, more: Partial<RouterSettings> = {}): Partial<RouterSettings> {
  return { ...more, priority: 255, announcement: { ...settings().announcement, ...changes } };
}

/** Instants of announcements, in microseconds. */
function announcedAt(rig: Rig): number[] {
  return rig.log.filter(([, word]) => word.startsWith('announce')).map(([at]) => at);
}

/** Instants of the walks of a burst that begins at a second. */
function walksAt(second: number, count: number): number[] {
  return Array.from({ length: count }, (_, walk) => second * SECOND + walk * WALK_GAP_US);
}

const three = [address('192.0.2.10'), address('192.0.2.11')];
const excluded = [address('2001:db8::10')];

test('The plan of keepalived: five walks, five after the delay, then a refresh [ARP-05] [ND-14]', () => {
  const rig = Rig.started(plan({ repeat: 5, delayUs: 5 * SECOND, refreshUs: 60 * SECOND, refreshRepeat: 2 }));
  rig.runFor(130 * SECOND);
  const expected = [...walksAt(0, 5), ...walksAt(5, 5), ...walksAt(60, 2), ...walksAt(120, 2)];
  assert.deepEqual(announcedAt(rig), expected);
  assert.equal(rig.row().statistics.gratuitousArpSent, 14);
});

test('A walk has every address once, the unadvertised ones last, each in its own form [ARP-01] [ND-01]', () => {
  const rig = Rig.started(plan({ repeat: 2 }, { addresses: three, unadvertisedAddresses: excluded }));
  rig.runFor(WALK_GAP_US);
  const targets = rig.frames
    .filter(({ bytes }) => bytes.length === 42 || bytes[20] === 58)
    .map(({ bytes }) => (bytes.length === 42 ? bytes[41] : bytes[77]));
  assert.deepEqual(targets, [10, 11, 0x10, 10, 11, 0x10]);
  assert.deepEqual(rig.take(), [
    'advert prio=255',
    'acquire',
    ...['announce arp', 'announce arp', 'announce na'],
    'state Active',
    ...['announce arp', 'announce arp', 'announce na'],
  ]);
});

test('The frames are sent from the MAC address of the port [ARP-02] [ND-02]', () => {
  const rig = Rig.started(plan({}, { unadvertisedAddresses: excluded }));
  const [arp, neighbor] = rig.frames.slice(1).map(({ bytes }) => Buffer.from(bytes).toString('hex'));
  assert.equal(arp, 'ffffffffffff0200000000020806000108000604000102000000000' + '2c00002feffffffffffffc00002fe');
  assert.ok(neighbor!.startsWith('333300000001020000000002'));
  assert.ok(neighbor!.endsWith('0201020000000002'));
});

test('Leaving Active cancels everything that was planned, and there is one refresh however often it returns', () => {
  const rig = Rig.started({ ...plan({ delayUs: SECOND / 2, refreshUs: 3 * SECOND }), priority: 200 });
  for (let round = 0; round < 5; round++) {
    rig.runFor(5 * SECOND);
    rig.setLink(undefined);
    rig.setLink(link());
  }
  rig.runFor(10 * SECOND);
  assert.equal(rig.state, 'Active');
  rig.log = [];
  rig.runFor(30 * SECOND);
  assert.equal(announcedAt(rig).length, 10);
  rig.setLink(undefined);
  rig.log = [];
  rig.runFor(30 * SECOND);
  assert.deepEqual(announcedAt(rig), []);
});

test('A lower advert starts a burst and plans a second one', () => {
  const rig = Rig.started(plan({ lowerPriorityRepeat: 3, lowerPriorityDelayUs: 2 * SECOND }));
  rig.runFor(10 * SECOND);
  rig.log = [];
  rig.receive({ priority: 50 });
  rig.runFor(SECOND);
  rig.receive({ priority: 50 });
  rig.runFor(5 * SECOND);
  assert.deepEqual(
    announcedAt(rig),
    [10, 11, 12].flatMap((second) => walksAt(second, 3)),
  );
});

test('Routers that become Active together are all announced before any is announced again', () => {
  const rig = new Rig();
  rig.configure([1, 2, 3].map((vrid) => settings({ ...plan({ repeat: 2 }), vrid })));
  rig.setLink(link());
  rig.startup();
  rig.runFor(SECOND / 2);
  const order = rig.frames.filter(({ bytes }) => bytes.length === 42).map(({ router }) => router);
  assert.deepEqual(order, [0, 1, 2, 0, 1, 2]);
});

test('Gaps spread announcements out, and later bursts do not overtake them', () => {
  const rig = Rig.started(plan({ repeat: 2, arpGapUs: 10_000 }, { addresses: three }));
  rig.engine.announce(rig.now, 0);
  rig.execute();
  rig.runFor(SECOND);
  assert.deepEqual(announcedAt(rig), [0, 10_000, 20_000, 30_000, 40_000]);
});

test('A gap holds for all routers of a port together, and only for its own kind', () => {
  const rig = new Rig();
  const gap = { repeat: 2, arpGapUs: 1_000 };
  rig.configure([
    settings({ ...plan(gap), vrid: 1 }),
    settings({ ...plan(gap), vrid: 2 }),
    settings({ ...plan(gap), family: 6, vrid: 1 }),
  ]);
  rig.setLink(link());
  rig.startup();
  rig.runFor(SECOND / 2);
  const at = (kind: string): number[] => rig.log.filter(([, word]) => word === kind).map(([instant]) => instant);
  assert.deepEqual(at('announce arp'), [0, 1_000, 2_000, 3_000]);
  assert.deepEqual(at('announce na'), [0, 0]);
});

test('A late announcement does not shorten the gap to the one after it', () => {
  const rig = Rig.started(plan({ repeat: 3, arpGapUs: 10_000 }));
  rig.stall(25_000);
  rig.timers();
  rig.runFor(100_000);
  assert.deepEqual(announcedAt(rig), [0, 25_000, 35_000]);
});

test('The host may have the addresses announced again, but only while Active', () => {
  const rig = Rig.started(plan({ repeat: 2 }));
  rig.runFor(SECOND / 2);
  rig.log = [];
  rig.engine.announce(rig.now, 0);
  rig.execute();
  rig.runFor(WALK_GAP_US);
  assert.equal(announcedAt(rig).length, 2);
  rig.shutdown();
  rig.log = [];
  rig.engine.announce(rig.now, 0);
  rig.execute();
  assert.deepEqual(announcedAt(rig), []);
});

test('Another MAC address is announced at once', () => {
  const rig = Rig.started(plan({}));
  rig.runFor(SECOND / 2);
  rig.take();
  rig.setLink(link({ mac: Uint8Array.of(2, 0, 0, 0, 0, 9) }));
  assert.deepEqual(rig.take(), ['announce arp']);
  assert.equal(rig.frames.at(-1)!.bytes[11], 9);
  rig.runFor(SECOND);
  assert.equal(rig.frames.at(-1)!.bytes[11], 9);
});
