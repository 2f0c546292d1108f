/**
 * Ways to the wire side by side: the parts of an answer, the spacing of adverts, and what one costs.
 */
import { formatNumber, formatTick } from '../number.ts';
import { type Box, drawing, element, hint, label, linearScale, panel, type Scale } from '../svg.ts';
import { type DrawableRow, distinct, drawable, formatUs, type Plot } from './plot.ts';

const LEFT = 170;
const ANSWER_WIDTH = 330;
const WIDTH = 190;
const GAP = 38;
const TOP = 124;
const LANE = 30;
const BAR = 14;

const PARTS = [
  ['from the wire to the engine', 'fill-ours'],
  ['inside the engine', 'fill-c'],
  ['from the engine to the wire', 'fill-ours-variant'],
] as const;

export const transports: Plot = {
  name: 'transports',
  case: 'transports',
  draw: (rows) => {
    const shown = drawable(rows, 'transports').filter(({ unit }) => unit !== 'copies');
    const subjects = distinct(shown.map(({ subject }) => subject.name));
    if (subjects.length === 0) return undefined;
    const bottom = TOP + subjects.length * LANE;
    const boxes = [ANSWER_WIDTH, WIDTH, WIDTH].map((width, index) => {
      const left = LEFT + (index === 0 ? 0 : ANSWER_WIDTH + GAP + (index - 1) * (WIDTH + GAP));
      return { left, right: left + width, top: TOP, bottom };
    });
    const names = subjects.map((name, lane) =>
      label(LEFT - 10, middleOf(lane) + 4, name, { class: 'word', 'text-anchor': 'end' }),
    );
    const body = [
      marks(),
      ...names,
      answerPanel(boxes[0]!, shown, subjects),
      barPanel(boxes[1]!, 'spacing error at 100 ms, us', 'spacing error', shown, subjects),
      barPanel(boxes[2]!, 'processor, an advert, us', 'processor, an advert', shown, subjects),
    ];
    const heading = {
      title: 'Ways to the wire',
      subtitle:
        'Medians. An answer is what an Active sends when it hears an advert of lower priority. Lower is better.',
    };
    return drawing(boxes[2]!.right + 44, bottom + 34, heading, body.join(''));
  },
};

function marks(): string {
  let at = 24;
  return PARTS.map(([words, series]) => {
    const mark = element('rect', { x: at, y: 71, width: 14, height: 10, rx: 3, class: series });
    const text = label(at + 20, 80, words, { class: 'word' });
    at += 20 + words.length * 6.9 + 20;
    return mark + text;
  }).join('');
}

function middleOf(lane: number): number {
  return TOP + (lane + 0.5) * LANE;
}

function rowOf(rows: readonly DrawableRow[], subject: string, figure: string): DrawableRow | undefined {
  return rows.find((row) => row.subject.name === subject && row.figure === figure);
}

function answerPanel(box: Box, rows: readonly DrawableRow[], subjects: readonly string[]): string {
  const lanes = subjects.map((subject) => PARTS.map(([figure]) => rowOf(rows, subject, figure)));
  const sums = lanes.map((parts) => parts.reduce((sum, row) => sum + (row?.distribution.median ?? 0), 0));
  const x = linearScale(Math.max(1e-3, ...sums), box.left, box.right, formatUs);
  const drawn = lanes.map((parts, lane) => {
    let sum = 0;
    const bars = parts.map((row, part) => {
      if (row === undefined) return '';
      const from = sum;
      sum += row.distribution.median;
      return bar(x, from, sum, lane, PARTS[part]![1], row);
    });
    return bars.join('') + valueAt(x, sum, lane);
  });
  return panel(box, { title: 'an answer', x }) + drawn.join('');
}

function barPanel(
  box: Box,
  title: string,
  figure: string,
  rows: readonly DrawableRow[],
  subjects: readonly string[],
): string {
  const found = subjects.map((subject) => rowOf(rows, subject, figure));
  const most = Math.max(1e-3, ...found.map((row) => row?.distribution.median ?? 0));
  const x = linearScale(most, box.left, box.right, formatTick);
  const drawn = found.map((row, lane) => {
    if (row === undefined) return '';
    const { median } = row.distribution;
    const series = row.subject.ours ? 'fill-ours' : 'fill-keepalived';
    return bar(x, 0, median, lane, series, row) + valueAt(x, median, lane);
  });
  return panel(box, { title, x }) + drawn.join('');
}

function bar(x: Scale, from: number, to: number, lane: number, series: string, row: DrawableRow): string {
  const { median, p99 } = row.distribution;
  const words = `${row.subject.name}, ${row.figure}: median ${formatNumber(median)} us, p99 ${formatNumber(p99)} us`;
  const place = { x: x.at(from), y: middleOf(lane) - BAR / 2, width: x.at(to) - x.at(from), height: BAR };
  return element('rect', { ...place, class: series }, hint(words));
}

function valueAt(x: Scale, value: number, lane: number): string {
  return value === 0 ? '' : label(x.at(value) + 5, middleOf(lane) + 4, formatNumber(value), { class: 'value' });
}
