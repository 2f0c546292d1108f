import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig } from './rig.ts';

const SECOND = 1_000_000;
const HIGHER = { priority: 200 };
const LOWER = { priority: 50 };

function active(): Rig {
  const rig = Rig.started();
  rig.runTo(4 * SECOND);
  assert.equal(rig.state, 'Active');
  rig.take();
  return rig;
}

test('A Backup that slept past its deadline does not promote itself on waking, although every advert was lost', () => {
  const rig = Rig.started();
  rig.receive(HIGHER);
  rig.take();
  rig.stall(20 * SECOND);
  rig.timers();
  assert.equal(rig.state, 'Backup');
  assert.ok(!rig.take().includes('acquire'));
  rig.runFor(SECOND / 2);
  rig.receive(HIGHER);
  rig.runFor(3 * SECOND);
  assert.equal(rig.state, 'Backup');
});

test('A Backup that slept takes over an interval and its skew later when the Active is dead indeed', () => {
  const rig = Rig.started();
  rig.receive(HIGHER);
  rig.stall(20 * SECOND);
  rig.timers();
  rig.runFor(SECOND + 609_374);
  assert.equal(rig.state, 'Backup');
  rig.runFor(1);
  assert.equal(rig.state, 'Active');
});

test('A Backup that is late by less than an interval takes over at once', () => {
  const rig = Rig.started();
  rig.receive(HIGHER);
  rig.stall(3_609_375 + SECOND);
  rig.timers();
  assert.equal(rig.state, 'Active');
});

test('A Backup frozen for a long time many times over never takes over from a living Active', () => {
  const rig = Rig.started();
  for (let freeze = 0; freeze < 20; freeze++) {
    rig.receive(HIGHER);
    rig.stall(5 * SECOND);
    rig.timers();
    rig.runFor(200_000);
    rig.receive(HIGHER);
    rig.runFor(2 * SECOND);
    assert.equal(rig.state, 'Backup');
  }
});

test('An Active that was away yields to who took over, even to a lower one, and preempts by the ordinary rules', () => {
  const rig = active();
  rig.stall(10 * SECOND);
  rig.receive(LOWER);
  assert.deepEqual(rig.take(), ['release', 'state Backup']);
  rig.timers();
  assert.equal(rig.state, 'Backup');
  rig.runFor(SECOND);
  rig.receive(LOWER);
  rig.runFor(2_609_375);
  assert.equal(rig.state, 'Active');
});

test('An Active that was away and heard nobody listens for an interval, then goes on where it was', () => {
  const rig = active();
  rig.stall(10 * SECOND);
  rig.timers();
  assert.deepEqual(
    rig.take().filter((word) => !word.startsWith('late')),
    [],
  );
  rig.runFor(SECOND);
  assert.equal(rig.state, 'Active');
  assert.deepEqual(
    rig.log.map(([, word]) => word).filter((word) => word.startsWith('advert')),
    ['advert prio=100'],
  );
});

test('An Active that was away yields to whom it hears while it listens', () => {
  const rig = active();
  rig.stall(10 * SECOND);
  rig.timers();
  rig.runFor(SECOND / 2);
  rig.take();
  rig.receive(LOWER);
  assert.deepEqual(rig.take(), ['release', 'state Backup']);
});

test('An Active that was away for less than its Backups wait asserts itself as ever', () => {
  const rig = active();
  rig.stall(2 * SECOND);
  rig.receive(LOWER);
  assert.equal(rig.state, 'Active');
  assert.ok(rig.take().includes('advert prio=100'));
});

test('Routers of one node that were away together speak at instants of their own again afterwards', () => {
  const rig = Rig.started({ phaseUs: SECOND / 4 });
  rig.runTo(4 * SECOND);
  rig.stall(10 * SECOND);
  rig.timers();
  rig.take();
  rig.runFor(2 * SECOND - SECOND / 4 - 1);
  assert.deepEqual(rig.take(), []);
  rig.runFor(1);
  assert.deepEqual(rig.take(), ['advert prio=100']);
});
