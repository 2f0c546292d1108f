import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spacingErrors, spacingOf } from '../src/lan/spacing.ts';

describe('spacing', () => {
  it('counts how far each gap is from the interval, either way', () => {
    assert.deepEqual(spacingErrors([0, 110, 200, 300], 100), [10, 10, 0]);
  });

  it('finds the pace of a sender that falls behind', () => {
    assert.equal(spacingOf([0, 103, 206, 309], 100).driftUs, 3);
  });

  it('does not take one late advert for a pace', () => {
    const instants = Array.from({ length: 20 }, (_, index) => index * 100 + (index === 19 ? 80 : 0));
    assert.equal(spacingOf(instants, 100).driftUs, 0);
  });

  it('needs two adverts', () => {
    assert.throws(() => spacingOf([1], 100), RangeError);
  });
});
