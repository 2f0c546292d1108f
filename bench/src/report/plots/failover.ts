/**
 * Failovers as timelines: from the event to the advert, the announcement and the answer of the other router.
 */
import { formatNumber } from '../number.ts';
import { legend, seriesOf } from '../palette.ts';
import { type Box, drawing, element, hint, label, line, linearScale, panel, type Scale } from '../svg.ts';
import { type DrawableRow, distinct, drawable, formatMs, type Plot } from './plot.ts';

const LEFT = 316;
const RIGHT = 912;
const WIDTH = 940;
const LANE = 15;
const GROUP_GAP = 12;
const PANEL_GAP = 62;
const TOP = 134;

const ADVERT = 'to the first advert';
const ANNOUNCEMENT = 'to the first gratuitous ARP';
const ANSWER = 'to the first answer';

export const failover: Plot = {
  name: 'failover',
  case: 'failover',
  draw: (rows) => {
    const shown = drawable(rows, 'failover');
    const adverts = shown.filter(({ figure }) => figure === ADVERT);
    if (adverts.length === 0) return undefined;
    const intervals = distinct(adverts.map(({ parameters }) => Number(parameters.intervalMs))).sort((a, b) => b - a);
    const parts: string[] = [];
    let top = TOP;
    for (const intervalMs of intervals) {
      const inside = shown.filter(({ parameters }) => parameters.intervalMs === intervalMs);
      const bottom = top + heightOf(inside);
      parts.push(drawPanel({ left: LEFT, right: RIGHT, top, bottom }, intervalMs, inside));
      top = bottom + PANEL_GAP;
    }
    const heading = {
      title: 'When the other router has taken over',
      subtitle: 'Milliseconds after the event; medians, with a thin line from the quickest to the slowest answer.',
    };
    const names = legend(24, 80, distinct(adverts.map(({ subject }) => subject.name)));
    return drawing(WIDTH, top - PANEL_GAP + 40, heading, names + marks() + parts.join(''));
  },
};

/** What the marks mean. */
function marks(): string {
  const y = 80;
  const ink = 'fill-c';
  return [
    element('rect', { x: 420, y: y - 8, width: 22, height: 7, rx: 2, class: ink }),
    label(448, y, 'silence until its advert', { class: 'word' }),
    element('circle', { cx: 624, cy: y - 4, r: 4, class: ink }),
    label(634, y, 'gratuitous ARP', { class: 'word' }),
    diamond(746, y - 4, ink),
    label(756, y, 'answers a ping', { class: 'word' }),
  ].join('');
}

function scenariosOf(rows: readonly DrawableRow[]): string[] {
  return distinct(rows.map(({ scenario }) => scenario));
}

function lanesOf(rows: readonly DrawableRow[], scenario: string): DrawableRow[] {
  return rows.filter((row) => row.scenario === scenario && row.figure === ADVERT);
}

function heightOf(rows: readonly DrawableRow[]): number {
  const lanes = scenariosOf(rows).map((scenario) => lanesOf(rows, scenario).length * LANE + GROUP_GAP);
  return lanes.reduce((sum, height) => sum + height, 0);
}

function drawPanel(box: Box, intervalMs: number, rows: readonly DrawableRow[]): string {
  const most = Math.max(...rows.filter(({ figure }) => figure === ANSWER).map(({ distribution }) => distribution.max));
  const x = linearScale(most, box.left, box.right, formatMs);
  const parts = [panel(box, { title: `an advert every ${formatMs(intervalMs)}`, x })];
  let top = box.top + GROUP_GAP / 2;
  for (const scenario of scenariosOf(rows)) {
    const lanes = lanesOf(rows, scenario);
    const words = scenario.replace(/^\d+ ms, /, '');
    const middle = top + (lanes.length * LANE) / 2;
    parts.push(label(box.left - 10, middle + 4, words, { class: 'word', 'text-anchor': 'end' }));
    for (const [index, lane] of lanes.entries()) {
      parts.push(drawLane(lane, rows, x, top + (index + 0.5) * LANE));
    }
    top += lanes.length * LANE + GROUP_GAP;
  }
  return parts.join('');
}

function drawLane(advert: DrawableRow, rows: readonly DrawableRow[], x: Scale, y: number): string {
  const { name } = advert.subject;
  const of = (figure: string): DrawableRow | undefined =>
    rows.find((row) => row.scenario === advert.scenario && row.subject.name === name && row.figure === figure);
  const announcement = of(ANNOUNCEMENT);
  const answer = of(ANSWER);
  const series = seriesOf(name);
  const figures = [advert, announcement, answer].filter((row) => row !== undefined);
  const words = figures.map(({ figure, distribution }) => `${figure} ${formatNumber(distribution.median)} ms`);
  const parts = [hint(`${name}, ${advert.scenario}: ${words.join(', ')}`)];
  const width = Math.max(1.5, x.at(advert.distribution.median) - x.at(0));
  parts.push(element('rect', { x: x.at(0), y: y - 4, width, height: 8, rx: 2, class: `fill-${series}` }));
  if (answer) {
    const { min, max } = answer.distribution;
    parts.push(line(x.at(min), y, x.at(max), y, `${series} thin`));
  }
  if (announcement) {
    const cx = x.at(announcement.distribution.median);
    parts.push(element('circle', { cx, cy: y, r: 4, class: `fill-${series}` }));
  }
  if (answer) {
    parts.push(diamond(x.at(answer.distribution.median), y, `fill-${series}`));
    const text = `${formatNumber(answer.distribution.median)} ms`;
    const right = Math.max(x.at(answer.distribution.max), x.at(answer.distribution.median) + 5);
    const fits = right + 56 < RIGHT;
    parts.push(
      fits
        ? label(right + 6, y + 4, text, { class: 'value' })
        : label(x.at(answer.distribution.min) - 10, y + 3.5, text, { class: 'value on-bar', 'text-anchor': 'end' }),
    );
  }
  return element('g', {}, ...parts);
}

function diamond(x: number, y: number, className: string): string {
  return element('path', { d: `M${x.toFixed(1)} ${y - 5}l5 5l-5 5l-5 -5z`, class: className });
}
