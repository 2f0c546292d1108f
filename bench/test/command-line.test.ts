import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommandLine } from '../src/command-line.ts';

const CASES = ['jitter', 'codec'];

describe('command line', () => {
  it('takes cases and options in any order', () => {
    const line = parseCommandLine(['codec', '--full', '--json', 'out.json'], CASES);
    assert.deepEqual(line.cases, ['codec']);
    assert.equal(line.full, true);
    assert.equal(line.json, 'out.json');
    assert.equal(line.html, undefined);
  });

  it('names the cases where one is unknown', () => {
    assert.throws(() => parseCommandLine(['jiter'], CASES), /no such case: jiter; there are: jitter, codec/);
  });

  it('refuses to measure and to read a result at once', () => {
    assert.throws(() => parseCommandLine(['--from', 'old.json', '--full'], CASES), /--from measures nothing/);
  });
});
