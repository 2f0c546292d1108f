import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFormat } from '../../src/command-line/locumd-options.ts';
import { Log, type Severity } from '../../src/supervisor/log.ts';

function logging(format: LogFormat, detail: number): { log: Log; lines: [Severity, string][] } {
  const lines: [Severity, string][] = [];
  const log = new Log(format, detail, [(severity, line) => lines.push([severity, line])]);
  return { log, lines };
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

test('For people: an instant, what is bad by name, and what happened', () => {
  const { log, lines } = logging('human', 0);
  log.error('e');
  log.warning('w');
  log.notice('(VI_1) Entering MASTER STATE', { instance: 'VI_1', state: 'MASTER' });
  assert.deepEqual(
    lines.map(([severity, line]) => [severity, line.replace(STAMP, '')]),
    [
      ['error', 'error: e'],
      ['warning', 'warning: w'],
      ['notice', '(VI_1) Entering MASTER STATE'],
    ],
  );
  for (const [, line] of lines) assert.match(line, STAMP);
});

test('Details are written as far as they were asked for', () => {
  for (const detail of [0, 1, 2]) {
    const { log, lines } = logging('human', detail);
    log.info(1, 'one');
    log.info(2, 'two');
    assert.equal(lines.length, detail);
  }
});

test('As JSON: one object a line, with its fields, whatever the text', () => {
  const { log, lines } = logging('json', 1);
  const nasty = 'a "quoted"\nline with \u0000 and \u2028';
  log.warning(nasty, { code: 'X', count: 3, absent: undefined });
  log.diagnostics([
    {
      ...{ severity: 'error', code: 'out-of-range', message: 'priority is 1..254', remedy: 'Write less' },
      place: { file: '/etc/k.conf', line: 3, column: 5 },
    } as Parameters<Log['diagnostics']>[0][number],
  ]);
  const [first, second] = lines.map(([, line]) => {
    assert.ok(!line.includes('\n'));
    return JSON.parse(line) as Record<string, unknown>;
  });
  assert.deepEqual([first!.message, first!.severity, first!.code, first!.count], [nasty, 'warning', 'X', 3]);
  assert.match(second!.message as string, /^\/etc\/k\.conf:3:5: priority is 1\.\.254\. Write less/);
  assert.deepEqual([second!.code, second!.file, second!.line, second!.column], ['out-of-range', '/etc/k.conf', 3, 5]);
});

test('Every sink gets every line', () => {
  const seen: string[] = [];
  const log = new Log('human', 0, [
    (_severity, line) => seen.push(`1 ${line}`),
    (_severity, line) => seen.push(`2 ${line}`),
  ]);
  log.notice('x');
  assert.deepEqual(
    seen.map((line) => line[0]),
    ['1', '2'],
  );
});
