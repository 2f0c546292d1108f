/**
 * What is deterministic about the measured code: that it does its work, that C finds the same in the same octets, and
 * that it allocates nothing. Times are not judged here.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '@locum/integration/requirement';
import { CPrograms } from '../src/c-program.ts';
import { SAMPLE_KINDS } from '../src/operation/advert-sample.ts';
import { measureInC } from '../src/operation/c-codec.ts';
import { OPERATIONS } from '../src/operation/catalogue.ts';
import { measureInProcess } from '../src/operation/measure-operation.ts';

const MILLISECONDS = 20;
/** Noise of the runtime: far below the sixteen octets of the smallest object. */
const TOLERATED_BYTES = 1;
/**
 * Now and then the runtime compiles a function so that a number becomes an object on its way into another; what the code
 * itself needs is what the best process shows.
 */
const ATTEMPTS = 10;

const GATED = [...OPERATIONS.keys()].filter(
  (key) =>
    /^(?:codec|engine)\//.test(key) ||
    // With `ask` the earliest deadline is handed out as a number, which is an object of sixteen octets.
    /^wheel\/(?:arm \+ cancel|cancel \+ arm, any|expire \+ arm)\/1000$/.test(key),
);

describe('measured operations', { concurrency: 2 }, () => {
  it('are those of the codec, the engine and the wheel', () => {
    assert.ok(GATED.length >= 20, GATED.join(', '));
  });

  for (const key of GATED) {
    it(`${key} does its work and allocates nothing`, async () => {
      const readings: number[] = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { bytesPerOperation, fault, operations } = await measureInProcess(key, MILLISECONDS);
        assert.equal(fault, '');
        assert.ok(operations > 0);
        readings.push(bytesPerOperation);
        if (bytesPerOperation < TOLERATED_BYTES) return;
      }
      assert.fail(`${readings.join(', ')} octets an operation`);
    });
  }
});

describe('codec in C', requires('bench/c', { commands: ['cc'] }), () => {
  for (const kind of SAMPLE_KINDS) {
    it(`finds and writes the same: ${kind.name}`, () => {
      const programs = new CPrograms();
      try {
        const program = programs.get('codec');
        assert.ok('path' in program, JSON.stringify(program));
        for (const work of ['decode', 'encode'] as const) {
          assert.equal(measureInC(program.path, work, kind, 1).fault, '');
        }
      } finally {
        programs.close();
      }
    });
  }
});
