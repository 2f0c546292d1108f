/** The suite bites: each broken transport is caught by the case that is meant for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CASES, runCases } from '../src/conformance/index.ts';
import { memorySegments, VirtualClock } from './memory-segment.ts';
import { OPEN_MUTANTS } from './mutants-open.ts';
import { RECEIVE_MUTANTS } from './mutants-receive.ts';
import { SEND_MUTANTS } from './mutants-send.ts';
import { STATION_MUTANTS } from './mutants-station.ts';

const MUTANTS = [...OPEN_MUTANTS, ...RECEIVE_MUTANTS, ...SEND_MUTANTS, ...STATION_MUTANTS];

for (const { name, caughtBy, mutate } of MUTANTS) {
  test(`${caughtBy} catches a transport that ${name}`, async () => {
    const clock = new VirtualClock();
    const report = await runCases({
      name,
      factory: memorySegments(clock, 50, mutate),
      clock,
      only: [caughtBy],
      deadlineMs: 50,
    });
    assert.deepEqual(
      report.results.map(({ id, status }) => [id, status]),
      [[caughtBy, 'failed']],
    );
  });
}

test('every case catches a mutant', () => {
  const caught = new Set(MUTANTS.map(({ caughtBy }) => caughtBy));
  const idle = CASES.map(({ id }) => id).filter((id) => !caught.has(id));
  assert.deepEqual(idle, []);
});
