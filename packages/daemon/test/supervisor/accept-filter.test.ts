import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { AcceptFilter } from '../../src/supervisor/accept-filter.ts';
import { instance, instanceOf } from '../configuration/sample.ts';

const accepting = [instanceOf(instance('priority 100', '10.0.0.1/24'))];
const refusing = [instanceOf(instance('priority 100\nno_accept', '10.0.0.1/24'))];
const other = [instanceOf(instance('priority 100\nno_accept', '10.0.0.2/24'))];
const DELETION = 'table inet locum_x\ndelete table inet locum_x\n';

const path = process.env.PATH;
let directory = '';
/** What nft was told since the last time. */
let told: () => string[] = () => [];
/** Whether nft fails. */
let fail: (fails: boolean) => void = () => {};

/** Stands in for nft: keeps what it is told, and fails when asked to. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'locum-nft-'));
  const [log, failing] = [join(directory, 'log'), join(directory, 'failing')];
  const script = `#!/bin/sh\n(cat; echo ---) >>"${log}"\n[ ! -e "${failing}" ] || { echo denied >&2; exit 1; }\n`;
  writeFileSync(join(directory, 'nft'), script, { mode: 0o755 });
  process.env.PATH = `${directory}:${path}`;
  told = () => {
    const calls = existsSync(log) ? readFileSync(log, 'utf8').split('---\n').slice(0, -1) : [];
    rmSync(log, { force: true });
    return calls;
  };
  fail = (fails) => (fails ? writeFileSync(failing, '') : rmSync(failing));
});

afterEach(() => {
  process.env.PATH = path;
  rmSync(directory, { recursive: true });
});

test('A table that an earlier process left behind is removed once, and not while the daemon starts', () => {
  const filter = new AcceptFilter('locum_x');
  assert.equal(filter.apply(accepting), undefined);
  assert.deepEqual(told(), []);
  filter.removeLeftover();
  assert.deepEqual(told(), [DELETION]);
  filter.removeLeftover();
  filter.apply(accepting);
  filter.remove();
  assert.deepEqual(told(), []);
});

test('A table of its own is no leftover, whenever that is asked for', () => {
  const filter = new AcceptFilter('locum_x');
  filter.apply(accepting);
  assert.equal(filter.apply(refusing), undefined);
  const [rules] = told();
  assert.ok(rules!.startsWith(DELETION), rules);
  assert.match(rules!, /ip daddr \{ 10\.0\.0\.1 \} drop/);
  filter.removeLeftover();
  assert.deepEqual(told(), []);
  filter.apply(accepting);
  assert.deepEqual(told(), [DELETION]);
});

test('A table that could not be changed or removed still stands, and is removed when that can be done', () => {
  const filter = new AcceptFilter('locum_x');
  filter.apply(refusing);
  fail(true);
  assert.equal(filter.apply(other), 'denied');
  assert.equal(filter.apply(accepting), 'denied');
  fail(false);
  told();
  assert.equal(filter.apply(accepting), undefined);
  assert.deepEqual(told(), [DELETION]);
  assert.equal(filter.remove(), undefined);
  assert.deepEqual(told(), []);
});

test('Without nft there is nothing to remove, and only who wants to refuse is told', () => {
  process.env.PATH = directory;
  rmSync(join(directory, 'nft'));
  const filter = new AcceptFilter('locum_x');
  assert.equal(filter.apply(accepting), undefined);
  filter.removeLeftover();
  assert.match(filter.apply(refusing)!, /no_accept needs the program nft/);
});
