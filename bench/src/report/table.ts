/**
 * The aligned table for the terminal. One line a row; what was not run or is broken says why at the end of its line.
 */
import type { Environment } from '../environment.ts';
import { comparisons, type Row } from '../row.ts';
import { formatBytes, formatNumber, formatRatio } from './number.ts';

interface Column {
  readonly title: string;
  readonly side: 'left' | 'right';
  readonly text: (row: Row, rows: readonly Row[]) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'case', side: 'left', text: (row) => row.case },
  { title: 'scenario', side: 'left', text: (row) => row.scenario },
  { title: 'figure', side: 'left', text: (row) => row.figure },
  { title: 'subject', side: 'left', text: (row) => row.subject.name },
  { title: 'n', side: 'right', text: ({ distribution }) => distribution?.count.toString() ?? '' },
  { title: 'median', side: 'right', text: ({ distribution }) => number(distribution?.median) },
  { title: 'p99', side: 'right', text: ({ distribution }) => number(distribution?.p99) },
  { title: 'max', side: 'right', text: ({ distribution }) => number(distribution?.max) },
  { title: 'unit', side: 'left', text: ({ unit, distribution }) => (distribution === undefined ? '' : unit) },
  {
    title: 'B/op',
    side: 'right',
    text: ({ bytesPerOperation }) => (bytesPerOperation === undefined ? '' : formatBytes(bytesPerOperation)),
  },
  { title: 'of each peer', side: 'left', text: remark },
];

/** Case, scenario and figure. */
const GROUPING_COLUMNS = 3;

export function renderTable(rows: readonly Row[]): string {
  const lines = withoutRepetition(rows.map((row) => COLUMNS.map(({ text }) => text(row, rows))));
  const widths = COLUMNS.map(({ title }, index) =>
    Math.max(title.length, ...lines.map((cells) => (index === COLUMNS.length - 1 ? 0 : cells[index]!.length))),
  );
  const titles = COLUMNS.map(({ title }) => title);
  return [titles, ...lines].map((cells) => join(cells, widths)).join('\n');
}

/** Leaves out the case, the scenario and the figure where all up to it are those of the line above. */
function withoutRepetition(lines: readonly (readonly string[])[]): string[][] {
  return lines.map((cells, index) => {
    const above = lines[index - 1];
    let same = above !== undefined;
    return cells.map((cell, column) => {
      same &&= column < GROUPING_COLUMNS && cell === above![column];
      return same ? '' : cell;
    });
  });
}

export function renderEnvironment(environment: Environment): string {
  const entries = Object.entries(environment);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** `0.21x keepalived, 2.1x C loop`, or why there is no figure to trust. */
function remark(row: Row, rows: readonly Row[]): string {
  if (row.verdict === 'not run') return `NOT RUN: ${row.note}`;
  if (row.verdict === 'broken') return `BROKEN: ${row.note}`;
  return comparisons(row, rows)
    .map(({ peer, ratio }) => `${formatRatio(ratio)} ${peer}`)
    .join(', ');
}

function number(value: number | undefined): string {
  return value === undefined ? '' : formatNumber(value);
}

function join(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) =>
      COLUMNS[index]!.side === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!),
    )
    .join('  ')
    .trimEnd();
}
