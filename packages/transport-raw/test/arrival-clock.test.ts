import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArrivalClock } from '../src/arrival-clock.ts';

/** Two clocks in virtual time; each reading takes a microsecond. */
class Clocks {
  monotonicUs = 5_000_000;
  distanceUs = 1_700_000_000_000_000;

  /** What the kernel would stamp a frame with that arrived at an instant. */
  stamp(at: number): number {
    return at + this.distanceUs;
  }

  readonly arrival = new ArrivalClock(
    () => ++this.monotonicUs,
    () => ++this.monotonicUs + this.distanceUs,
  );
}

describe('arrival clock', () => {
  it('maps a stamp to the instant of arrival', () => {
    const clocks = new Clocks();
    clocks.monotonicUs = 6_000_000;
    clocks.arrival.refresh();
    clocks.arrival.map(clocks.stamp(5_900_000));
    assert.ok(Math.abs(clocks.arrival.at - 5_900_000) <= 3, `${clocks.arrival.at}`);
    assert.equal(clocks.arrival.untrusted, false);
  });

  it('never goes back', () => {
    const clocks = new Clocks();
    clocks.monotonicUs = 6_000_000;
    clocks.arrival.refresh();
    clocks.arrival.map(clocks.stamp(5_900_000));
    const first = clocks.arrival.at;
    clocks.arrival.map(clocks.stamp(5_800_000));
    assert.equal(clocks.arrival.at, first);
  });

  it('is never in the future, and knows frames that arrived since the batch began', () => {
    const clocks = new Clocks();
    clocks.arrival.refresh();
    clocks.monotonicUs = 7_000_000;
    clocks.arrival.map(clocks.stamp(6_500_000));
    assert.ok(Math.abs(clocks.arrival.at - 6_500_000) <= 3, `${clocks.arrival.at}`);
    clocks.arrival.map(clocks.stamp(9_000_000));
    assert.ok(clocks.arrival.at > 6_500_003 && clocks.arrival.at <= clocks.monotonicUs);
  });

  it('does not believe the stamps of a batch before which the wall clock was set', () => {
    for (const stepUs of [3_600_000_000, -3_600_000_000, 5000]) {
      const clocks = new Clocks();
      clocks.monotonicUs = 6_000_000;
      const stamp = clocks.stamp(5_900_000);
      clocks.distanceUs += stepUs;
      clocks.arrival.refresh();
      clocks.arrival.map(stamp);
      assert.equal(clocks.arrival.untrusted, true);
      assert.ok(Math.abs(clocks.arrival.at - 6_000_000) <= 10, `${clocks.arrival.at}`);
      clocks.arrival.refresh();
      assert.equal(clocks.arrival.untrusted, false, 'the next batch is believed');
    }
  });

  it('measures again when a measurement was interrupted', () => {
    let monotonicUs = 0;
    const pauses = [0, 40_000, 0, 0, 0, 0, 0, 0, 0];
    const arrival = new ArrivalClock(
      () => (monotonicUs += 1 + (pauses.shift() ?? 0)),
      () => ++monotonicUs + 1_000_000,
    );
    monotonicUs = 100_000;
    arrival.refresh();
    arrival.map(1_090_000);
    assert.ok(Math.abs(arrival.at - 90_000) <= 3, `${arrival.at}`);
    assert.equal(arrival.untrusted, false);
  });
});
