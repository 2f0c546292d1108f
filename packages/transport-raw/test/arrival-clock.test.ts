import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Clock } from '@locum/linux';
import { ArrivalClock, type ReadClock } from '../src/arrival-clock.ts';

/** Two clocks in virtual time; each reading takes a microsecond. */
class Clocks {
  monotonicUs = 5_000_000;
  distanceUs = 1_700_000_000_000_000;
  /** How much longer than a microsecond the next readings take. */
  pausesUs: number[] = [];
  readonly arrival: ArrivalClock;

  /** @param hostUs how far the host's clock is ahead of the monotonic clock */
  constructor(hostUs = 0) {
    const read: ReadClock = (clock, into, index) => {
      this.monotonicUs += 1 + (this.pausesUs.shift() ?? 0);
      into[index] = this.monotonicUs + (clock === Clock.Realtime ? this.distanceUs : 0);
    };
    this.arrival = new ArrivalClock(read, { now: () => this.monotonicUs + hostUs });
  }

  /** What the kernel would stamp a frame with that arrived at an instant. */
  stamp(at: number): [seconds: number, microseconds: number] {
    const stampUs = at + this.distanceUs;
    return [Math.floor(stampUs / 1_000_000), stampUs % 1_000_000];
  }

  map(at: number): number {
    this.arrival.map(...this.stamp(at));
    return this.arrival.at;
  }
}

describe('arrival clock', () => {
  it('maps a stamp to the instant of arrival', () => {
    const clocks = new Clocks();
    clocks.monotonicUs = 6_000_000;
    clocks.arrival.refresh();
    clocks.map(5_900_000);
    assert.ok(Math.abs(clocks.arrival.at - 5_900_000) <= 3, `${clocks.arrival.at}`);
    assert.equal(clocks.arrival.untrusted, false);
  });

  it('never goes back', () => {
    const clocks = new Clocks();
    clocks.monotonicUs = 6_000_000;
    clocks.arrival.refresh();
    clocks.map(5_900_000);
    const first = clocks.arrival.at;
    clocks.map(5_800_000);
    assert.equal(clocks.arrival.at, first);
  });

  it('is never in the future, and knows frames that arrived since the batch began', () => {
    const clocks = new Clocks();
    clocks.arrival.refresh();
    clocks.monotonicUs = 7_000_000;
    clocks.map(6_500_000);
    assert.ok(Math.abs(clocks.arrival.at - 6_500_000) <= 3, `${clocks.arrival.at}`);
    clocks.map(9_000_000);
    assert.ok(clocks.arrival.at > 6_500_003 && clocks.arrival.at <= clocks.monotonicUs);
  });

  it('does not believe the stamps of a batch before which the wall clock was set', () => {
    for (const stepUs of [3_600_000_000, -3_600_000_000, 5000]) {
      const clocks = new Clocks();
      clocks.monotonicUs = 6_000_000;
      const stamp = clocks.stamp(5_900_000);
      clocks.distanceUs += stepUs;
      clocks.arrival.refresh();
      clocks.arrival.map(...stamp);
      assert.equal(clocks.arrival.untrusted, true);
      assert.ok(Math.abs(clocks.arrival.at - 6_000_000) <= 10, `${clocks.arrival.at}`);
      clocks.arrival.refresh();
      assert.equal(clocks.arrival.untrusted, false, 'the next batch is believed');
    }
  });

  it('measures again when a measurement was interrupted', () => {
    const clocks = new Clocks();
    clocks.pausesUs = [0, 40_000];
    clocks.arrival.refresh();
    assert.equal(clocks.arrival.untrusted, false);
    assert.ok(Math.abs(clocks.map(5_030_000) - 5_030_000) <= 3);
  });

  it('gives instants of a host that counts from elsewhere', () => {
    const clocks = new Clocks(-5_000_000);
    clocks.monotonicUs = 6_000_000;
    clocks.arrival.refresh();
    assert.ok(Math.abs(clocks.map(5_900_000) - 900_000) <= 5);
  });
});
