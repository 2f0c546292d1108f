import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Frame } from '@locum/transport';
import { FrameQueue } from '../src/frame-queue.ts';

const SLOT_BYTES = 64;

function taken(queue: FrameQueue): Frame {
  const frame: Frame = { bytes: queue.bytes, start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
  queue.readFirst(frame);
  queue.take();
  return { ...frame, bytes: queue.bytes.slice(frame.start, frame.end) };
}

const frameOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (seed + index) & 0x7f);

describe('FrameQueue', () => {
  it('gives back what was put in, in order, round and round', () => {
    const queue = new FrameQueue(3, SLOT_BYTES);
    queue.put(frameOf(20, 0), 20, 1000);
    for (let round = 1; round < 20; round++) {
      queue.put(frameOf(20 + round, round), 20 + round, 1000 + round);
      const frame = taken(queue);
      assert.deepEqual(frame.bytes, frameOf(19 + round, round - 1));
      assert.equal(frame.at, 999 + round);
    }
    assert.equal(queue.isEmpty, false);
    taken(queue);
    assert.equal(queue.isEmpty, true);
    assert.equal(queue.dropped, 0);
  });

  it('drops what finds no room, and counts it', () => {
    const queue = new FrameQueue(2, SLOT_BYTES);
    for (let seed = 0; seed < 5; seed++) queue.put(frameOf(20, seed), 20, seed);
    assert.equal(queue.dropped, 3);
    assert.deepEqual([taken(queue).at, taken(queue).at], [0, 1]);
    assert.equal(queue.isEmpty, true);
  });

  it('cuts what is longer than a slot and keeps its length on the wire', () => {
    const queue = new FrameQueue(1, SLOT_BYTES);
    queue.put(frameOf(90, 3), 90, 0);
    const { bytes, wireBytes } = taken(queue);
    assert.deepEqual(bytes, frameOf(90, 3).subarray(0, SLOT_BYTES));
    assert.equal(wireBytes, 90);
  });

  it('takes out a tag of 802.1Q or 802.1ad', () => {
    for (const type of [
      [0x81, 0x00],
      [0x88, 0xa8],
    ]) {
      const queue = new FrameQueue(1, SLOT_BYTES);
      const plain = frameOf(40, 5);
      const tagged = Uint8Array.of(...plain.subarray(0, 12), ...type, 0xe0, 0, ...plain.subarray(12));
      queue.put(tagged, tagged.length, 0);
      const { bytes, wireBytes } = taken(queue);
      assert.deepEqual(bytes, plain);
      assert.equal(wireBytes, plain.length);
    }
  });
});
