import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boottimeUs, monotonicUs, realtimeUs } from '../src/index.ts';

describe('clock', () => {
  it('counts whole microseconds and never goes back', () => {
    let last = 0;
    for (let count = 0; count < 100_000; count++) {
      const now = monotonicUs();
      assert.ok(now >= last);
      last = now;
    }
    assert.ok(Number.isSafeInteger(last));
  });

  it('agrees with the clocks that Node has', () => {
    const before = process.hrtime.bigint() / 1000n;
    const now = monotonicUs();
    const after = process.hrtime.bigint() / 1000n;
    assert.ok(before <= BigInt(now) && BigInt(now) <= after);
    const wall = Date.now() * 1000;
    assert.ok(Math.abs(realtimeUs() - wall) < 1_000_000);
    assert.ok(boottimeUs() >= now);
  });
});
