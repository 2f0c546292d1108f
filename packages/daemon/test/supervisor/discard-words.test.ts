import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Discard, discardCode, Warning, warningCodes } from '@locum/protocol';
import { discardWords, warningWords } from '../../src/supervisor/discard-words.ts';

test('Every reason to drop an advert, and every doubt about one, has words of its own', () => {
  const reasons = Object.values(Discard).filter((reason) => reason !== Discard.None);
  assert.ok(reasons.length >= 28);
  for (const reason of reasons) assert.ok(discardWords[reason], discardCode(reason));
  for (const bit of Object.values(Warning)) assert.ok(warningWords[bit], warningCodes(bit).join());
  const clauses = reasons.map((reason) => discardWords[reason]!.clause);
  assert.equal(new Set(clauses).size, clauses.length);
  assert.equal(Object.keys(discardWords).length, reasons.length);
});

test('Words end the sentence "dropped an advert: "', () => {
  for (const { clause, detail } of [...Object.values(discardWords), ...Object.values(warningWords)]) {
    assert.match(clause, /^(the|its?|there|we) .*[^.]$/);
    assert.ok([0, 1, 2].includes(detail));
  }
});
