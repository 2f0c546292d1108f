import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimerWheel } from '../../src/timer/wheel.ts';

/** A small generator with a seed, so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The obvious implementation: look at all of them. */
class SortedList {
  readonly deadlines = new Map<number, number>();

  get nextDeadline(): number {
    return Math.min(Infinity, ...this.deadlines.values());
  }

  expire(now: number): number {
    let earliest = -1;
    for (const [id, deadline] of this.deadlines) {
      if (deadline > now) continue;
      const best = earliest === -1 ? Infinity : this.deadlines.get(earliest)!;
      if (deadline < best || (deadline === best && id < earliest)) earliest = id;
    }
    this.deadlines.delete(earliest);
    return earliest;
  }
}

const DISTANCES = [1, 3, 60, 64, 1_000, 4_096, 100_000, 3_609_375, 40_000_000, 3_600_000_000, 90_000_000_000];

function compareWithList(seed: number, start: number, capacity: number): void {
  const random = generator(seed);
  const wheel = new TimerWheel(capacity);
  const list = new SortedList();
  let now = start;
  for (let step = 0; step < 4_000; step++) {
    const id = random(capacity);
    const kind = random(10);
    if (kind < 5) {
      const distance = random(DISTANCES[random(DISTANCES.length)]!);
      const deadline = random(20) === 0 ? Math.max(0, now - distance) : now + distance;
      wheel.arm(id, deadline);
      list.deadlines.set(id, deadline);
    } else if (kind < 7) {
      wheel.cancel(id);
      list.deadlines.delete(id);
    } else if (kind < 9) {
      now += random(DISTANCES[random(DISTANCES.length)]!);
      for (;;) {
        const expected = list.expire(now);
        assert.equal(wheel.expire(now), expected, `seed ${seed} step ${step}`);
        if (expected === -1) break;
      }
    } else {
      assert.equal(wheel.nextDeadline, list.nextDeadline, `seed ${seed} step ${step}`);
    }
    assert.equal(wheel.count, list.deadlines.size);
    assert.equal(wheel.isArmed(id), list.deadlines.has(id));
    assert.equal(wheel.deadlineOf(id), list.deadlines.get(id) ?? Infinity);
  }
}

test('The wheel agrees with a sorted list under random arms, cancels and expiries [TMR-03]', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const start = [0, 1_000_000_000_000, 12_345_678_901, 2 ** 52][seed % 4]!;
    compareWithList(seed, start, [3, 64, 200][seed % 3]!);
  }
});

test('Timers with the same deadline expire by id', () => {
  const wheel = new TimerWheel(5_000);
  for (const id of [4_999, 0, 64, 63, 4_095, 4_096, 1]) wheel.arm(id, 1_000_000_000_000);
  const order = [];
  for (let id = wheel.expire(1e12); id !== -1; id = wheel.expire(1e12)) order.push(id);
  assert.deepEqual(order, [0, 1, 63, 64, 4_095, 4_096, 4_999]);
});

test('A deadline is exact: one microsecond early nothing expires', () => {
  const wheel = new TimerWheel(2);
  wheel.arm(0, 3_609_375);
  assert.equal(wheel.nextDeadline, 3_609_375);
  assert.equal(wheel.expire(3_609_374), -1);
  assert.equal(wheel.expire(3_609_375), 0);
  assert.equal(wheel.nextDeadline, Infinity);
});

test('Short timers armed again and again in front of long ones keep their order', () => {
  const wheel = new TimerWheel(100);
  for (let id = 10; id < 100; id++) wheel.arm(id, 1e12 + 3_000_000 + id * 7_919);
  for (let depth = 0; depth < 20; depth++) {
    assert.equal(wheel.nextDeadline, 1e12 + 3_000_000 + 10 * 7_919);
    for (let id = 9; id >= 0; id--) {
      wheel.arm(id, 1e12 + 100_000 + depth * 1_000 + id * 97);
      assert.equal(wheel.nextDeadline, 1e12 + 100_000 + depth * 1_000 + id * 97);
    }
    for (let id = 0; id < 10; id++) assert.equal(wheel.expire(1e12 + 1_000_000), id);
  }
  for (let id = 10; id < 100; id++) assert.equal(wheel.expire(2e12), id);
  assert.equal(wheel.count, 0);
});

