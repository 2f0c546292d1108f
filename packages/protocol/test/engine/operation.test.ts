import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { octetsPerCall } from '../heap-growth.ts';

test('Each operation of the wheel, and each advert received or sent in every version and family, allocates nothing', () => {
  const octets = octetsPerCall(fileURLToPath(new URL('./operation-program.js', import.meta.url)));
  assert.ok(Object.keys(octets).length >= 16);
  for (const [name, count] of Object.entries(octets)) assert.equal(count, 0, `${name}: ${count} octets a call`);
});
