/**
 * Processor time, memory and the time of a takeover against the number of virtual routers.
 */
import { formatNumber, formatTick } from '../number.ts';
import { legend, seriesOf } from '../palette.ts';
import { type Box, bandScale, drawing, element, hint, label, linearScale, panel, type Scale } from '../svg.ts';
import { type DrawableRow, distinct, drawable, type Plot } from './plot.ts';

const PANEL_WIDTH = 250;
const PANEL_HEIGHT = 190;
const GAP = 60;
const LEFT = 62;
const TOP = 120;

interface PanelContent {
  readonly title: string;
  /** Drawn as a full line, and after it as dashed lines. */
  readonly figures: readonly string[];
  readonly text: (value: number) => string;
}

const PANELS: readonly PanelContent[] = [
  {
    title: 'processor: Active, dashed Backup',
    figures: ['processor, Active', 'processor, Backup'],
    text: (value) => `${formatTick(value)} %`,
  },
  {
    title: 'memory: PSS, dashed anonymous',
    figures: ['memory, PSS', 'memory, anonymous'],
    text: (value) => `${formatTick(value)} MB`,
  },
  {
    title: 'takeover: all addresses announced',
    figures: ['all addresses announced'],
    text: (value) => `${formatTick(value)} ms`,
  },
];

export const scale: Plot = {
  name: 'scale',
  case: 'scale',
  draw: (rows) => {
    const shown = drawable(rows, 'scale');
    const sizes = distinct(shown.map(({ scenario }) => scenario));
    if (sizes.length === 0) return undefined;
    const panels = PANELS.map((content, index) => {
      const left = LEFT + index * (PANEL_WIDTH + GAP);
      return drawPanel(
        { left, top: TOP, right: left + PANEL_WIDTH, bottom: TOP + PANEL_HEIGHT },
        content,
        shown,
        sizes,
      );
    });
    const heading = {
      title: 'Many virtual routers in one daemon',
      subtitle: 'One daemon with all routers Active, its peer with all of them Backup. Lower is better.',
    };
    const names = legend(24, 80, distinct(shown.map(({ subject }) => subject.name)));
    const width = LEFT + PANELS.length * (PANEL_WIDTH + GAP) - GAP + 24;
    return drawing(width, TOP + PANEL_HEIGHT + 58, heading, names + panels.join(''));
  },
};

function drawPanel(box: Box, content: PanelContent, rows: readonly DrawableRow[], sizes: readonly string[]): string {
  const inside = rows.filter(({ figure }) => content.figures.includes(figure));
  const most = Math.max(1e-3, ...inside.map(({ distribution }) => distribution.median));
  const y = linearScale(most, box.bottom, box.top, content.text);
  const x = bandScale(sizes.length, box.left, box.right);
  const parts = [panel(box, { title: content.title, y })];
  for (const [index, size] of sizes.entries()) {
    const { parameters } = rows.find(({ scenario }) => scenario === size)!;
    const attributes = { class: 'tick', 'text-anchor': 'middle' };
    parts.push(label(x(index), box.bottom + 15, Number(parameters.routers).toLocaleString('en'), attributes));
    parts.push(label(x(index), box.bottom + 29, `every ${parameters.intervalMs} ms`, attributes));
  }
  for (const [place, figure] of content.figures.entries()) {
    for (const subject of distinct(inside.map((row) => row.subject.name))) {
      const points = sizes.map((size) =>
        inside.find((row) => row.scenario === size && row.subject.name === subject && row.figure === figure),
      );
      parts.push(curve(points, x, y, place > 0));
    }
  }
  return parts.join('');
}

function curve(
  points: readonly (DrawableRow | undefined)[],
  x: (index: number) => number,
  y: Scale,
  dashed: boolean,
): string {
  const drawn: string[] = [];
  const line: string[] = [];
  let series = '';
  for (const [index, row] of points.entries()) {
    if (row === undefined) continue;
    series = seriesOf(row.subject.name);
    const [cx, cy] = [x(index), y.at(row.distribution.median)];
    line.push(`${cx.toFixed(1)},${cy.toFixed(1)}`);
    const words = `${row.subject.name}, ${row.scenario}: ${row.figure} ${formatNumber(row.distribution.median)} ${row.unit}`;
    drawn.push(element('circle', { cx, cy, r: 4, class: `fill-${series}` }, hint(words)));
  }
  const className = `curve ${series}${dashed ? ' dashed' : ''}`;
  return element('polyline', { points: line.join(' '), class: className }) + drawn.join('');
}
