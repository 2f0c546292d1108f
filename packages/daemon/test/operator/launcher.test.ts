import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../../../../bin/locum', import.meta.url));

test('the launcher works through a symbolic link, from any directory', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'locum launcher-'));
  context.after(() => rmSync(directory, { recursive: true }));
  symlinkSync(LAUNCHER, join(directory, 'locum'));
  symlinkSync('locum', join(directory, 'again'));
  const run = spawnSync('./again', ['decode', '--json', '--hex', '310164010064050ac00002fe'], {
    cwd: directory,
    encoding: 'utf8',
  });
  deepEqual([run.status, run.stderr], [0, '']);
  equal((JSON.parse(run.stdout) as { ok: boolean }).ok, true);
});

test('a checkout that is not built says what to run', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'locum launcher-'));
  context.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'bin'));
  copyFileSync(LAUNCHER, join(directory, 'bin/locum'));
  const run = spawnSync(join(directory, 'bin/locum'), ['status'], { encoding: 'utf8' });
  deepEqual([run.status, run.stdout], [1, '']);
  ok(run.stderr.includes('npm run setup'), run.stderr);
});

test('captures and hex digits can come from standard input', () => {
  const lines = '310164010064050ac00002fe\n\n0x31 0x01\n';
  const run = spawnSync(LAUNCHER, ['decode', '--json', '--hex', '-'], { input: lines, encoding: 'utf8' });
  equal(run.status, 0);
  const found = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  deepEqual(
    found.map(({ frame, ok: isAccepted, error }) => [frame, isAccepted, error]),
    [
      [1, true, undefined],
      [2, false, 'TRUNCATED'],
    ],
  );
  const empty = spawnSync(LAUNCHER, ['decode', '-'], { input: '', encoding: 'utf8' });
  deepEqual([empty.status, empty.stdout], [2, '']);
});
