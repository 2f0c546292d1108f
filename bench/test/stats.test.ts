import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { median, percentile, ratio, SHAPE_POINTS, summarize } from '../src/stats.ts';

describe('statistics', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([1, 2, 9]), 2);
    assert.equal(median([1, 2, 4, 9]), 3);
  });

  it('takes as a percentile a value that was measured, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(percentile(hundred, 99), 99);
    assert.equal(percentile(hundred, 50), 50);
    assert.equal(percentile([7], 99), 7);
    assert.equal(percentile([1, 2, 3], 99), 3);
    assert.equal(percentile([1, 2, 3], 0), 1);
  });

  it('summarizes values in any order', () => {
    assert.deepEqual(summarize([3, 1, 2]), { count: 3, median: 2, p99: 3, min: 1, max: 3, shape: [1, 2, 3] });
  });

  it('sorts numbers as numbers', () => {
    assert.deepEqual(summarize([100, 9, -20]).shape, [-20, 9, 100]);
  });

  it('keeps of many values the ends and evenly spaced ones between', () => {
    const values = Array.from({ length: 20_001 }, (_, index) => index);
    const { shape } = summarize(values);
    assert.equal(shape.length, SHAPE_POINTS);
    assert.equal(shape[0], 0);
    assert.equal(shape.at(-1), 20_000);
    assert.equal(shape[50], 10_000);
  });

  it('refuses to summarize nothing, or what is no number', () => {
    assert.throws(() => summarize([]), /nothing was measured/);
    assert.throws(() => summarize([1, Number.NaN]), /not a number/);
  });

  it('compares magnitudes, and says nothing about a reference of zero', () => {
    assert.equal(ratio(1, 4), 0.25);
    assert.equal(ratio(-1, 4), 0.25);
    assert.equal(ratio(1, 0), undefined);
    assert.equal(ratio(0, 0), undefined);
  });
});
