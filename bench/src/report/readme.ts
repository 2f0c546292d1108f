/**
 * The few rows that the README shows, between two marks that it has for them.
 */
import { headlines } from './headline.ts';
import { formatNumber, formatRatio } from './number.ts';
import type { Result } from './result.ts';

const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

/** The README with the table of this result in it; undefined when it has no marks. */
export function insertReadmeTable(readme: string, result: Result): string | undefined {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) return undefined;
  return `${readme.slice(0, begin + BEGIN.length)}\n${renderReadmeTable(result)}\n${readme.slice(end)}`;
}

export function renderReadmeTable(result: Result): string {
  const lines = ['| | locum | of its peers in the same run |', '|---|---|---|'];
  for (const { title, statistic, value, row, comparisons } of headlines(result.rows)) {
    const ratios = comparisons.map(({ peer, ratio }) => `${formatRatio(ratio)} ${peer}`);
    const cells = [`${title}, ${statistic}`, `${formatNumber(value)} ${row.unit}`, ratios.join(', ')];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  const { environment, startedAt } = result;
  const peers = [environment.keepalived.replace(/ \(.*/, ''), environment.compiler].filter(
    (name) => name !== 'not installed',
  );
  const machine = [
    environment.processor,
    `${environment.cores.split(',')[0]} cores`,
    environment.kernel,
    `Node ${environment.node.split(',')[0]}`,
  ];
  lines.push('', `Measured ${startedAt.slice(0, 10)} on ${[...machine, ...peers].join(', ')}.`);
  return lines.join('\n');
}
