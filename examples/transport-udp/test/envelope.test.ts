/** What the tunnel trusts: every way to bring it a datagram that it must not believe, and what a restart changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOLERANCE_US } from '../src/envelope.ts';
import { FrameOpener, FrameSealer, ReplayWindow, tunnelKey } from '../src/index.ts';

const KEY = tunnelKey('sixteen characters');
const FRAME = Uint8Array.from({ length: 60 }, (_, index) => index);
const NOBODY = Buffer.alloc(8);

class Wall {
  us = 1_700_000_000_000_000;
  readonly now = (): number => this.us;
}

function ends(): { wall: Wall; sealer: FrameSealer; opener: FrameOpener; seal: () => Buffer } {
  const wall = new Wall();
  const sealer = new FrameSealer(KEY, wall.now);
  const opener = new FrameOpener(KEY, NOBODY, wall.now);
  return { wall, sealer, opener, seal: () => sealer.seal(FRAME, 0, FRAME.length) };
}

test('a sealed frame is believed once, and comes out as it went in', () => {
  const { opener, sealer } = ends();
  const datagram = sealer.seal(FRAME, 10, 50);
  assert.equal(opener.check(datagram), undefined);
  assert.deepEqual(new Uint8Array(datagram.subarray(28, -32)), FRAME.subarray(10, 50));
  assert.equal(opener.check(datagram), 'replayed');
});

test('what is not ours is foreign', () => {
  const { opener, seal } = ends();
  for (const datagram of [Buffer.alloc(0), Buffer.alloc(59), Buffer.alloc(200), seal().subarray(0, 59)]) {
    assert.equal(opener.check(datagram), 'foreign');
  }
});

test('each octet that is changed makes it a forgery, and does not spoil the true one', () => {
  const { opener, seal } = ends();
  const datagram = seal();
  for (let index = 4; index < datagram.length; index++) {
    datagram[index]! ^= 1;
    assert.equal(opener.check(datagram), 'forged', `octet ${index}`);
    datagram[index]! ^= 1;
  }
  assert.equal(opener.check(datagram.subarray(0, -1)), 'forged');
  assert.equal(opener.check(datagram), undefined);
});

test('another secret is another tunnel', () => {
  const { seal, wall } = ends();
  assert.equal(new FrameOpener(tunnelKey('another sixteen'), NOBODY, wall.now).check(seal()), 'forged');
});

test('own datagrams are known by their session', () => {
  const { sealer, wall, seal } = ends();
  assert.equal(new FrameOpener(KEY, sealer.session, wall.now).check(seal()), 'own');
});

test('datagrams may overtake each other', () => {
  const { opener, seal } = ends();
  const datagrams = Array.from({ length: 100 }, seal);
  for (const datagram of [...datagrams].reverse()) assert.equal(opener.check(datagram), undefined);
  for (const datagram of datagrams) assert.equal(opener.check(datagram), 'replayed');
});

test('a receiver that restarts believes a recorded datagram for as long as clocks may differ, and no longer', () => {
  const { wall, seal } = ends();
  const recorded = seal();
  wall.us += TOLERANCE_US;
  assert.equal(new FrameOpener(KEY, NOBODY, wall.now).check(recorded), undefined);
  wall.us += 1;
  assert.equal(new FrameOpener(KEY, NOBODY, wall.now).check(recorded), 'stale');
});

test('a datagram from the future is not kept for later', () => {
  const { wall, opener, seal } = ends();
  wall.us += TOLERANCE_US + 1;
  const datagram = seal();
  wall.us -= TOLERANCE_US + 1;
  assert.equal(opener.check(datagram), 'early');
});

test('a sender that restarts is heard at once, even with its clock set back', () => {
  const { wall, opener, seal } = ends();
  for (let count = 0; count < 10; count++) assert.equal(opener.check(seal()), undefined);
  wall.us -= 10_000_000;
  const restarted = new FrameSealer(KEY, wall.now);
  assert.equal(opener.check(restarted.seal(FRAME, 0, 60)), undefined);
  assert.equal(opener.check(seal()), undefined, 'and the session before it is still its own');
});

test('there is room for so many senders, and room again when old ones cannot be replayed any more', () => {
  const { wall, opener } = ends();
  const fresh = (): Buffer => new FrameSealer(KEY, wall.now).seal(FRAME, 0, 60);
  for (let count = 0; count < 64; count++) assert.equal(opener.check(fresh()), undefined);
  assert.equal(opener.check(fresh()), 'crowded');
  wall.us += TOLERANCE_US + 1;
  assert.equal(opener.check(fresh()), undefined);
});

test('the window takes each sequence once, in any order, and none that is far behind', () => {
  const window = new ReplayWindow();
  const start = 1_700_000_000_000_000;
  assert.ok(window.accept(start));
  assert.ok(window.accept(start + 300));
  assert.ok(window.accept(start + 45), 'just inside');
  assert.ok(!window.accept(start + 44), 'just outside');
  assert.ok(!window.accept(start + 300));
  assert.ok(!window.accept(start + 45));
  assert.ok(window.accept(start + 1_000_000));
  assert.ok(!window.accept(start + 300));
});