test('Timers armed ever earlier, with a question after each, come out in order', () => {
  const wheel = new TimerWheel(3_000);
  for (let id = 0; id < 3_000; id++) {
    const deadline = 1e12 - id * id * 37;
    wheel.arm(id, deadline);
    assert.equal(wheel.nextDeadline, deadline);
    if (id % 5 === 4) wheel.cancel(id - 2);
  }
  let last = 0;
  let count = 0;
  for (let id = wheel.expire(1e12); id !== -1; id = wheel.expire(1e12)) {
    const deadline = 1e12 - id * id * 37;
    assert.ok(deadline > last && id % 5 !== 2);
    last = deadline;
    count++;
  }
  assert.equal(count, 2_400);
});

test('A timer moved back, cancelled or moved back again never fires early, and is not lost', () => {
  const wheel = new TimerWheel(4);
  wheel.arm(0, 1_000);
  wheel.arm(1, 2_000);
  assert.equal(wheel.nextDeadline, 1_000);
  wheel.arm(0, 5_000_000);
  assert.equal(wheel.nextDeadline, 2_000);
  wheel.cancel(1);
  assert.equal(wheel.nextDeadline, 5_000_000);
  wheel.arm(1, 3_000);
  wheel.arm(0, 2_500);
  assert.equal(wheel.expire(2_499), -1);
  assert.equal(wheel.expire(10_000), 0);
  assert.equal(wheel.expire(10_000), 1);
  assert.equal(wheel.expire(Infinity), -1);
  assert.equal(wheel.count, 0);
});

test('A timer moved ahead again and again leaves nothing behind that counts', () => {
  const wheel = new TimerWheel(50);
  const hour = 3_600_000_000;
  for (let id = 1; id < 50; id++) wheel.arm(id, 1e12 + hour + id);
  for (let round = 0; round < 5_000; round++) {
    const now = 1e12 + round * 1_000;
    wheel.arm(0, 1e12 + hour);
    wheel.arm(0, now + 500);
    if (round % 3 === 0) wheel.arm(0, now + 400);
    assert.equal(wheel.nextDeadline, round % 3 === 0 ? now + 400 : now + 500);
    assert.equal(wheel.expire(now + 399), -1);
    assert.equal(wheel.expire(now + 500), 0);
    assert.equal(wheel.expire(now + 600), -1);
  }
  for (let id = 1; id < 50; id++) assert.equal(wheel.expire(2e12), id);
  assert.equal(wheel.expire(Infinity), -1);
  assert.equal(wheel.count, 0);
});

test('Growing keeps armed timers', () => {
  const wheel = new TimerWheel(2);
  wheel.arm(1, 500);
  wheel.grow(1_000);
  wheel.arm(999, 400);
  assert.equal(wheel.isArmed(500), false);
  assert.equal(wheel.expire(1_000), 999);
  assert.equal(wheel.expire(1_000), 1);
  assert.equal(wheel.expire(1_000), -1);
});

test('A hundred thousand timers come out in order', () => {
  const count = 100_000;
  const random = generator(7);
  const wheel = new TimerWheel(count);
  for (let id = 0; id < count; id++) wheel.arm(id, 1e12 + random(4_000_000));
  let last = 0;
  for (let expired = 0; expired < count; expired++) {
    const next = wheel.nextDeadline;
    assert.ok(next >= last);
    assert.notEqual(wheel.expire(next), -1);
    last = next;
  }
  assert.equal(wheel.expire(Infinity), -1);
});
