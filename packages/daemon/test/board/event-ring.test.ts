import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Effect, EffectKind } from '@locum/protocol';
import { type BoardEvent, EventRing, HostEvent } from '../../src/board/event-ring.ts';

const CAPACITY = 8;

function memory(): Float64Array {
  return new Float64Array(EventRing.cellCount(CAPACITY));
}

function drained(ring: EventRing): { events: BoardEvent[]; lost: number } {
  const events: BoardEvent[] = [];
  const lost = ring.drain((event) => events.push(event));
  return { events, lost };
}

function effect(changes: Partial<Effect>): Effect {
  return {
    ...{ kind: EffectKind.Discarded, router: 3, port: 1, start: 0, end: 0, routed: false, purpose: 1 },
    ...{ from: 0, to: 0, reason: 0, value: 0, lateUs: 0, sourceStart: -1, sourceEnd: -1 },
    ...changes,
  };
}

test('What another reader of the same memory gets is what was written, in order and once', () => {
  const cells = memory();
  const [writer, reader] = [new EventRing(cells), new EventRing(cells)];
  writer.write(1e15, HostEvent.AddressFailed, 4, -1, 13, 2);
  writer.writeEffect(1e15 + 1, effect({ kind: EffectKind.StateChanged, from: 1, to: 2, reason: 4 }), undefined);
  const { events, lost } = drained(reader);
  assert.equal(lost, 0);
  assert.deepEqual(
    events.map(({ at, kind, router, port, value, detail }) => [at, kind, router, port, value, detail]),
    [
      [1e15, HostEvent.AddressFailed, 4, -1, 13, 2],
      [1e15 + 1, EffectKind.StateChanged, 3, 1, 0, 0],
    ],
  );
  assert.deepEqual([events[1]!.from, events[1]!.to, events[1]!.reason], [1, 2, 4]);
  assert.deepEqual(drained(reader), { events: [], lost: 0 });
});

test('The source address is kept for what a frame caused, of either family, and for nothing else', () => {
  const ring = new EventRing(memory());
  const frame = Uint8Array.from({ length: 40 }, (_, index) => 255 - index);
  const source = (length: number): Partial<Effect> => ({ sourceStart: 7, sourceEnd: 7 + length });
  for (const kind of [EffectKind.Discarded, EffectKind.Warned, EffectKind.LowerPriorityHeard]) {
    for (const length of [4, 16]) {
      ring.writeEffect(1, effect({ kind, ...source(length) }), frame);
      assert.deepEqual(drained(ring).events[0]!.source, frame.slice(7, 7 + length));
    }
  }
  ring.writeEffect(1, effect({ kind: EffectKind.StateChanged, ...source(4) }), frame);
  ring.writeEffect(1, effect({ sourceStart: -1, sourceEnd: -1 }), frame);
  ring.writeEffect(1, effect(source(4)), undefined);
  for (const { source: octets } of drained(ring).events) assert.equal(octets.length, 0);
});

test('A slow reader loses the oldest, is told how many, and gets the rest whole', () => {
  const ring = new EventRing(memory());
  for (let value = 0; value < 3; value++) ring.write(value, HostEvent.LinkChanged, -1, 0, value, 0);
  assert.equal(drained(ring).events.length, 3);
  for (let value = 0; value < CAPACITY; value++) ring.write(value, HostEvent.LinkChanged, -1, 0, value, 0);
  assert.equal(drained(ring).lost, 0, 'exactly full is not too much');
  for (let value = 0; value < 3 * CAPACITY + 1; value++) ring.write(value, HostEvent.LinkChanged, -1, 0, value, 0);
  const { events, lost } = drained(ring);
  assert.equal(lost, 2 * CAPACITY + 1);
  assert.deepEqual(
    events.map(({ value }) => value),
    Array.from({ length: CAPACITY }, (_, index) => 2 * CAPACITY + 1 + index),
  );
  assert.equal(ring.head, 3 + CAPACITY + 3 * CAPACITY + 1);
});

test('A record holds nothing of the one that stood in its place', () => {
  const ring = new EventRing(memory());
  const frame = new Uint8Array(20).fill(9);
  ring.writeEffect(1, effect({ from: 1, to: 2, reason: 3, value: 4, lateUs: 5, sourceStart: 0, sourceEnd: 16 }), frame);
  for (let round = 0; round < CAPACITY; round++) ring.write(2, HostEvent.Resigned, -1, 0, 0, 0);
  const last = drained(ring).events.at(-1)!;
  assert.deepEqual([last.from, last.to, last.reason, last.value, last.lateUs, last.source.length], [0, 0, 0, 0, 0, 0]);
});

test('Who joins late skips what is there', () => {
  const cells = memory();
  const [writer, reader] = [new EventRing(cells), new EventRing(cells)];
  writer.write(1, HostEvent.LinkChanged, -1, 0, 0, 0);
  reader.skipToEnd();
  writer.write(2, HostEvent.Resigned, -1, 0, 0, 0);
  assert.deepEqual(
    drained(reader).events.map(({ kind }) => kind),
    [HostEvent.Resigned],
  );
});

test('A record that comes too early stays for the next time, and so do those behind it', () => {
  const ring = new EventRing(memory());
  const kinds = [HostEvent.Resigned, HostEvent.PortClosed, HostEvent.Stalled];
  for (const kind of kinds) ring.write(1, kind, 0, 0, 0, 0);
  const seen: number[] = [];
  const note = ({ kind }: BoardEvent): number => seen.push(kind);
  ring.drain(note, ({ kind }) => kind === HostEvent.PortClosed);
  assert.deepEqual(seen, kinds.slice(0, 1));
  ring.drain(note);
  assert.deepEqual(seen, kinds);
});
