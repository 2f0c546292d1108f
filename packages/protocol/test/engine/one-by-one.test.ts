import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameArena } from '../../src/engine/arena.ts';
import { readRow } from '../../src/engine/snapshot.ts';
import { RouterState } from '../../src/machine/state.ts';
import { address, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

function adverts(rig: Rig, router: number): string[] {
  return rig.frames.filter((frame) => frame.router === router).map(({ bytes }) => Buffer.from(bytes).toString('hex'));
}

test('Routers that are put one by one are those of a whole configuration', () => {
  const many = Array.from({ length: 16 }, (_, index) =>
    settings({
      vrid: index + 1,
      addresses: Array.from({ length: index + 1 }, (_, last) => address(`192.0.2.${last}`)),
    }),
  );
  const [whole, single] = [new Rig(), new Rig()];
  for (const rig of [whole, single]) rig.setLink(link());
  const expected = whole.configure(many);
  assert.deepEqual(
    many.map((one) => single.engine.put(0, one)),
    expected,
  );
  for (const rig of [whole, single]) {
    rig.startup();
    rig.runFor(5 * SECOND);
  }
  assert.deepEqual(single.take(), whole.take());
  for (const index of expected) assert.deepEqual(adverts(single, index), adverts(whole, index));
});

test('A router that grows, shrinks, comes or goes does not touch the frames of the others', () => {
  const rig = new Rig();
  rig.setLink(link());
  rig.configure([settings({ vrid: 1 }), settings({ vrid: 2 }), settings({ vrid: 3 })]);
  rig.startup();
  rig.runFor(4 * SECOND);
  const framesOf = (router: number): string[] =>
    rig.engine
      .resignFrames(router)
      .map(({ start, end }) => Buffer.from(rig.engine.txBytes.subarray(start, end)).toString('hex'));
  const before = [framesOf(0), framesOf(2)];
  for (const count of [200, 1, 40, 255, 2]) {
    const addresses = Array.from({ length: count }, (_, index) => address(`10.0.0.${index}`));
    assert.equal(rig.engine.put(rig.now, settings({ vrid: 2, addresses })), 1);
    rig.execute();
    const four = rig.engine.put(rig.now, settings({ vrid: 4, addresses }));
    rig.execute();
    assert.deepEqual([framesOf(0), framesOf(2)], before);
    rig.engine.retire(rig.now, four);
    rig.engine.remove(four);
    assert.equal(rig.engine.find(settings({ vrid: 4 })), -1);
  }
  assert.equal(rig.engine.find(settings({ vrid: 3 })), 2);
  assert.equal(rig.row(1).state, RouterState.Active);
});

test('A router that has retired is not started by a link that comes back, and keeps its index until it is removed', () => {
  const rig = Rig.started();
  rig.runFor(4 * SECOND);
  rig.take();
  rig.engine.retire(rig.now, 0);
  rig.execute();
  assert.deepEqual(rig.take(), ['advert prio=0', 'release', 'state Initialize']);
  rig.setLink(undefined);
  rig.setLink(link());
  assert.equal(rig.engine.deadline, Infinity);
  assert.equal(readRow(rig.engine.rows, 0), undefined);
  assert.equal(rig.engine.put(rig.now, settings({ vrid: 2 })), 1);
  rig.engine.remove(0);
  assert.equal(rig.engine.put(rig.now, settings()), 0);
});

test('Another phase, or another name, is taken over and changes nothing now', () => {
  const rig = Rig.started({ phaseUs: 0 });
  rig.runFor(4 * SECOND);
  rig.take();
  const { deadline } = rig.engine;
  assert.equal(rig.engine.put(rig.now, settings({ name: 'other', phaseUs: 300_000 })), 0);
  assert.equal(rig.engine.effects.count, 0);
  assert.equal(rig.engine.deadline, deadline);
  // It begins with the phase when it becomes Active the next time.
  rig.receive({ priority: 200 });
  rig.receive({ priority: 0 });
  rig.frames = [];
  rig.runFor(2 * SECOND);
  const sent = rig.frames.filter(({ purpose }) => purpose === 1).map(({ at }) => at);
  assert.equal(sent[1]! - sent[0]!, 700_000);
});

test('A place that was given back serves the next of its size', () => {
  const arena = new FrameArena();
  const [first, second] = [arena.take(100), arena.take(100)];
  assert.ok(second >= first + 100);
  arena.bytes.fill(7, second, second + 100);
  arena.giveBack(first, 100);
  assert.equal(arena.take(120), first);
  const far = arena.take(1_000_000);
  assert.ok(arena.bytes.length >= far + 1_000_000);
  assert.deepEqual(arena.bytes.subarray(second, second + 100), new Uint8Array(100).fill(7));
  arena.giveBack(arena.take(5000), 5000);
  const { length } = arena.bytes;
  for (let round = 0; round < 1000; round++) arena.giveBack(arena.take(5000), 5000);
  assert.equal(arena.bytes.length, length);
});
