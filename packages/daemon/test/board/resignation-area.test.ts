import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResignationArea } from '../../src/board/resignation-area.ts';

const ROUTERS = 3;

function area(): ResignationArea {
  // Not at the beginning of its buffer, as on the board.
  return new ResignationArea(new Uint8Array(new ArrayBuffer(64 + ResignationArea.byteCount(ROUTERS)), 64));
}

const frame = (length: number, octet: number): Uint8Array => new Uint8Array(length + 2).fill(octet);

function listed(resignations: ResignationArea, router: number): string[] {
  return resignations.list(router).map(({ port, start, end, routed }) => {
    const octets = resignations.bytes.subarray(start, end);
    assert.ok(octets.every((octet) => octet === octets[0]));
    return `port ${port}: ${octets.length} of ${octets[0]}${routed ? ', routed' : ''}`;
  });
}

test('Frames come out as they were put in, in order, each router its own', () => {
  const resignations = area();
  resignations.add(0, 2, false, frame(54, 1), 1, 55);
  resignations.add(2, 1, true, frame(40, 2), 0, 40);
  resignations.add(2, 300, true, frame(41, 3), 0, 41);
  assert.deepEqual(listed(resignations, 0), ['port 2: 54 of 1']);
  assert.deepEqual(listed(resignations, 1), []);
  assert.deepEqual(listed(resignations, 2), ['port 1: 40 of 2, routed', 'port 300: 41 of 3, routed']);
});

test('A copy is kept, so that the source may change', () => {
  const resignations = area();
  const source = frame(10, 7);
  resignations.add(1, 0, false, source, 0, 10);
  source.fill(0);
  assert.deepEqual(listed(resignations, 1), ['port 0: 10 of 7']);
});

test('Cleared is empty, and does not touch the neighbours', () => {
  const resignations = area();
  for (const router of [0, 1, 2]) resignations.add(router, 0, false, frame(20, router + 1), 0, 20);
  resignations.clear(1);
  assert.deepEqual(
    [0, 1, 2].map((router) => listed(resignations, router).length),
    [1, 0, 1],
  );
  resignations.add(1, 0, false, frame(30, 9), 0, 30);
  assert.deepEqual(listed(resignations, 1), ['port 0: 30 of 9']);
});

test('Frames of a draft replace what was there, longer or shorter', () => {
  const resignations = area();
  const draft = new ResignationArea(new Uint8Array(ResignationArea.byteCount(1)));
  for (const router of [0, 1, 2]) resignations.add(router, 0, false, frame(20, router + 1), 0, 20);
  draft.add(0, 4, true, frame(30, 8), 0, 30);
  draft.add(0, 5, false, frame(12, 9), 0, 12);
  for (let times = 0; times < 2; times++) {
    resignations.take(1, draft);
    assert.deepEqual(listed(resignations, 1), ['port 4: 30 of 8, routed', 'port 5: 12 of 9']);
  }
  draft.clear(0);
  draft.add(0, 4, true, frame(30, 8), 0, 30);
  resignations.take(1, draft);
  assert.deepEqual(listed(resignations, 1), ['port 4: 30 of 8, routed']);
  draft.clear(0);
  resignations.take(1, draft);
  assert.deepEqual(listed(resignations, 1), []);
  assert.deepEqual([listed(resignations, 0), listed(resignations, 2)], [['port 0: 20 of 1'], ['port 0: 20 of 3']]);
});

test('Frames that stay the same are never out of sight', () => {
  const resignations = area();
  const draft = new ResignationArea(new Uint8Array(ResignationArea.byteCount(1)));
  draft.add(0, 4, true, frame(30, 8), 0, 30);
  resignations.take(1, draft);
  resignations.clear = () => assert.fail('cleared');
  resignations.take(1, draft);
  assert.deepEqual(listed(resignations, 1), ['port 4: 30 of 8, routed']);
});

test('What does not fit is left out, and the next router is not written over', () => {
  const resignations = area();
  resignations.add(1, 0, false, frame(10, 5), 0, 10);
  for (let count = 0; count < 200; count++) resignations.add(0, 0, false, frame(100, 1), 0, 100);
  assert.equal(listed(resignations, 0).length, Math.floor((4096 - 4) / 108));
  assert.deepEqual(listed(resignations, 1), ['port 0: 10 of 5']);
  resignations.add(2, 0, false, new Uint8Array(5000), 0, 5000);
  assert.deepEqual(listed(resignations, 2), []);
});
