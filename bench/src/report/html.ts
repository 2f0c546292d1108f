/**
 * The report as one page that needs nothing else: no request, no script but the sorting out of what is shown.
 */
import { writeFileSync } from 'node:fs';
import { comparisons, type Row } from '../row.ts';
import { headlines } from './headline.ts';
import { formatBytes, formatNumber, formatRatio } from './number.ts';
import { DARK, LIGHT, type Palette, plotStyle } from './palette.ts';
import { PLOTS } from './plots/index.ts';
import { distinct } from './plots/plot.ts';
import type { Result } from './result.ts';
import { stylesheet } from './stylesheet.ts';
import { element, escapeText } from './svg.ts';

const EXPLANATIONS: Readonly<Record<string, string>> = {
  jitter:
    'Each speaker sends the adverts of one virtual router, alone on the LAN. The error of a gap is how far it is from the ' +
    'interval, by the kernel’s time stamps at the switch’s port. Drift is the pace at which the sender falls behind or ' +
    'runs ahead (median slope, Theil and Sen). Hogs are endless loops, as many as there are cores.',
  failover:
    'Two routers of the same kind and priority; a client pings their address every millisecond. The first advert and the ' +
    'first gratuitous ARP of the other router are timed by the kernel at the switch’s port, the first answer by the client. ' +
    '“Beyond the RFC formula” counts from the last advert plus the Backup’s down interval, or from the resignation plus its skew time.',
  scale:
    'One daemon owns all addresses, its peer is Backup of them all. Processor time and memory are those of all processes of a ' +
    'daemon, from /proc. PSS is taken with an executable of Node that no other process uses. Then the owner is stopped in order and ' +
    'its peer takes over everything at once.',
  stall:
    'The Backup is stopped by a signal, as a frozen virtual machine is, for much longer than its peer may be silent, and let go. ' +
    'Its peer lives and speaks all the time, so every advert of the Backup is a false takeover.',
  start: 'From the instant before exec. That a router is Backup is taken from the log; the first advert from the wire.',
  reload: '255 routers are Active; the configuration changes the address of one of them.',
  codec:
    'Sixty-four different adverts in turn, in a process of its own; the outcome is hashed and compared with C, which reads the same octets.',
  wheel:
    'Deadlines of routers with an interval of one second, in a process of its own. n counts batches of 20,000 operations.',
  engine: 'Through the whole protocol engine, in a process of its own. n counts batches of 4,080 steps.',
};

export function writeReport(path: string, result: Result): void {
  writeFileSync(path, renderReport(result));
}

export function renderReport(result: Result): string {
  const { rows } = result;
  const cases = distinct(rows.map((row) => row.case));
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Locum: benchmarks</title>',
    `<style>${pageStyle()}</style></head><body><main>`,
    heading(result),
    cards(rows),
    ...cases.map((name) => section(name, rows)),
    machine(result),
    '</main></body></html>\n',
  ].join('\n');
}

function pageStyle(): string {
  const dark = `${variables(DARK)}${plotStyle(DARK)}`;
  return `${variables(LIGHT)}${plotStyle(LIGHT)}@media (prefers-color-scheme:dark){${dark}}${stylesheet}`;
}

function variables({ paper, ground, grid, ink, faint, series }: Palette): string {
  return (
    `:root{--paper:${paper};--ground:${ground};--grid:${grid};--ink:${ink};--faint:${faint};` +
    `--ours:${series.ours};--peer:${series.keepalived}}`
  );
}

