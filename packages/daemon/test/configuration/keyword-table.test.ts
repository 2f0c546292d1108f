import assert from 'node:assert/strict';
import test from 'node:test';
import type { BlockName, KeywordRow } from '../../src/configuration/keywords/row.ts';
import { allKeywords } from '../../src/configuration/keywords/table.ts';
import { editDistance, nearestKeyword } from '../../src/configuration/nearest-keyword.ts';
import { renderReference } from '../../src/configuration/reference.ts';
import { brief, instance, load } from './sample.ts';

const keywords = allKeywords.filter((row) => !row.block.endsWith('-option'));

test('every keyword of keepalived is in the tables once', () => {
  const counts: Partial<Record<BlockName, number>> = {};
  for (const { block } of keywords) counts[block] = (counts[block] ?? 0) + 1;
  assert.deepEqual(counts, {
    root: 22,
    // Four more than keepalived's: net_namespace is accepted here as well, and three are ours.
    global_defs: 144,
    // One is ours.
    vrrp_instance: 71,
    authentication: 2,
    auth_hmac: 5,
    vrrp_sync_group: 15,
    track_group: 1,
    garp_group: 4,
    vrrp_script: 8,
    vrrp_track_process: 9,
    track_file: 3,
    vrrp_track_file: 3,
    bfd_instance: 15,
  });
  assert.equal(new Set(allKeywords.map((row) => `${row.block} ${row.name}`)).size, allKeywords.length);
});

test('rows are fit for print', () => {
  for (const row of allKeywords) {
    assert.match(row.name, /^[-a-z0-9_]+$/);
    assert.match(row.help, /^.*[^.]$/, row.name);
  }
});

/** The keyword as it might be written, with what its block may hold. */
function written(row: KeywordRow): string {
  const { kind } = row.value;
  if (kind === 'flag' || kind === 'boolean') return row.name;
  if (kind === 'list' || kind === 'words') return `${row.name} {\n some thing\n}`;
  if (kind === 'block') return `${row.name} A {\n no_such_word\n state MASTER\n}`;
  return `${row.name} 1`;
}

for (const block of ['root', 'global_defs', 'vrrp_instance'] as const) {
  test(`a keyword of ${block} that is not supported gives one warning and no error`, () => {
    for (const row of keywords.filter((each) => each.block === block && each.status !== 'supported')) {
      const text =
        block === 'root'
          ? `\n${written(row)}`
          : block === 'global_defs'
            ? `global_defs {\n${written(row)}\n}`
            : instance(written(row)).replace('\n}\n', '}\n');
      const { settings, diagnostics } = load(text);
      assert.notEqual(settings, undefined, row.name);
      const line = block === 'vrrp_instance' ? text.split('\n').indexOf(written(row).split('\n')[0]!) + 1 : 2;
      assert.deepEqual(diagnostics.map(brief), [`warning not-supported ${line}:1`], text);
      assert.ok(diagnostics[0]!.message.includes(`${row.name} is not supported yet`), row.name);
    }
  });
}

test('edit distance', () => {
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('interface', 'interface'), 0);
  assert.equal(editDistance('interfcae', 'interface'), 1);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(nearestKeyword('ax', ['bcdef']), undefined);
  assert.equal(nearestKeyword('x'.repeat(1000), ['x'.repeat(999)]), undefined);
});

test('the reference page names every keyword', () => {
  const page = renderReference();
  for (const row of allKeywords) assert.ok(page.includes(`\`${row.name}\``), row.name);
  assert.ok(page.endsWith('\n') && !page.endsWith('\n\n\n'));
  const tableLines = page.split('\n').filter((line) => line.startsWith('| `'));
  for (const line of tableLines) assert.equal(line.replaceAll('\\|', '').split('|').length, 6, line);
});
