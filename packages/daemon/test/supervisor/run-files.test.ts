/** The pid file and the run directory: what keeps a second daemon away, and what a crash leaves in nobody's way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PidFile } from '../../src/supervisor/pid-file.ts';
import { RunDirectory } from '../../src/supervisor/run-directory.ts';
import type { StartError } from '../../src/supervisor/start-error.ts';

function temporary(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'locum-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function refusal(action: () => unknown): StartError {
  let refused: unknown;
  try {
    action();
  } catch (error) {
    refused = error;
  }
  assert.equal((refused as Error | undefined)?.name, 'StartError');
  return refused as StartError;
}

test('A pid file names its process, keeps others away and goes', (context) => {
  const path = join(temporary(context), 'below', 'locumd.pid');
  const pidFile = PidFile.take(path);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  assert.equal(statSync(path).mode & 0o777, 0o644);
  const { code, message, hint } = refusal(() => PidFile.take(path));
  assert.equal(code, 'ALREADY_RUNNING');
  assert.ok(message.includes(path) && message.includes(`process ${process.pid}`), message);
  assert.match(hint, new RegExp(`kill ${process.pid}.*-p FILE`));
  pidFile.release();
  assert.ok(!existsSync(path));
  const removed = PidFile.take(path);
  rmSync(path);
  removed.release();
  PidFile.take(path).release();
});

test('A pid file left behind by a process that died is taken over, whatever is in it', (context) => {
  const path = join(temporary(context), 'locumd.pid');
  const program = new URL('../../src/supervisor/pid-file.js', import.meta.url).href;
  const script = `
    const [program, path] = process.argv.slice(1);
    const { PidFile } = await import(program);
    PidFile.take(path);
    process.kill(process.pid, 'SIGKILL');
  `;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, program, path]);
  assert.equal(signal, 'SIGKILL');
  assert.ok(existsSync(path));
  writeFileSync(path, 'a much longer text than a process id\n');
  PidFile.take(path);
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
});

test('A pid file that cannot be is refused with its path', (context) => {
  const directory = temporary(context);
  writeFileSync(join(directory, 'file'), '');
  for (const path of [join(directory, 'file', 'x'), directory]) {
    const { code, message, hint } = refusal(() => PidFile.take(path));
    assert.equal(code, 'PID_FILE');
    assert.ok(message.includes(path), message);
    assert.match(hint, /-p/);
  }
});

test('A run directory is private, even when it was not, and belongs to one daemon', (context) => {
  const directory = join(temporary(context), 'run', 'locum');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const taken = RunDirectory.take(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.deepEqual([taken.controlSocket, taken.engineSocket], [`${directory}/locumd.sock`, `${directory}/engine.sock`]);
  const { code, hint } = refusal(() => RunDirectory.take(directory));
  assert.equal(code, 'ALREADY_RUNNING');
  assert.match(hint, /--run-dir/);
  taken.release();
  RunDirectory.take(directory).release();
});

test('A run directory whose sockets nobody could open is refused', (context) => {
  const directory = join(temporary(context), 'x'.repeat(100));
  const { code, message, hint } = refusal(() => RunDirectory.take(directory));
  assert.equal(code, 'RUN_DIRECTORY');
  assert.ok(message.includes(directory), message);
  assert.match(hint, /--run-dir/);
  assert.ok(!existsSync(directory));
});
