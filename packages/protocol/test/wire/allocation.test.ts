import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Growth that a million calls may leave behind: one octet a call, where the smallest object has twelve. */
const TOLERATED_BYTES = 1_000_000;

test('a million packets read and a million written allocate nothing', () => {
  const program = fileURLToPath(new URL('./allocation-program.js', import.meta.url));
  const child = spawnSync(
    process.execPath,
    ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', program],
    { encoding: 'utf8', timeout: 120_000 },
  );
  assert.equal(child.status, 0, child.stderr);
  const growth = JSON.parse(child.stdout) as Record<string, number>;
  assert.ok(Object.keys(growth).length >= 6);
  for (const [name, bytes] of Object.entries(growth)) {
    assert.ok(bytes < TOLERATED_BYTES, `${name}: the heap grew by ${bytes} octets`);
  }
});
