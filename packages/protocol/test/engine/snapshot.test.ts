import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '../../src/engine/engine.ts';
import { Column, readNodeRow, readRow, rowsLength } from '../../src/engine/snapshot.ts';
import {
  NewActiveReason,
  newActiveReasonWords,
  TransitionReason,
  transitionReasonWords,
} from '../../src/machine/state.ts';
import { address, advertFrame, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

test('Another reader of the same memory sees what the engine sees', () => {
  const memory = new SharedArrayBuffer(rowsLength(16) * 8);
  const rig = new Rig({ rows: new Float64Array(memory) });
  rig.configure([settings()]);
  assert.equal(readRow(new Float64Array(memory), 0)?.vrid, 1);
  assert.equal(readRow(new Float64Array(memory), 1), undefined);
});

test('A row says what the router is and does [MGT-06]', () => {
  const rig = Rig.started({ priority: 120, vrid: 51 }, 1e12);
  rig.receive({ priority: 200, vrid: 51, intervalUs: 100_000, source: '192.0.2.1' });
  const row = rig.row();
  assert.equal(row.vrid, 51);
  assert.equal(row.version, 3);
  assert.equal(row.state, 1);
  assert.equal(row.priority, 120);
  assert.equal(row.effectivePriority, 120);
  assert.equal(row.advertisementIntervalUs, SECOND);
  assert.equal(row.activeAdverIntervalUs, 100_000);
  assert.equal(row.skewTimeUs, 53_125);
  assert.equal(row.activeDownIntervalUs, 353_125);
  assert.equal(row.activeDownDeadline, 1e12 + 353_125);
  assert.equal(row.adverDeadline, undefined);
  assert.equal(row.upSince, 1e12);
  assert.equal(row.lastTransitionAt, 1e12);
  assert.equal(row.discontinuityAt, 1e12);
  assert.deepEqual(row.primaryAddress, address('192.0.2.2'));
});

test('The last advert is on record: source, priority, instant, checksum form [CSUM-05]', () => {
  const rig = Rig.started({ family: 6 }, 1e12);
  assert.equal(rig.row().lastAdvertSource, undefined);
  rig.stall(5);
  rig.receive({ priority: 200, source: 'fe80::dead:beef:ffff:1' });
  assert.deepEqual(rig.row().lastAdvertSource, address('fe80::dead:beef:ffff:1'));
  assert.equal(rig.row().lastAdvertPriority, 200);
  assert.equal(rig.row().lastAdvertAt, 1e12 + 5);
  const ipv4 = Rig.started();
  ipv4.receive({ priority: 200, source: '255.254.253.252' });
  assert.deepEqual(ipv4.row().lastAdvertSource, address('255.254.253.252'));
  assert.equal(ipv4.row().checksumFormsSeen, 1);
});

test('What was received and sent is counted [RX-20]', () => {
  const rig = Rig.started();
  rig.receive({ priority: 200 });
  rig.receive({ priority: 0 });
  rig.runFor(2 * SECOND);
  rig.receive({ priority: 50 });
  rig.shutdown();
  const { statistics } = rig.row();
  assert.equal(statistics.advertisementRcvd, 3);
  assert.equal(statistics.priorityZeroPktsRcvd, 1);
  assert.equal(statistics.masterTransitions, 1);
  assert.equal(statistics.masterReleases, 1);
  // At promotion, one second later, in answer to the lower one, and the resignation.
  assert.equal(statistics.advertisementSent, 4);
  assert.equal(statistics.priorityZeroPktsSent, 1);
  assert.equal(statistics.lowerPriorityRcvd, 1);
  assert.equal(statistics.gratuitousArpSent, 1);
});

function corrupted(change: (message: Uint8Array, frame: Uint8Array) => void): Uint8Array {
  const frame = advertFrame({ priority: 200 }).slice();
  change(frame.subarray(34), frame);
  return frame;
}

test('Errors are counted once, for the node or the router they belong to [RX-22]', () => {
  const rig = Rig.started();
  rig.receive({ priority: 200, ttl: 254 });
  rig.receive({ priority: 200, version: 2 });
  rig.receive({ priority: 200, vrid: 99 });
  rig.receive(corrupted((message) => message.fill(0xff, 6, 8)));
  rig.receive({ priority: 200, intervalUs: 0 });
  rig.receive({ priority: 200, intervalUs: 500_000 });
  const node = readNodeRow(rig.engine.rows);
  assert.equal(node.ipTtlErrors, 1);
  assert.equal(node.versionErrors, 1);
  assert.equal(node.vridErrors, 1);
  assert.equal(node.checksumErrors, 1);
  assert.deepEqual(node.discards, {
    BAD_TTL: 1,
    BAD_VERSION: 1,
    UNKNOWN_VRID: 1,
    BAD_CHECKSUM: 1,
    INTERVAL_ZERO: 1,
  });
  assert.equal(node.lastProtocolError, 3);
  const row = rig.row();
  assert.equal(row.statistics.ipTtlErrors, 1);
  assert.equal(row.statistics.intervalErrors, 2);
  assert.equal(row.statistics.advertisementRcvd, 1);
  assert.deepEqual(row.warnings, { INTERVAL_MISMATCH: 1 });
});

test('Effects say who sent what was dropped or odd [RX-18]', () => {
  const rig = Rig.started();
  const frame = advertFrame({ priority: 200, intervalUs: 500_000, source: '192.0.2.33' });
  rig.engine.frame(0, 0, frame, 0, frame.length, 1);
  const effect = rig.engine.effects.at(0);
  assert.deepEqual(frame.slice(effect.sourceStart, effect.sourceEnd), address('192.0.2.33'));
});

test('Only a new row has a discontinuity', () => {
  const rig = Rig.started({}, 500);
  rig.runFor(10 * SECOND);
  rig.receive({ priority: 200 });
  rig.configure([settings({ priority: 10 })]);
  assert.equal(rig.row().discontinuityAt, 500);
  assert.equal(readNodeRow(rig.engine.rows).discontinuityAt, 500);
});

test('Every reason has a word', () => {
  assert.equal(transitionReasonWords.length, Object.keys(TransitionReason).length);
  assert.equal(newActiveReasonWords.length, Object.keys(NewActiveReason).length);
});

test('Columns do not overlap', () => {
  const { Discards, Warnings, PrimaryAddress, LastAdvertSource, Deadlines, ...single } = Column;
  const taken = new Set(Object.values(single));
  for (const [first, count] of [
    [PrimaryAddress, 4],
    [LastAdvertSource, 4],
    [Deadlines, 8],
  ] as const) {
    for (let column = first; column < first + count; column++) {
      assert.ok(!taken.has(column as never), `column ${column}`);
      taken.add(column as never);
    }
  }
  assert.ok(Math.max(...taken) < Discards);
  assert.ok(Discards < Warnings);
  assert.equal(new Engine({ maxRouters: 1 }).rows.length, rowsLength(1));
});
