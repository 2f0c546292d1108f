import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouterSettings } from '../../src/engine/settings.ts';
import { readRow } from '../../src/engine/snapshot.ts';
import { address, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

function active(changes: Partial<RouterSettings> = {}): Rig {
  const rig = Rig.started(changes);
  rig.runTo(4_100_000);
  assert.equal(rig.state, 'Active');
  rig.take();
  return rig;
}

test('The same configuration again changes nothing', () => {
  const rig = active();
  const before = rig.row();
  const deadline = rig.engine.deadline;
  const bytes = rig.engine.txBytes.slice();
  assert.deepEqual(rig.configure([settings({ name: 'another name' })]), [0]);
  assert.deepEqual(rig.take(), []);
  assert.deepEqual(rig.row(), before);
  assert.equal(rig.engine.deadline, deadline);
  assert.deepEqual(rig.engine.txBytes, bytes);
});

test('A router that is unchanged does not notice others coming and going', () => {
  const rig = active();
  const deadline = rig.engine.deadline;
  assert.deepEqual(rig.configure([settings({ vrid: 2 }), settings(), settings({ vrid: 3 })]), [1, 0, 2]);
  assert.deepEqual(rig.take(), ['state Backup', 'state Backup']);
  assert.equal(rig.engine.deadline, deadline);
  assert.deepEqual(rig.configure([settings()]), [0]);
  assert.deepEqual(rig.take(), ['state Initialize', 'state Initialize']);
  rig.runFor(SECOND);
  assert.deepEqual(rig.take(), ['advert prio=100']);
});

test('An Active that is removed resigns with its own frames, and its index is not given away in the same call', () => {
  const rig = active();
  const frame = rig.engine.resignFrames(0)[0]!;
  const last = rig.engine.txBytes.slice(frame.start, frame.end);
  assert.deepEqual(rig.configure([settings({ vrid: 9 })]), [1]);
  assert.deepEqual(rig.take(), ['advert prio=0', 'release', 'state Initialize', 'state Backup']);
  assert.deepEqual(rig.frames.at(-1)!.bytes, last);
  assert.equal(readRow(rig.engine.rows, 0), undefined);
  assert.deepEqual(rig.configure([settings({ vrid: 9 }), settings({ vrid: 10 })]), [1, 0]);
  assert.equal(rig.row(0).statistics.advertisementSent, 0);
});

test('A removed router is deaf', () => {
  const rig = active();
  rig.configure([]);
  rig.take();
  rig.receive({ priority: 200 });
  assert.equal(rig.engine.deadline, Infinity);
  assert.deepEqual(rig.take().length, 1);
});

test('Addresses of an Active change without its leaving Active: only the added ones are announced', () => {
  const old = address('192.0.2.254');
  const rig = active({ addresses: [old] });
  rig.configure([
    settings({ addresses: [old, address('192.0.2.253')], unadvertisedAddresses: [address('192.0.2.252')] }),
  ]);
  assert.deepEqual(rig.take(), ['acquire', 'announce arp', 'announce arp']);
  assert.deepEqual(
    rig.frames.slice(-2).map(({ bytes }) => bytes[41]),
    [253, 252],
  );
  rig.configure([settings({ addresses: [address('192.0.2.253')] })]);
  assert.deepEqual(rig.take(), ['acquire']);
  rig.runFor(SECOND);
  assert.equal(rig.frames.at(-1)!.bytes[14 + 20 + 3], 1);
  assert.equal(rig.frames.at(-1)!.bytes[14 + 20 + 11], 253);
});

test('Another priority is in the next advert, and the rhythm stays [TMR-11]', () => {
  const rig = active();
  const { deadline } = rig.engine;
  rig.configure([settings({ priority: 150 })]);
  assert.deepEqual(rig.take(), []);
  assert.equal(rig.engine.deadline, deadline);
  rig.runTo(deadline);
  assert.deepEqual(rig.take(), ['advert prio=150']);
});

test('Another interval is advertised at once and rules from there [TMR-11]', () => {
  const rig = active();
  rig.configure([settings({ advertisementIntervalUs: 2 * SECOND })]);
  assert.deepEqual(rig.take(), ['advert prio=100']);
  assert.equal(rig.engine.deadline, rig.now + 2 * SECOND);
  const message = rig.frames.at(-1)!.bytes.subarray(34);
  assert.equal((message[4]! << 8) | message[5]!, 200);
});

test('No change of a Backup promotes it while its Active lives [TMR-11]', () => {
  const variants: Partial<RouterSettings>[] = [
    { priority: 250 },
    { advertisementIntervalUs: 100_000 },
    { advertisementIntervalUs: 5 * SECOND },
    { downAdverts: 1 },
    { preemptMode: false },
    { addresses: [address('192.0.2.9')] },
    { checksumForm: 'pseudo-header' },
  ];
  for (const changes of variants) {
    const rig = Rig.started({ priority: 50 });
    for (let step = 0; step < 20; step++) {
      rig.receive({ priority: 200 });
      rig.runFor(SECOND / 2);
      if (step === 10) rig.configure([settings({ priority: 50, ...changes })]);
      rig.runFor(SECOND / 2 - 1_000);
      if (changes.priority === undefined) assert.equal(rig.state, 'Backup', JSON.stringify(Object.keys(changes)));
    }
  }
});

test('A change of version goes on in the same state with the other frames', () => {
  const rig = active();
  rig.configure([settings({ version: 2 })]);
  assert.deepEqual(rig.take(), ['advert prio=100']);
  assert.equal(rig.frames.at(-1)!.bytes[34]! >> 4, 2);
  rig.receive({ priority: 200, version: 3 });
  assert.equal(rig.state, 'Active');
  rig.receive({ priority: 200, version: 2 });
  assert.equal(rig.state, 'Backup');
});

test('A source address that goes away takes the router to Initialize', () => {
  const rig = new Rig();
  rig.configure([settings({ sourceAddress: address('192.0.2.50') })]);
  rig.setLink(link({ ipv4: undefined }));
  rig.startup();
  rig.runFor(4 * SECOND);
  assert.equal(rig.state, 'Active');
  rig.take();
  rig.configure([settings()]);
  assert.deepEqual(rig.take(), ['release', 'state Initialize']);
});

test('A refresh that is switched on or off by a reload obeys', () => {
  const rig = active();
  const announcement = { ...settings().announcement, refreshUs: SECOND / 4 };
  rig.configure([settings({ announcement })]);
  rig.take();
  rig.runFor(SECOND);
  assert.equal(rig.take().filter((word) => word === 'announce arp').length, 4);
  rig.configure([settings()]);
  rig.runFor(SECOND);
  assert.deepEqual(rig.take(), ['advert prio=100']);
});

test('Too many routers, or a port out of range, are refused and change nothing', () => {
  const rig = active();
  const many = Array.from({ length: 17 }, (_, index) => settings({ vrid: index + 1 }));
  assert.throws(() => rig.configure(many), RangeError);
  assert.throws(() => rig.configure([settings({ port: 4 })]), RangeError);
  assert.equal(rig.state, 'Active');
  assert.deepEqual(rig.take(), []);
});
