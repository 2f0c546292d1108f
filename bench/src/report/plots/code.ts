/**
 * Nanoseconds of code by itself: the codec as bars beside C, the wheel as curves beside a heap and Node's timers.
 */
import { formatNumber, formatTick } from '../number.ts';
import { legend, seriesOf } from '../palette.ts';
import { bandScale, drawing, element, hint, label, linearScale, logScale, panel } from '../svg.ts';
import { type DrawableRow, distinct, drawable, formatUs, type Plot } from './plot.ts';

const LANE = 15;
const GROUP_GAP = 12;
/** Signing is two orders slower than anything else, and has no peer. */
const WITHOUT_PEER = 'AH';

function formatNs(value: number): string {
  if (value === 0) return '0';
  return value >= 1e3 ? formatUs(value / 1e3) : `${formatTick(value)} ns`;
}

export const codec: Plot = {
  name: 'codec',
  case: 'codec',
  draw: (rows) => {
    const shown = drawable(rows, 'codec').filter(
      ({ figure, scenario }) => ['decode', 'encode'].includes(figure) && !scenario.includes(WITHOUT_PEER),
    );
    if (shown.length === 0) return undefined;
    const topics = distinct(shown.map(({ figure, scenario }) => `${figure} ${scenario}`)).sort();
    const subjects = distinct(shown.map(({ subject }) => subject.name));
    const group = subjects.length * LANE + GROUP_GAP;
    const box = { left: 220, right: 840, top: 104, bottom: 104 + topics.length * group };
    const x = linearScale(
      Math.max(...shown.map(({ distribution }) => distribution.median)),
      box.left,
      box.right,
      formatNs,
    );
    const parts = [legend(24, 80, subjects), panel(box, { x })];
    for (const [index, topic] of topics.entries()) {
      const top = box.top + index * group + GROUP_GAP / 2;
      const lanes = shown.filter(({ figure, scenario }) => `${figure} ${scenario}` === topic);
      const words = { class: 'word', 'text-anchor': 'end' };
      parts.push(label(box.left - 10, top + (subjects.length * LANE) / 2 + 4, topic, words));
      for (const [lane, row] of lanes.entries()) parts.push(bar(row, x.at, top + (lane + 0.5) * LANE));
    }
    const heading = {
      title: 'Reading and writing one advert',
      subtitle: 'Nanoseconds with every check of the receive ladder; medians. Shorter is better.',
    };
    return drawing(900, box.bottom + 36, heading, parts.join(''));
  },
};

function bar(
  { subject, distribution, scenario, figure }: DrawableRow,
  at: (value: number) => number,
  y: number,
): string {
  const { median, p99 } = distribution;
  const words = `${subject.name}, ${figure} ${scenario}: median ${formatNumber(median)} ns, p99 ${formatNumber(p99)} ns`;
  return element(
    'g',
    {},
    hint(words),
    element('rect', {
      x: at(0),
      y: y - 5,
      width: at(median) - at(0),
      height: 10,
      rx: 2,
      class: `fill-${seriesOf(subject.name)}`,
    }),
    label(at(median) + 6, y + 4, formatNumber(median), { class: 'value' }),
  );
}

export const wheel: Plot = {
  name: 'wheel',
  case: 'wheel',
  draw: (rows) => {
    const shown = drawable(rows, 'wheel');
    if (shown.length === 0) return undefined;
    const figures = distinct(shown.map(({ figure }) => figure));
    const sizes = distinct(shown.map(({ parameters }) => Number(parameters.timers))).sort((a, b) => a - b);
    const all = shown.map(({ distribution }) => distribution.median);
    const panels = figures.map((figure, index) => {
      const left = 62 + index * 208;
      const box = { left, top: 122, right: left + 190, bottom: 300 };
      const y = logScale(Math.min(...all), Math.max(...all), box.bottom, box.top, formatNs);
      const x = bandScale(sizes.length, box.left, box.right);
      const numbers = sizes.map((size, place) =>
        label(x(place), box.bottom + 15, size >= 1e6 ? `${size / 1e6}M` : `${size / 1e3}k`, {
          class: 'tick',
          'text-anchor': 'middle',
        }),
      );
      const inside = shown.filter((row) => row.figure === figure);
      const curves = distinct(inside.map(({ subject }) => subject.name)).map((subject) => {
        const points = sizes.flatMap((size, place) => {
          const row = inside.find((one) => one.subject.name === subject && one.parameters.timers === size);
          return row === undefined ? [] : [{ row, cx: x(place), cy: y.at(row.distribution.median) }];
        });
        const className = seriesOf(subject);
        const line = points.map(({ cx, cy }) => `${cx.toFixed(1)},${cy.toFixed(1)}`).join(' ');
        const dots = points.map(({ row, cx, cy }) =>
          element(
            'circle',
            { cx, cy, r: 4, class: `fill-${className}` },
            hint(`${subject}, ${row.scenario}, ${figure}: ${formatNumber(row.distribution.median)} ns`),
          ),
        );
        return element('polyline', { points: line, class: `curve ${className}` }) + dots.join('');
      });
      return panel(box, { title: figure, y, showY: index === 0 }) + numbers.join('') + curves.join('');
    });
    const heading = {
      title: 'Timers, with a thousand to a million armed',
      subtitle:
        'Nanoseconds an operation; medians. Lower is better, and a level line means that the number does not matter.',
    };
    const names = legend(24, 80, distinct(shown.map(({ subject }) => subject.name)));
    return drawing(62 + figures.length * 208 + 12, 336, heading, names + panels.join(''));
  },
};
