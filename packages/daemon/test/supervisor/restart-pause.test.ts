/** The pauses between engines that do not live. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPause } from '../../src/supervisor/restart-pause.ts';

test('The first engines in a row that die early are followed at once, the others after pauses that double', () => {
  const pause = new RestartPause();
  const pauses = Array.from({ length: 13 }, () => pause.after(0));
  assert.deepEqual(pauses, [0, 0, 0, 0, 0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('An engine that lived for a while is followed at once, and so are the next ones', () => {
  const pause = new RestartPause();
  for (let death = 0; death < 9; death++) pause.after(9_999);
  assert.equal(pause.after(10_000), 0);
  assert.equal(pause.after(0), 0);
});
