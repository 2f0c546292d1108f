import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RateLimiter } from '../../src/supervisor/rate-limiter.ts';

test('The first report passes, later ones are counted and told once an interval, each cause by itself [RX-24]', () => {
  const limiter = new RateLimiter(1000);
  assert.deepEqual(limiter.admit('a', 0), { pass: true, suppressed: 0 });
  for (let at = 1; at <= 99; at++) assert.equal(limiter.admit('a', at * 10).pass, false);
  assert.deepEqual(limiter.admit('b', 500), { pass: true, suppressed: 0 });
  assert.deepEqual(limiter.admit('a', 1000), { pass: true, suppressed: 99 });
  assert.deepEqual(limiter.admit('a', 1001), { pass: false, suppressed: 1 });
  assert.deepEqual(limiter.admit('a', 2000), { pass: true, suppressed: 1 });
  assert.deepEqual(limiter.admit('a', 5000), { pass: true, suppressed: 0 });
});

/** What is in use when garbage is not counted. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('A forger who invents sources without end costs no memory without end', () => {
  const limiter = new RateLimiter(1000);
  const before = usedBytes();
  for (let source = 0; source < 300_000; source++) limiter.admit(`dropped VI_1 BAD_TTL from ${source}`, source);
  // Three hundred thousand entries would take more than 20 MB.
  assert.ok(usedBytes() - before < 10_000_000);
  assert.equal(limiter.admit('another', 300_000).pass, true);
});
