/** Frames of a batch leave together and in order, and one that is refused says why without holding up the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransmitPurpose } from '@locum/protocol';
import { SendResult } from '@locum/transport';
import { FrameBatch, type OutgoingPort } from '../../src/engine-process/frame-batch.ts';

const BYTES = Uint8Array.of(10, 11, 12, 13, 14, 15);

/** Refuses frames that begin with an octet of `refused`, and writes down every call. */
class PortScene {
  readonly calls: string[] = [];
  readonly outcomes: string[] = [];
  readonly refused = new Set<number>();
  readonly batch = new FrameBatch((result, router, port) => this.outcomes.push(`${router}@${port}:${result}`));

  readonly one: OutgoingPort = {
    send: (bytes, start) => {
      this.calls.push(`one ${bytes[start]}`);
      return this.refused.has(bytes[start]!) ? SendResult.LinkDown : SendResult.Sent;
    },
    sendRouted: () => SendResult.Failed,
  };
  readonly many: OutgoingPort = {
    ...this.one,
    sendAll: (bytes, bounds, count) => {
      const first = Array.from({ length: count }, (_, index) => bytes[bounds[2 * index]!]!);
      const end = first.findIndex((octet) => this.refused.has(octet));
      const sent = end < 0 ? first : first.slice(0, end);
      this.calls.push(`many ${sent.join()}`);
      return sent.length;
    },
  };

  send(port: OutgoingPort | undefined, count: number): void {
    for (let index = 0; index < count; index++) {
      this.batch.add(port, 3, BYTES, index, index + 1, index, TransmitPurpose.Advert);
    }
    this.batch.flush();
  }
}

test('sends many in one call, one in the ordinary way, and none not at all', () => {
  const scene = new PortScene();
  scene.send(scene.many, 3);
  scene.send(scene.many, 1);
  scene.send(scene.many, 0);
  assert.deepEqual(scene.calls, ['many 10,11,12', 'one 10']);
  assert.deepEqual(scene.outcomes, ['0@3:0', '1@3:0', '2@3:0', '0@3:0']);
});

test('sends one by one where the port cannot do better, and nothing where it is closed', () => {
  const scene = new PortScene();
  scene.send(scene.one, 2);
  scene.send(undefined, 1);
  assert.deepEqual(scene.calls, ['one 10', 'one 11']);
  assert.deepEqual(scene.outcomes, ['0@3:0', '1@3:0', `0@3:${SendResult.NotOpen}`]);
});

test('a refused frame is told by itself, and those behind it are sent', () => {
  const scene = new PortScene();
  scene.refused.add(11);
  scene.refused.add(12);
  scene.send(scene.many, 6);
  assert.deepEqual(scene.calls, ['many 10', 'one 11', 'many ', 'one 12', 'many 13,14,15']);
  const down = SendResult.LinkDown;
  assert.deepEqual(scene.outcomes, ['0@3:0', `1@3:${down}`, `2@3:${down}`, '3@3:0', '4@3:0', '5@3:0']);
});

test('takes frames of one port and one memory at a time, as many as fit', () => {
  const { batch, many } = new PortScene();
  assert.ok(batch.takes(0, BYTES));
  batch.add(many, 0, BYTES, 0, 1, 0, TransmitPurpose.Advert);
  assert.ok(batch.takes(0, BYTES));
  assert.ok(!batch.takes(1, BYTES));
  assert.ok(!batch.takes(0, new Uint8Array(6)));
  while (batch.takes(0, BYTES)) batch.add(many, 0, BYTES, 0, 1, 0, TransmitPurpose.Advert);
  batch.flush();
  assert.ok(batch.takes(1, BYTES));
});
