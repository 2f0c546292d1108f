import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { renderReport } from '../src/report/html.ts';
import { formatNumber, formatRatio } from '../src/report/number.ts';
import { PLOTS } from '../src/report/plots/index.ts';
import { insertReadmeTable } from '../src/report/readme.ts';
import { readResult, writeResult } from '../src/report/result.ts';
import { linearScale, logScale } from '../src/report/svg.ts';
import { renderTable } from '../src/report/table.ts';
import { measured } from '../src/row.ts';
import { OURS, RESULT, ROWS, SPACING } from './sample.ts';

describe('result file', () => {
  it('is read as it was written, one line a row', () => {
    const directory = mkdtempSync(join(tmpdir(), 'locum-bench-'));
    try {
      const file = join(directory, 'result.json');
      writeResult(file, RESULT);
      assert.deepEqual(readResult(file), RESULT);
      const lines = readFileSync(file, 'utf8').split('\n');
      assert.equal(lines.filter((line) => line.includes('"case":')).length, ROWS.length);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('of another version is refused', () => {
    const directory = mkdtempSync(join(tmpdir(), 'locum-bench-'));
    try {
      const file = join(directory, 'result.json');
      writeFileSync(file, JSON.stringify({ ...RESULT, version: 0 }));
      assert.throws(() => readResult(file), /of version 0, not 1/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('table', () => {
  it('aligns columns, leaves out what is repeated, and says what was not run and why', () => {
    const lines = renderTable(ROWS.slice(0, 3)).split('\n');
    assert.deepEqual(lines, [
      'case    scenario                figure         subject     n  median   p99   max  unit  B/op  of each peer',
      'jitter  100 ms, idle, ordinary  spacing error  locumd      3    20.0  30.0  30.0  us          0.20x keepalived',
      '                                               keepalived  3     100   300   300  us',
      '                                               C loop                                         NOT RUN: no C compiler',
    ]);
  });

  it('marks a row whose check failed', () => {
    const row = measured(SPACING, OURS, [1], { passed: false, words: '3 adverts, 20 expected' });
    assert.match(renderTable([row]), /BROKEN: 3 adverts, 20 expected/);
  });

  it('shows as many digits as mean something', () => {
    assert.deepEqual([12345, 56.78, 1.234, 0.0421, 0].map(formatNumber), ['12345', '56.8', '1.23', '0.042', '0']);
    assert.deepEqual([0.0153, 0.214, 12.3].map(formatRatio), ['0.015x', '0.21x', '12x']);
  });
});

describe('drawings', () => {
  it('place values on scales', () => {
    const linear = linearScale(95, 0, 200, String);
    assert.deepEqual(
      linear.ticks.map(({ value }) => value),
      [0, 25, 50, 75, 100],
    );
    assert.equal(linear.at(50), 100);
    const log = logScale(1, 900, 0, 300, String);
    assert.deepEqual(
      log.ticks.map(({ value }) => value),
      [1, 10, 100, 1000],
    );
    assert.ok(Math.abs(log.at(10) - 100) < 1e-9);
    assert.equal(log.at(0), 0);
    assert.equal(log.at(1e6), 300);
  });

  for (const plot of PLOTS) {
    it(`${plot.name} is drawn from its rows, whole and with numbers only`, () => {
      const svg = plot.draw(ROWS);
      assert.ok(svg !== undefined);
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
      assertNested(svg);
    });

    it(`${plot.name} is left out where there is nothing to draw`, () => {
      assert.equal(plot.draw([]), undefined);
    });
  }

  it('puts the median of the spacing error on its scale', () => {
    const svg = PLOTS.find(({ name }) => name === 'spacing')!.draw(ROWS)!;
    // One panel from 62 to 334 points, from 1 to 1000 us: 100 us is two thirds of the way.
    assert.match(svg, /<circle cx="243.3" cy="206" r="4" class="fill-keepalived"\/>/);
  });
});

describe('page', () => {
  const html = renderReport(RESULT);

  it('needs nothing from elsewhere', () => {
    assert.doesNotMatch(html, /(?:src|href)=|@import|url\(/);
    assert.deepEqual(
      [...html.matchAll(/https?:\/\/[^"' ]+/g)]
        .map(([url]) => url)
        .filter((url) => url !== 'http://www.w3.org/2000/svg'),
      [],
    );
  });

  it('escapes what it is told', () => {
    assert.match(html, /Abacus &lt;2&gt;/);
  });

  it('has every case, and the reason of what was not run', () => {
    for (const { case: name } of ROWS) assert.match(html, new RegExp(`<section id="${name}">`));
    assert.match(html, /NOT RUN: no C compiler/);
  });
});

describe('table of the README', () => {
  it('goes between its marks and replaces what was there', () => {
    const readme = 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n';
    const once = insertReadmeTable(readme, RESULT)!;
    assert.match(once, /^before\n<!-- bench -->\n\| \|/);
    assert.match(once, /\| advert spacing error, 100 ms, idle, median \| 20\.0 us \| 0\.20x keepalived \|/);
    assert.match(once, /Measured 2020-02-29 on/);
    assert.match(once, /<!-- \/bench -->\nafter\n$/);
    assert.doesNotMatch(once, /old/);
    assert.equal(insertReadmeTable(once, RESULT), once);
  });

  it('leaves a README without marks alone', () => {
    assert.equal(insertReadmeTable('nothing here\n', RESULT), undefined);
  });
});

/** Every element is closed, in order. */
function assertNested(svg: string): void {
  const open: string[] = [];
  for (const [, closing, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (closing === '/') assert.equal(open.pop(), name);
    else if (empty !== '/') open.push(name!);
  }
  assert.deepEqual(open, []);
}
