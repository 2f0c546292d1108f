import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ledger } from '../src/ledger.ts';
import { allOf, comparisons, measured } from '../src/row.ts';
import { C_LOOP, KEEPALIVED, OURS, ROWS, SPACING } from './sample.ts';

const FINE = { passed: true, words: 'counted' };

describe('rows', () => {
  it('compares ours with every peer of the same figure, and peers with nobody', () => {
    assert.deepEqual(comparisons(ROWS[0]!, ROWS), [{ peer: 'keepalived', ratio: 0.2 }]);
    assert.deepEqual(comparisons(ROWS[0]!, ROWS, 'p99'), [{ peer: 'keepalived', ratio: 0.1 }]);
    assert.deepEqual(comparisons(ROWS[1]!, ROWS), []);
  });

  it('does not compare with a run whose check failed', () => {
    const broken = measured(SPACING, KEEPALIVED, [1], { passed: false, words: 'no adverts' });
    assert.equal(broken.verdict, 'broken');
    assert.deepEqual(comparisons(ROWS[0]!, [ROWS[0]!, broken]), []);
  });

  it('takes a run without values for broken', () => {
    assert.equal(measured(SPACING, OURS, [], FINE).verdict, 'broken');
  });

  it('says of several checks only what failed', () => {
    assert.deepEqual(allOf([FINE, { passed: false, words: 'two missing' }]), { passed: false, words: 'two missing' });
    assert.deepEqual(allOf([FINE, FINE]), FINE);
  });
});

describe('ledger', () => {
  it('makes one row of all repeats, grouped by scenario and figure', () => {
    const ledger = new Ledger();
    const drift = { ...SPACING, figure: 'drift' };
    ledger.add(SPACING, OURS, [1, 2], FINE);
    ledger.add(drift, OURS, [0], FINE);
    ledger.add(SPACING, KEEPALIVED, [5], FINE);
    ledger.add(SPACING, OURS, [3], FINE);
    ledger.lack(SPACING, C_LOOP, 'no C compiler');
    const rows = ledger.rows();
    assert.deepEqual(
      rows.map(({ figure, subject, verdict }) => [figure, subject.name, verdict]),
      [
        ['spacing error', 'locumd', 'ok'],
        ['spacing error', 'keepalived', 'ok'],
        ['spacing error', 'C loop', 'not run'],
        ['drift', 'locumd', 'ok'],
      ],
    );
    assert.equal(rows[0]!.distribution!.count, 3);
  });

  it('breaks a row when one of its repeats failed', () => {
    const ledger = new Ledger();
    ledger.add(SPACING, OURS, [1], FINE);
    ledger.fail(SPACING, OURS, new Error('it fell over'));
    const [row] = ledger.rows();
    assert.equal(row!.verdict, 'broken');
    assert.match(row!.note, /it fell over/);
  });

  it('keeps the smallest reading of garbage', () => {
    const ledger = new Ledger();
    for (const bytes of [16, 0, 32]) ledger.add(SPACING, OURS, [1], FINE, bytes);
    assert.equal(ledger.rows()[0]!.bytesPerOperation, 0);
  });
});