function heading({ effort, startedAt, seconds, rows, environment }: Result): string {
  const count = (verdict: Row['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  const facts = [
    `${effort} run of ${duration(seconds)}, ${startedAt.slice(0, 16).replace('T', ' ')} UTC`,
    environment.processor,
    `${count('ok')} figures measured and checked`,
    ...(count('not run') > 0 ? [`${count('not run')} not run`] : []),
    ...(count('broken') > 0 ? [`<strong class="broken">${count('broken')} BROKEN</strong>`] : []),
  ];
  return `<header><h1>Locum <span>benchmarks</span></h1><p>${facts.join(' · ')}</p></header>`;
}

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

function cards(rows: readonly Row[]): string {
  const all = headlines(rows).map(({ title, value, statistic, row, comparisons: found }) => {
    const ratios = found.map(({ peer, ratio }) => pill(peer, ratio)).join(' ');
    const words = `${escapeText(title)} <small>${statistic}</small>`;
    return `<article><h3>${words}</h3><p class="figure">${formatNumber(value)}<small> ${row.unit}</small></p><p>${ratios}</p></article>`;
  });
  return all.length === 0 ? '' : `<div class="cards">${all.join('')}</div>`;
}

function pill(peer: string, ratio: number): string {
  const quality = ratio <= 1 ? 'good' : ratio <= 3 ? 'fair' : 'far';
  return `<span class="pill ${quality}">${formatRatio(ratio)} ${escapeText(peer)}</span>`;
}

function section(name: string, rows: readonly Row[]): string {
  const inside = rows.filter((row) => row.case === name);
  const plots = PLOTS.filter((plot) => plot.case === name).map((plot) => plot.draw(rows));
  const drawings = plots.filter((plot) => plot !== undefined).map((plot) => `<figure>${plot}</figure>`);
  return [
    `<section id="${name}"><h2>${name}</h2><p>${escapeText(EXPLANATIONS[name] ?? '')}</p>`,
    ...drawings,
    // With a drawing above it, the table is for those who want the digits.
    `<details${drawings.length === 0 ? ' open' : ''}><summary>${inside.length} rows</summary>${table(inside, rows)}</details>`,
    '</section>',
  ].join('\n');
}

function table(inside: readonly Row[], rows: readonly Row[]): string {
  const titles = ['scenario', 'figure', 'subject', 'n', 'median', 'p99', 'max', 'unit', 'B/op', 'of each peer'];
  const head = titles.map((title) => `<th>${title}</th>`).join('');
  const body = inside.map((row, index) => tableRow(row, inside[index - 1], rows)).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tableRow(row: Row, above: Row | undefined, rows: readonly Row[]): string {
  const { distribution, bytesPerOperation } = row;
  const sameScenario = above?.scenario === row.scenario;
  const sameFigure = sameScenario && above?.figure === row.figure;
  const numbers = [distribution?.count, distribution?.median, distribution?.p99, distribution?.max].map(
    (value, index) =>
      element('td', { class: 'number' }, value === undefined ? '' : index === 0 ? String(value) : formatNumber(value)),
  );
  const cells = [
    element('td', {}, sameScenario ? '' : escapeText(row.scenario)),
    element('td', {}, sameFigure ? '' : escapeText(row.figure)),
    element('td', { class: row.subject.ours ? 'ours-name' : undefined }, escapeText(row.subject.name)),
    ...numbers,
    element('td', {}, distribution === undefined ? '' : row.unit),
    element('td', { class: 'number' }, bytesPerOperation === undefined ? '' : formatBytes(bytesPerOperation)),
    element('td', {}, remark(row, rows)),
  ];
  const className = sameFigure ? row.verdict : `${row.verdict} first`;
  return element('tr', { class: className.replace('not run', 'not-run'), title: row.note }, ...cells);
}

function remark(row: Row, rows: readonly Row[]): string {
  if (row.verdict === 'not run') return `NOT RUN: ${escapeText(row.note)}`;
  if (row.verdict === 'broken') return `BROKEN: ${escapeText(row.note)}`;
  return comparisons(row, rows)
    .map(({ peer, ratio }) => pill(peer, ratio))
    .join(' ');
}

function machine({ environment }: Result): string {
  const entries = Object.entries(environment).map(
    ([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`,
  );
  return [
    '<section id="machine"><h2>machine</h2>',
    '<p>Figures of two machines cannot be compared; ratios between subjects of one run nearly can.</p>',
    `<dl>${entries.join('')}</dl></section>`,
  ].join('\n');
}
