/** Each sentence of the contract that says "must" or "never" has a case, and the public types change only knowingly. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { CASES } from '../src/conformance/index.ts';

/** Compiled tests stand in dist/test. */
const PACKAGE = new URL('../../', import.meta.url);
const GOLDEN = new URL('contract.golden.txt', PACKAGE);
const PUBLIC = ['contract', 'error', 'conformance/segment', 'conformance/run', 'conformance/report'];
const RENEW = 'LOCUM_RENEW_GOLDEN=1 node scripts/test.mjs packages/transport/test/contract';

/** Words of each sentence that promises or forbids something for good, and the cases that hold it to that. */
const CHECKED: readonly (readonly [words: string, ...ids: string[]])[] = [
  ['Outcome of a send: a small integer, never an exception', 'T-SEND-04'],
  ['never decreases on a port and is never in the future', 'T-STAMP-01', 'T-STAMP-02'],
  ['Frames that the filter does not name never reach the sink', 'T-RECV-07'],
  ['Never blocks, never waits', 'T-RECV-05'],
  ['frames the filter does not name never are', 'T-OPEN-05'],
  ['What was sent is never delivered to the port that sent it', 'T-RECV-03'],
  ['It is known by its direction, never by its source MAC', 'T-RECV-11'],
];

test('each sentence of the contract with "must" or "never" has a case', () => {
  const source = readFileSync(new URL('src/contract.ts', PACKAGE), 'utf8');
  const comments = [...source.matchAll(/\/\*\*([\s\S]*?)\*\//g)].slice(1).map(([, text]) => text!);
  const sentences = comments
    .flatMap((text) => text.replace(/\s*\n\s*\* ?/g, ' ').split(/(?<=[.:;]) +(?=[A-Z{`])/))
    .filter((sentence) => /\b(?:must|never)\b/i.test(sentence))
    .map((sentence) => sentence.trim());
  assert.ok(sentences.length >= CHECKED.length, sentences.join('\n'));
  for (const sentence of sentences) {
    assert.ok(
      CHECKED.some(([words]) => sentence.includes(words)),
      `no case is named for: ${sentence}`,
    );
  }
  const ids = new Set(CASES.map(({ id }) => id));
  for (const [words, ...named] of CHECKED) {
    assert.ok(
      sentences.some((sentence) => sentence.includes(words)),
      `the contract no longer says: ${words}`,
    );
    for (const id of named) assert.ok(ids.has(id), id);
  }
});

test('the public types are those of contract.golden.txt', () => {
  const actual = PUBLIC.map((name) => `// ${name}\n${declarations(name)}`).join('\n');
  if (process.env.LOCUM_RENEW_GOLDEN === '1') writeFileSync(GOLDEN, actual);
  assert.ok(existsSync(GOLDEN), `there is no contract.golden.txt; make it with: ${RENEW}`);
  assert.equal(actual, readFileSync(GOLDEN, 'utf8'), `what authors build on has changed. If it should: ${RENEW}`);
});

/** What the compiler declares for a module, without comments and empty lines. */
function declarations(name: string): string {
  const text = readFileSync(new URL(`dist/src/${name}.d.ts`, PACKAGE), 'utf8');
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  return `${bare
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')}\n`;
}
