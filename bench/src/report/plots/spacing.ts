/**
 * Spacing errors side by side: which share of the gaps was off by no more than so much. Further left is better.
 */
import { formatNumber } from '../number.ts';
import { legend, seriesOf } from '../palette.ts';
import { type Box, drawing, element, hint, label, linearScale, logScale, panel, type Scale } from '../svg.ts';
import { type DrawableRow, distinct, drawable, formatUs, type Plot } from './plot.ts';

const PANEL = { width: 272, height: 168, gapX: 18, gapY: 44, left: 62, top: 122 } as const;
const LEAST_US = 1;
const PERCENT = 100;

export const spacing: Plot = {
  name: 'spacing',
  case: 'jitter',
  draw: (rows) => {
    const shown = drawable(rows, 'jitter', 'spacing error');
    if (shown.length === 0) return undefined;
    const columns = distinct(shown.map(({ parameters }) => Number(parameters.intervalMs))).sort((a, b) => b - a);
    const lines = distinct(shown.map(conditionOf));
    const most = Math.max(...shown.map(({ distribution }) => distribution.max));
    const width = PANEL.left + columns.length * (PANEL.width + PANEL.gapX) + 6;
    const height = PANEL.top + lines.length * (PANEL.height + PANEL.gapY) + 18;
    const panels = lines.flatMap((condition, lineIndex) =>
      columns.map((intervalMs, columnIndex) => {
        const box = boxAt(columnIndex, lineIndex);
        const inside = shown.filter(
          (row) => conditionOf(row) === condition && row.parameters.intervalMs === intervalMs,
        );
        const x = logScale(LEAST_US, most, box.left, box.right, formatTickUs);
        const y = linearScale(PERCENT, box.bottom, box.top, (value) => `${value} %`);
        return drawPanel(box, `${formatUs(intervalMs * 1000)}, ${condition}`, inside, x, y, columnIndex === 0);
      }),
    );
    const heading = {
      title: 'How far adverts are from their time',
      subtitle: 'Share of the gaps between adverts that are off by no more than this. Further left is better.',
    };
    const names = legend(24, 80, distinct(shown.map(({ subject }) => subject.name)));
    return drawing(width, height, heading, names + panels.join(''));
  },
};

/** The unit only where it changes: `1 us`, `10`, `100`, `1 ms`. */
function formatTickUs(value: number): string {
  const text = formatUs(value);
  return text.startsWith('1 ') ? text : text.split(' ')[0]!;
}

function conditionOf({ parameters }: DrawableRow): string {
  return `${parameters.load}, ${parameters.scheduling}`;
}

function boxAt(column: number, lineIndex: number): Box {
  const left = PANEL.left + column * (PANEL.width + PANEL.gapX);
  const top = PANEL.top + lineIndex * (PANEL.height + PANEL.gapY);
  return { left, top, right: left + PANEL.width, bottom: top + PANEL.height };
}

function drawPanel(box: Box, title: string, rows: readonly DrawableRow[], x: Scale, y: Scale, showY: boolean): string {
  const frame = panel(box, { title, x, y, showY });
  if (rows.length === 0) {
    const middle = (box.left + box.right) / 2;
    return (
      frame + label(middle, (box.top + box.bottom) / 2, 'not measured', { class: 'missing', 'text-anchor': 'middle' })
    );
  }
  return frame + rows.map((row) => curve(row, x, y)).join('');
}

/** A step at each measured value, and a dot at the median. */
function curve({ subject, distribution }: DrawableRow, x: Scale, y: Scale): string {
  const { shape, median, p99, count } = distribution;
  const series = seriesOf(subject.name);
  const share = (index: number): number => (index / shape.length) * PERCENT;
  const points = shape.flatMap((value, index) => {
    const across = x.at(value).toFixed(1);
    return [`${across},${y.at(share(index)).toFixed(1)}`, `${across},${y.at(share(index + 1)).toFixed(1)}`];
  });
  const words = `${subject.name}: median ${formatNumber(median)} us, p99 ${formatNumber(p99)} us, ${count} gaps`;
  return element(
    'g',
    {},
    hint(words),
    element('polyline', { points: points.join(' '), class: `curve ${series}` }),
    element('circle', { cx: x.at(median), cy: y.at(PERCENT / 2), r: 4, class: `fill-${series}` }),
  );
}
