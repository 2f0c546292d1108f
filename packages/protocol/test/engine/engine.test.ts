import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransmitPurpose } from '../../src/engine/effects.ts';
import { Engine } from '../../src/engine/engine.ts';
import { TransitionReason } from '../../src/machine/state.ts';
import { Discard } from '../../src/wire/discard.ts';
import { Link } from '../../src/wire/reception.ts';
import { adverts, hex } from '../wire/vectors.ts';
import { address, advertFrame, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

test('An advert that arrived in time is heard although the timer is late [TMR-09]', () => {
  const rig = Rig.started();
  rig.receive({ priority: 200 });
  rig.stall(5 * SECOND);
  // The host drains its ports before it expires timers.
  rig.receive({ priority: 200 });
  rig.timers();
  assert.equal(rig.state, 'Backup');
  rig.runFor(3_609_374);
  assert.equal(rig.state, 'Backup');
  rig.runFor(1);
  assert.equal(rig.state, 'Active');
});

test('A late timer says how late it was [TMR-10] [MGT-36]', () => {
  const rig = Rig.started();
  rig.stall(3_609_375 + 5_000);
  rig.timers();
  assert.ok(!rig.take().some((word) => word.startsWith('late')));
  rig.stall(SECOND + 5_001);
  rig.timers();
  assert.ok(rig.take().includes('late 5001'));
  assert.equal(rig.row().maxLatenessUs, 5_001);
  assert.equal(rig.row().totalLatenessUs, 10_001);
});

test('After a stall one advert is sent, and the next ones keep the phase [TMR-08]', () => {
  const rig = Rig.started({ priority: 255 });
  rig.take();
  rig.stall(2_500_000);
  rig.timers();
  assert.deepEqual(
    rig.take().filter((word) => word.startsWith('advert')),
    ['advert prio=255'],
  );
  assert.equal(rig.engine.deadline, 3 * SECOND);
});

test('Routers of different phases spread over the interval, and keep to it from then on [TMR-08]', () => {
  const rig = new Rig();
  rig.configure([settings({ priority: 255 }), settings({ priority: 255, vrid: 2, phaseUs: SECOND / 2 })]);
  rig.setLink(link());
  rig.startup();
  rig.runTo(3 * SECOND);
  const adverts = (router: number): number[] =>
    rig.frames
      .filter((frame) => frame.router === router && frame.purpose === TransmitPurpose.Advert)
      .map(({ at }) => at);
  assert.deepEqual(adverts(0), [0, SECOND, 2 * SECOND, 3 * SECOND]);
  assert.deepEqual(adverts(1), [0, SECOND / 2, 1.5 * SECOND, 2.5 * SECOND]);
});

test('An Active never misses an advert because a peer asserts itself [FSM-A-12]', () => {
  const rig = Rig.started({ priority: 255 });
  for (let step = 0; step < 100; step++) {
    rig.runFor(100_000);
    rig.receive({ priority: 50 });
  }
  const periodic = rig.log.filter(([at, word]) => word === 'advert prio=255' && at % SECOND === 0);
  assert.ok(periodic.length >= 11);
});

test('Startup waits for the link, and says what it waits for [FSM-I-04] [V6-03]', () => {
  const rig = new Rig();
  rig.configure([settings({ family: 6 })]);
  rig.startup();
  assert.equal(rig.row().lastEvent, TransitionReason.InterfaceDown);
  rig.setLink(link({ linkLocal: undefined }));
  assert.equal(rig.row().lastEvent, TransitionReason.NoPrimaryIpAddress);
  assert.equal(rig.engine.deadline, Infinity);
  rig.now = 77;
  rig.setLink(link());
  assert.equal(rig.row().lastEvent, TransitionReason.PrimaryIpAddress);
  assert.equal(rig.state, 'Backup');
  assert.equal(rig.row().upSince, 77);
});

test('A router without addresses does not start [PKT-05] [FSM-I-04]', () => {
  const rig = Rig.started({ addresses: [] });
  assert.equal(rig.state, 'Initialize');
  assert.equal(rig.row().lastEvent, TransitionReason.NoVirtualIpAddresses);
});

for (const [what, broken, reason] of [
  ['link', link({ up: false }), TransitionReason.InterfaceDown],
  ['interface', undefined, TransitionReason.InterfaceDown],
  ['primary address', link({ ipv4: undefined }), TransitionReason.NoPrimaryIpAddress],
] as const) {
  test(`An Active that loses its ${what} resigns and comes back as Backup [FSM-I-05]`, () => {
    const rig = Rig.started();
    rig.runFor(5 * SECOND);
    rig.take();
    rig.setLink(broken);
    assert.deepEqual(rig.take(), ['advert prio=0', 'release', 'state Initialize']);
    assert.equal(rig.row().lastEvent, reason);
    assert.equal(rig.row().upSince, undefined);
    assert.equal(rig.engine.deadline, Infinity);
    rig.runFor(60 * SECOND);
    rig.setLink(link());
    assert.deepEqual(rig.take(), ['state Backup']);
    assert.equal(rig.engine.deadline, rig.now + 3_609_375);
  });
}

test('A Backup that loses its link says nothing, and forgets the interval it had learned [FSM-I-05] [TMR-07]', () => {
  const rig = Rig.started();
  rig.receive({ priority: 200, intervalUs: 100_000 });
  rig.take();
  rig.setLink(link({ up: false }));
  assert.deepEqual(rig.take(), ['state Initialize']);
  rig.setLink(link());
  assert.equal(rig.row().activeAdverIntervalUs, SECOND);
  assert.equal(rig.row().activeDownDeadline, rig.now + 3_609_375);
});

test('The startup delay ignores adverts and then starts as ever [PRE-04] [FSM-I-03]', () => {
  const rig = Rig.started({ startupDelayUs: 10 * SECOND });
  rig.runFor(9 * SECOND);
  rig.receive({ priority: 200 });
  assert.equal(rig.row().statistics.advertisementRcvd, 0);
  assert.equal(rig.state, 'Initialize');
  rig.runTo(10 * SECOND);
  assert.equal(rig.state, 'Backup');
  assert.equal(rig.row().activeDownDeadline, 10 * SECOND + 3_609_375);
});

test('The startup delay does not begin anew when the link comes back [PRE-04]', () => {
  const rig = Rig.started({ startupDelayUs: 10 * SECOND });
  rig.runTo(8 * SECOND);
  rig.setLink(undefined);
  rig.runTo(12 * SECOND);
  assert.equal(rig.state, 'Initialize');
  rig.setLink(link());
  assert.equal(rig.state, 'Backup');
});

test('Families with the same VRID are separate routers [MAC-07]', () => {
  const rig = new Rig();
  rig.configure([settings({ family: 4 }), settings({ family: 6 })]);
  rig.setLink(link());
  rig.startup();
  rig.runFor(2 * SECOND);
  rig.receive({ priority: 200, source: 'fe80::1' });
  rig.runTo(3_609_375);
  assert.equal(rig.row(0).state, 2);
  assert.equal(rig.row(1).state, 1);
});

test('The owner of an address that we hold is heard when it comes back from it', () => {
  const rig = Rig.started();
  rig.runFor(5 * SECOND);
  rig.setLink(link({ otherAddresses: [address('192.0.2.254'), address('192.0.2.99')] }));
  rig.receive({ priority: 255, source: '192.0.2.254' });
  assert.equal(rig.state, 'Backup');
  rig.receive({ priority: 255, source: '192.0.2.99' });
  assert.equal(rig.take().at(-1), `discard ${Discard.OwnAdvert}`);
});

test('Another router with our address and priority is not answered [FSM-A-13]', () => {
  const rig = Rig.started({ sourceAddress: address('192.0.2.50') });
  rig.runFor(5 * SECOND);
  rig.take();
  rig.receive({ priority: 100, source: '192.0.2.50' });
  assert.deepEqual(rig.take(), [`discard ${Discard.OwnAdvert}`]);
  assert.equal(rig.state, 'Active');
});

test('The election compares with the address that adverts are sent from [ELE-04]', () => {
  const rig = Rig.started({ sourceAddress: address('192.0.2.200') });
  rig.runFor(5 * SECOND);
  rig.receive({ priority: 100, source: '192.0.2.199' });
  assert.equal(rig.state, 'Active');
  rig.receive({ priority: 100, source: '192.0.2.201' });
  assert.equal(rig.state, 'Backup');
});

test('Priority of an owner never moves, that of others is what is advertised [MGT-06]', () => {
  const owner = Rig.started({ priority: 255 });
  owner.setPriority(10);
  assert.equal(owner.row().effectivePriority, 255);
  const rig = Rig.started();
  rig.runFor(4 * SECOND);
  rig.take();
  rig.setPriority(42);
  rig.runFor(SECOND);
  assert.deepEqual(rig.take(), ['advert prio=42']);
  assert.equal(rig.row().priority, 100);
  assert.equal(rig.row().effectivePriority, 42);
});

/** Those that every receiver drops, however it is configured. */
const discards = adverts.filter(({ expect, link: layer, ctx }) => !expect.ok && layer === 'ip' && ctx === undefined);

for (const version of [2, 3] as const) {
  test(`None of ${discards.length} bad packets moves a timer or a state of version ${version} [FSM-B-12] [RX-22]`, () => {
    assert.ok(discards.length > 20);
    assertNothingMoves(version, 'Backup');
    assertNothingMoves(version, 'Active');
  });
}

function assertNothingMoves(version: 2 | 3, state: string): void {
  const rig = Rig.started({ version });
  if (state === 'Active') rig.runFor(4 * SECOND);
  for (const vector of discards) {
    const { activeDownDeadline, adverDeadline, activeAdverIntervalUs } = rig.row();
    const packet = hex(vector.hex);
    rig.engine.frame(rig.now, 0, packet, 0, packet.length, Link.Ip);
    rig.execute();
    const row = rig.row();
    assert.equal(rig.state, state, vector.name);
    assert.equal(row.activeDownDeadline, activeDownDeadline, vector.name);
    assert.equal(row.adverDeadline, adverDeadline, vector.name);
    assert.equal(row.activeAdverIntervalUs, activeAdverIntervalUs, vector.name);
    assert.equal(row.lastAdvertAt, undefined, vector.name);
    assert.match(rig.take().at(-1)!, /^discard/, vector.name);
  }
}

test('An interval of zero promotes nobody [FSM-B-12]', () => {
  const rig = Rig.started();
  rig.runFor(SECOND);
  rig.receive({ priority: 200, intervalUs: 0 });
  rig.runFor(SECOND);
  assert.equal(rig.state, 'Backup');
  assert.equal(rig.row().statistics.intervalErrors, 1);
});

test('Bad packets twice an interval do not disturb the rhythm of an Active [FSM-B-12] [TMR-08]', () => {
  const rig = Rig.started({ priority: 255 });
  for (let step = 0; step < 20; step++) {
    rig.runFor(SECOND / 2);
    rig.receive({ priority: 200, ttl: 254 });
    rig.receive({ priority: 200, intervalUs: 0 });
    rig.receive(advertFrame({ priority: 200 }).subarray(0, 30));
  }
  const sent = rig.log.filter(([, word]) => word.startsWith('advert')).map(([at]) => at);
  assert.deepEqual(
    sent,
    Array.from({ length: 11 }, (_, index) => index * SECOND),
  );
});

test('Rows too small for the routers are refused', () => {
  assert.throws(() => new Engine({ maxRouters: 4, rows: new Float64Array(10) }), RangeError);
});
