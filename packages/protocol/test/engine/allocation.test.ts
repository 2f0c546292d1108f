import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Growth that a million steps may leave behind: one octet a step, where the smallest object has twelve. */
const TOLERATED_BYTES = 1_000_000;

test('A million frames and timers allocate nothing', () => {
  const program = fileURLToPath(new URL('./allocation-program.js', import.meta.url));
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const child = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8', timeout: 120_000 });
  assert.equal(child.status, 0, child.stderr);
  const { growth, kinds, collections } = JSON.parse(child.stdout) as {
    growth: number[];
    kinds: Record<string, number>;
    collections: number;
  };
  for (const kind of ['Transmit', 'AcquireAddresses', 'ReleaseAddresses', 'StateChanged', 'Discarded', 'Warned']) {
    assert.ok(kinds[kind]! > 500, `${kind}: only ${kinds[kind]} effects; the run proves nothing`);
  }
  assert.equal(collections, 0, 'the readings of the heap are only good when nothing was collected in between');
  // The runtime compiles at its own times, which costs memory once: the best batch shows what a step costs.
  assert.ok(Math.min(...growth) < TOLERATED_BYTES, `the heap grew by ${growth.join(', ')} octets`);
});
