/** The memory LAN and every wrapper around it pass the suite; the suite keeps its books. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CASES, runCases, runConformance, summaryLines } from '../src/conformance/index.ts';
import { type Breach, type Transport, withChecks, withFaults, withPcap, withTrace } from '../src/index.ts';
import { memorySegments, REAL_CLOCK, VirtualClock } from './memory-segment.ts';

const clock = new VirtualClock();
const breaches: Breach[] = [];

runConformance({ name: 'memory', factory: memorySegments(clock, 50), clock, test });

runConformance({
  name: 'memory in real time',
  factory: memorySegments(REAL_CLOCK, 0),
  clock: REAL_CLOCK,
  test,
  waivers: { 'T-STAMP-04': 'two runs in real time never have equal instants' },
});

const WRAPPERS: readonly [string, (transport: Transport) => Transport][] = [
  ['memory with faults of rate 0', (transport) => withFaults(transport, { seed: 1 })],
  ['memory with a trace', (transport) => withTrace(transport, () => {})],
  ['memory with a capture', (transport) => withPcap(transport, { write: () => {} })],
  ['memory with checks', (transport) => withChecks(transport, (breach) => breaches.push(breach))],
];

for (const [name, wrap] of WRAPPERS) {
  test(`${name} conforms`, async () => {
    const report = await runCases({ name, factory: memorySegments(clock, 50, wrap), clock });
    assert.deepEqual(
      report.results.filter(({ status }) => status === 'failed' || status === 'notRun'),
      [],
    );
  });
}

test('the checks find no breach in the memory LAN', () => {
  assert.deepEqual(breaches, []);
});

test('every case has an id of its own, a title and a sentence', () => {
  assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
  for (const { id, title, sentence } of CASES) {
    assert.match(id, /^T-[A-Z]+-\d\d$/);
    assert.ok(title.length > 0 && sentence.endsWith('.'), id);
  }
});

test('capabilities select cases, and a poor segment leaves cases not run', async () => {
  const full = memorySegments(clock, 0);
  const factory = async () => {
    const { inject: _, ...segment } = await full();
    return segment;
  };
  const report = await runCases({ name: 'poor', factory, clock, only: ['T-RECV-01', 'T-RECV-12', 'T-META-03'] });
  assert.deepEqual(
    report.results.map(({ id, status }) => [id, status]),
    [
      ['T-META-03', 'notApplicable'],
      ['T-RECV-01', 'passed'],
      ['T-RECV-12', 'notRun'],
    ],
  );
  const [counts, notRun, notApplicable] = summaryLines(report);
  assert.equal(counts, 'conformance of poor: 1 passed, 0 failed, 1 not applicable, 0 waived, 1 not run');
  assert.match(notRun!, /^NOT RUN poor T-RECV-12 .* inject\(\)$/);
  assert.equal(notApplicable, 'not applicable T-META-03: only where pollable is true');
});

test('a waiver that is out of date is a failure, an unknown one an error', async () => {
  const options = { name: 'memory', factory: memorySegments(clock, 0), clock };
  const report = await runCases({ ...options, only: ['T-RECV-01'], waivers: { 'T-RECV-01': 'was broken once' } });
  assert.equal(report.results[0]!.status, 'failed');
  await assert.rejects(runCases({ ...options, waivers: { 'T-NONE-99': 'no such case' } }), /no case T-NONE-99/);
});
