import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activeDownIntervalUs, advancePeriodicDeadline, skewTimeUs } from '../../src/machine/timing.ts';

interface TimerVector {
  readonly version: 2 | 3;
  readonly priority: number;
  readonly adver_s?: number;
  readonly active_adver_cs?: number;
  readonly skew_us_exact: number;
  readonly down_us_exact: number;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../../vectors/timers.json', import.meta.url), 'utf8'),
) as readonly TimerVector[];

for (const vector of vectors) {
  const intervalUs = (vector.adver_s ?? 0) * 1_000_000 + (vector.active_adver_cs ?? 0) * 10_000;
  const { version, priority, skew_us_exact: exactSkew, down_us_exact: exactDown } = vector;
  test(`Timers of version ${version}, priority ${priority}, interval ${intervalUs} us [TMR-01] [TMR-02] [TMR-03]`, () => {
    const skew = skewTimeUs(version, priority, intervalUs);
    const down = activeDownIntervalUs(version, priority, intervalUs, 3);
    assert.ok(skew >= exactSkew && skew < exactSkew + 1, `${skew} for ${exactSkew}`);
    assert.ok(down >= exactDown && down < exactDown + 1, `${down} for ${exactDown}`);
    assert.ok(Number.isInteger(skew) && Number.isInteger(down));
  });
}

test('Skew is never zero and falls with every step of priority, at every interval [TMR-04]', () => {
  for (let centiseconds = 1; centiseconds <= 4_095; centiseconds++) {
    const intervalUs = centiseconds * 10_000;
    for (let priority = 1; priority < 255; priority++) {
      assert.ok(skewTimeUs(3, priority, intervalUs) > skewTimeUs(3, priority + 1, intervalUs));
    }
    assert.ok(skewTimeUs(3, 255, intervalUs) > 0);
  }
});

test('The skew of version 2 does not know the interval [TMR-02] [V2-05]', () => {
  assert.equal(skewTimeUs(2, 100, 1_000_000), 609_375);
  assert.equal(skewTimeUs(2, 100, 255_000_000), 609_375);
});

test('The number of missed adverts is a setting', () => {
  assert.equal(activeDownIntervalUs(3, 128, 1_000_000, 1), 1_500_000);
  assert.equal(activeDownIntervalUs(3, 128, 1_000_000, 10), 10_500_000);
});

test('A periodic deadline does not drift, and skips what was missed altogether [TMR-08]', () => {
  const row = Float64Array.of(1_000, 0);
  for (const [now, expected] of [
    [1_000, 1_100],
    [1_199, 1_200],
    [1_200, 1_300],
    [1_300, 1_400],
    [2_450, 2_500],
    [2_600, 2_700],
  ] as const) {
    row[1] = now;
    advancePeriodicDeadline(row, 0, 100, 1);
    assert.equal(row[0], expected);
  }
});
