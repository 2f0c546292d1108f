import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const packageDirectory = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = join(packageDirectory, '../../node_modules/.bin/tsc');

test('the core compiles without the types of Node or of a browser', () => {
  assert.ok(existsSync(compiler), 'the compiler is installed');
  const run = spawnSync(compiler, ['-p', join(packageDirectory, 'tsconfig.pure.json')], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});

test('the core imports nothing but itself, and reads no clock', () => {
  const sources = readdirSync(join(packageDirectory, 'src'), { recursive: true, encoding: 'utf8' });
  const files = sources.filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 15);
  for (const name of files) {
    const text = readFileSync(join(packageDirectory, 'src', name), 'utf8');
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from!, /^\.\.?\//, `${name} imports ${from}`);
    assert.doesNotMatch(text, /\b(Date\.now|performance\.|new Date|Math\.random|setTimeout|process\.)/, name);
  }
});
