import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RateLimiter } from '../../src/supervisor/rate-limiter.ts';

test('The first report passes, later ones are counted and told once an interval, each cause by itself [RX-24]', () => {
  const limiter = new RateLimiter(1000);
  const admit = (cause: string, nowMs: number): [boolean, number] => {
    const { pass, suppressed } = limiter.admit(cause, nowMs);
    return [pass, suppressed];
  };
  assert.deepEqual(admit('a', 0), [true, 0]);
  for (let at = 1; at <= 99; at++) assert.equal(admit('a', at * 10)[0], false);
  assert.deepEqual(admit('b', 500), [true, 0]);
  assert.deepEqual(admit('a', 1000), [true, 99]);
  assert.deepEqual(admit('a', 1001), [false, 1]);
  assert.deepEqual(admit('a', 2000), [true, 1]);
  assert.deepEqual(admit('a', 5000), [true, 0]);
});

test('Of many sources of a cause ten an interval are reported, and the others counted once [RX-24]', () => {
  const limiter = new RateLimiter(1000);
  let reported = 0;
  let told = 0;
  // Each reports twice, one after another, for ten intervals.
  for (let at = 0; at < 10_000; at++) {
    for (let time = 0; time < 2; time++) {
      const { pass, suppressed, ofOthers } = limiter.admit('forged', at, `source ${at}`);
      if (!pass) continue;
      reported++;
      told += suppressed + ofOthers;
    }
  }
  assert.equal(reported, 100);
  const last = limiter.admit('forged', 11_000, 'another');
  assert.equal(last.pass, true);
  // Those that still have places of their own keep what was swallowed of them.
  const kept = 20_000 - reported - told - last.suppressed - last.ofOthers;
  assert.ok(kept >= 0 && kept <= 10, `${kept}`);
  // Someone who is always there keeps his place while nobody else asks.
  assert.deepEqual(limiter.admit('quiet', 0, 'peer'), { pass: true, suppressed: 0, ofOthers: 0 });
  assert.equal(limiter.admit('quiet', 1, 'peer').pass, false);
  assert.deepEqual(limiter.admit('quiet', 1000, 'peer'), { pass: true, suppressed: 1, ofOthers: 0 });
});

test('However many causes there are, none of them is reported twice in an interval [RX-24]', () => {
  const limiter = new RateLimiter(1000);
  let reported = 0;
  for (let round = 0; round < 3; round++) {
    for (let cause = 0; cause < 3000; cause++) if (limiter.admit(`cause ${cause}`, round).pass) reported++;
  }
  assert.equal(reported, 3000);
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
  for (let source = 0; source < 300_000; source++) limiter.admit('dropped VI_1 BAD_TTL', source, `from ${source}`);
  // Three hundred thousand entries would take more than 20 MB.
  assert.ok(usedBytes() - before < 10_000_000);
  assert.equal(limiter.admit('another', 300_000).pass, true);
});
