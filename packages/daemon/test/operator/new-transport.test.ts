/** A package that `locum new-transport` writes installs without a network and passes the suite at once. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const LOCUM = join(ROOT, 'bin/locum');
const GUIDE = join(ROOT, 'docs/transport-authors.md');
const TEMPLATE = join(ROOT, 'packages/daemon/templates/transport');
const MOST_LINES = 150;

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'locum-new-transport-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function run(cwd: string, command: string, ...words: string[]) {
  // The suite runs inside a test runner here; one that finds itself inside another reports to that.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(command, words, { cwd, encoding: 'utf8', env: { ...env, npm_config_cache: join(cwd, '.cache') } });
}

test('the skeleton installs offline, passes the suite, has right types and can be loaded', async (context) => {
  const parent = temporaryFolder(context);
  const written = run(parent, LOCUM, 'new-transport', 'transport-radio');
  deepEqual([written.status, written.stderr], [0, '']);
  match(written.stdout, /cd transport-radio && npm install && npm test/);
  const folder = join(parent, 'transport-radio');

  const installed = run(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund');
  equal(installed.status, 0, installed.stderr);
  const tested = run(folder, 'npm', 'test');
  equal(tested.status, 0, tested.stdout);
  match(
    tested.stdout,
    /conformance of transport-radio: \d\d passed, 0 failed, \d+ not applicable, 0 waived, 0 not run/,
  );
  const checked = run(folder, process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.');
  equal(checked.status, 0, checked.stdout);

  const module = (await import(pathToFileURL(join(folder, 'index.js')).href)) as { transport: { name: string } };
  equal(module.transport.name, 'transport-radio');
  for (const file of ['package.json', 'index.js', 'README.md', 'test/conformance.test.js']) {
    ok(!readFileSync(join(folder, file), 'utf8').includes('my-medium'), `${file} has the new name`);
  }
  match(readFileSync(join(folder, 'README.md'), 'utf8'), new RegExp(`transport "${folder}"`));
});

test('nothing is written over, and a bad name is refused', (context) => {
  const parent = temporaryFolder(context);
  mkdirSync(join(parent, 'taken'));
  writeFileSync(join(parent, 'taken/file'), 'mine');
  const occupied = run(parent, LOCUM, 'new-transport', 'taken');
  equal(occupied.status, 1);
  match(occupied.stderr, /taken is not empty/);
  equal(readFileSync(join(parent, 'taken/file'), 'utf8'), 'mine');
  const named = run(parent, LOCUM, 'new-transport', 'Über Transport');
  equal(named.status, 1);
  match(named.stderr, /cannot be a name/);
  equal(run(parent, LOCUM, 'new-transport').status, 2);
  const elsewhere = run(parent, LOCUM, 'new-transport', 'radio', '--directory', 'deep/down');
  deepEqual([elsewhere.status, elsewhere.stderr], [0, '']);
});

test('the guide for authors shows what the skeleton has, and that is short', () => {
  const files = ['index.js', 'test/conformance.test.js'].map((file) => readFileSync(join(TEMPLATE, file), 'utf8'));
  const lines = files.reduce((count, text) => count + text.split('\n').length - 1, 0);
  ok(lines < MOST_LINES, `an author's code has ${lines} lines`);
  const blocks = [...readFileSync(GUIDE, 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text!);
  ok(blocks.length >= 3, 'the guide has listings');
  for (const block of blocks) {
    for (const part of block.split(/^\s*\/\/ …\n/m)) {
      ok(
        files.some((text) => text.includes(part)),
        `the skeleton does not have this:\n${part}`,
      );
    }
  }
});
