import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reception, receive } from '../../src/index.ts';
import { describeReception } from './described.ts';
import { naiveDecode } from './naive-decoder.ts';
import { type AdvertVector, adverts, type Context, type Expectation, hex, place, portOf } from './vectors.ts';

const out = new Reception();

function judge(vector: AdvertVector, context: Context | undefined): Expectation {
  const { bytes, start, end, link } = place(vector, out);
  return describeReception(bytes, receive(bytes, start, end, link, portOf(context), out), out);
}

describe('golden adverts', () => {
  assert.ok(adverts.length > 100);
  for (const vector of adverts) {
    test(vector.name, () => {
      assert.deepEqual(judge(vector, vector.ctx), vector.expect);
    });
    for (const alternative of vector.alt ?? []) {
      test(`${vector.name} with ${JSON.stringify(alternative.ctx)}`, () => {
        const full = judge(vector, { ...vector.ctx, ...alternative.ctx });
        const { ok, error, checksum_form, warnings } = full;
        const { expect } = alternative;
        assert.deepEqual(
          { ok, error, warnings, checksum_form },
          { error: undefined, warnings: undefined, checksum_form: undefined, ...expect },
        );
      });
    }
    if (vector.expect.ok && vector.link === 'ip') {
      test(`${vector.name} means the same to the naive decoder`, () => {
        const naive = naiveDecode(hex(vector.hex), vector.ctx?.auth ?? undefined);
        const { warnings: _, ...fields } = vector.expect;
        assert.deepEqual(naive, fields);
      });
    }
  }
});
