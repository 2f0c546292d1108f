/**
 * What a daemon adds to the protocol when it takes over: the time past the formula of the RFC, and from the advert to the
 * first announcement.
 */
import { formatNumber } from '../number.ts';
import { legend, seriesOf } from '../palette.ts';
import { drawing, element, hint, label, linearScale, panel } from '../svg.ts';
import { type DrawableRow, distinct, drawable, formatMs, type Plot } from './plot.ts';

const LEFT = 368;
const RIGHT = 890;
const WIDTH = 940;
const LANE = 13;
const GROUP_GAP = 10;
const TOP = 112;

const BEYOND = 'advert beyond the RFC formula';
const ANNOUNCEMENT = 'advert to gratuitous ARP';

export const overhead: Plot = {
  name: 'failover-overhead',
  case: 'failover',
  draw: (rows) => {
    const shown = drawable(rows, 'failover');
    const scenarios = distinct(shown.map(({ scenario }) => scenario));
    if (scenarios.length === 0) return undefined;
    const subjects = distinct(shown.map(({ subject }) => subject.name));
    const group = subjects.length * LANE + GROUP_GAP;
    const box = { left: LEFT, right: RIGHT, top: TOP, bottom: TOP + scenarios.length * group };
    const most = Math.max(
      ...scenarios.flatMap((scenario) => subjects.map((subject) => sumOf(shown, scenario, subject))),
    );
    const x = linearScale(most, box.left, box.right, formatMs);
    const parts = [legend(24, 80, subjects), marks(), panel(box, { x })];
    for (const [index, scenario] of scenarios.entries()) {
      const top = box.top + index * group + GROUP_GAP / 2;
      const words = { class: 'word', 'text-anchor': 'end' };
      parts.push(label(box.left - 10, top + (subjects.length * LANE) / 2 + 4, scenario, words));
      for (const [lane, subject] of subjects.entries()) {
        parts.push(drawLane(shown, scenario, subject, x.at, top + (lane + 0.5) * LANE));
      }
    }
    const heading = {
      title: 'What the daemon adds to the protocol',
      subtitle:
        'Milliseconds from the instant at which the RFC has the Backup take over to its first announcement; medians.',
    };
    return drawing(WIDTH, box.bottom + 34, heading, parts.join(''));
  },
};

function marks(): string {
  return [
    element('rect', { x: 420, y: 71, width: 22, height: 9, class: 'fill-c' }),
    label(448, 80, 'to its advert', { class: 'word' }),
    element('rect', { x: 560, y: 71, width: 22, height: 9, class: 'fill-c pale' }),
    label(588, 80, 'from there to its gratuitous ARP', { class: 'word' }),
  ].join('');
}

function medianOf(rows: readonly DrawableRow[], scenario: string, subject: string, figure: string): number {
  const row = rows.find((one) => one.scenario === scenario && one.subject.name === subject && one.figure === figure);
  return Math.max(0, row?.distribution.median ?? 0);
}

function sumOf(rows: readonly DrawableRow[], scenario: string, subject: string): number {
  return medianOf(rows, scenario, subject, BEYOND) + medianOf(rows, scenario, subject, ANNOUNCEMENT);
}

function drawLane(
  rows: readonly DrawableRow[],
  scenario: string,
  subject: string,
  at: (value: number) => number,
  y: number,
): string {
  const beyond = medianOf(rows, scenario, subject, BEYOND);
  const sum = sumOf(rows, scenario, subject);
  if (sum === 0) return '';
  const series = `fill-${seriesOf(subject)}`;
  const bar = { y: y - 4.5, height: 9 };
  const words = `${subject}, ${scenario}: advert ${formatNumber(beyond)} ms late, announced ${formatNumber(sum)} ms late`;
  return element(
    'g',
    {},
    hint(words),
    element('rect', { x: at(0), width: at(beyond) - at(0), ...bar, class: series }),
    element('rect', { x: at(beyond), width: at(sum) - at(beyond), ...bar, class: `${series} pale` }),
    label(at(sum) + 5, y + 3.5, formatNumber(sum), { class: 'value' }),
  );
}
