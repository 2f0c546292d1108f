/**
 * Colours, and who has which. One subject has the same colour in every drawing.
 */
import { element, label } from './svg.ts';

export interface Palette {
  readonly paper: string;
  readonly ground: string;
  readonly grid: string;
  readonly ink: string;
  readonly faint: string;
  readonly series: Readonly<Record<Series, string>>;
}

export type Series = 'ours' | 'ours-variant' | 'keepalived' | 'c' | 'heap' | 'node' | 'other';

/** Told apart by people who see fewer colours, too: they differ in lightness. */
export const LIGHT: Palette = {
  paper: '#ffffff',
  ground: '#f6f7f9',
  grid: '#e2e5ea',
  ink: '#1b1f27',
  faint: '#667085',
  series: {
    ours: '#0b6e99',
    'ours-variant': '#58b8d8',
    keepalived: '#d9622b',
    c: '#8a8f99',
    heap: '#d9622b',
    node: '#7a5bb5',
    other: '#b3a125',
  },
};

export const DARK: Palette = {
  paper: '#14171c',
  ground: '#1b1f26',
  grid: '#2c323c',
  ink: '#e8eaee',
  faint: '#98a2b3',
  series: {
    ours: '#4fb7e0',
    'ours-variant': '#9fe0f5',
    keepalived: '#f08a55',
    c: '#9aa1ad',
    heap: '#f08a55',
    node: '#ab8fe0',
    other: '#d6c656',
  },
};

const SERIES_OF: Readonly<Record<string, Series>> = {
  locumd: 'ours',
  locum: 'ours',
  wheel: 'ours',
  keepalived: 'keepalived',
  'C loop': 'c',
  'C -O2': 'c',
  'binary heap': 'heap',
  'Node timers': 'node',
};

/** The series of a subject by its name. */
export function seriesOf(subject: string): Series {
  return SERIES_OF[subject] ?? (subject.startsWith('locumd') ? 'ours-variant' : 'other');
}

/** Rules for the classes that drawings use. */
export function plotStyle(palette: Palette): string {
  const rules = [
    `.paper{fill:${palette.paper}}`,
    `.ground{fill:${palette.ground}}`,
    `.grid{stroke:${palette.grid};stroke-width:1}`,
    `.heading{fill:${palette.ink};font-size:17px;font-weight:bold}`,
    `.subheading{fill:${palette.faint};font-size:12px}`,
    `.panel-title{fill:${palette.ink};font-size:12px;font-weight:bold}`,
    `.tick{fill:${palette.faint};font-size:10.5px}`,
    `.word{fill:${palette.ink};font-size:11.5px}`,
    `.value{fill:${palette.ink};font-size:10.5px}`,
    `.missing{fill:${palette.faint};font-size:11px;font-style:italic}`,
    `.plot text{font-family:"DejaVu Sans","Segoe UI",system-ui,sans-serif}`,
    '.curve{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}',
    '.dashed{stroke-dasharray:5 4}',
    '.thin{stroke-width:1.4}',
    '.pale{opacity:0.45}',
    '.on-bar{fill:#ffffff}',
  ];
  for (const [name, color] of Object.entries(palette.series)) {
    rules.push(`.${name}{stroke:${color}}`, `.fill-${name}{fill:${color}}`);
  }
  return rules.join('');
}

/** Names of subjects with their colours, in a row. */
export function legend(x: number, y: number, subjects: readonly string[]): string {
  const parts: string[] = [];
  let at = x;
  for (const subject of subjects) {
    parts.push(
      element('rect', { x: at, y: y - 9, width: 14, height: 10, rx: 3, class: `fill-${seriesOf(subject)}` }),
      label(at + 20, y, subject, { class: 'word' }),
    );
    at += 20 + subject.length * 6.9 + 20;
  }
  return parts.join('');
}
