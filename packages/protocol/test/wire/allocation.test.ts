import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { octetsPerCall } from '../heap-growth.ts';

test('Reading and writing packets of every version, family and authentication allocates nothing', () => {
  const octets = octetsPerCall(fileURLToPath(new URL('./allocation-program.js', import.meta.url)));
  assert.ok(Object.keys(octets).length >= 20);
  for (const [name, count] of Object.entries(octets)) assert.equal(count, 0, `${name}: ${count} octets a call`);
});
