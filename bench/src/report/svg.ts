/**
 * Drawing: elements of SVG as text, scales from values to points, and the frame that every panel has.
 *
 * Colours are classes, see `palette.ts`, so that a drawing fits a page with a dark and a light side and an image.
 */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; its children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(typeof value === 'number' ? round(value) : value!)}"`)
    .join('');
  return children.length === 0 ? `<${name}${words}/>` : `<${name}${words}>${children.join('')}</${name}>`;
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Tenths of a point are fine enough for any screen. */
function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(text));
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { x1, y1, x2, y2, class: className });
}

/** What a pointer that rests on the element is told. */
export function hint(text: string): string {
  return element('title', {}, escapeText(text));
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  readonly ticks: readonly Tick[];
  /** Where a value is, in points. Values beyond the ends are drawn at the ends. */
  at(value: number): number;
}

/** Of values from `low` to `high`, both above zero. `from` and `to` are points and may run either way. */
export function logScale(low: number, high: number, from: number, to: number, text: (value: number) => string): Scale {
  const [start, end] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
  const decades = Math.max(1, end - start);
  const ticks = Array.from({ length: decades + 1 }, (_, step) => {
    const value = 10 ** (start + step);
    return { value, text: text(value) };
  });
  const at = (value: number): number => {
    const share = (Math.log10(Math.max(value, Number.MIN_VALUE)) - start) / decades;
    return from + clamp(share) * (to - from);
  };
  return { ticks, at };
}

/** Of values from zero to at least `high`, with round ticks. */
export function linearScale(high: number, from: number, to: number, text: (value: number) => string): Scale {
  const step = roundStep(high / 4);
  const count = Math.max(1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({ value: index * step, text: text(index * step) }));
  return { ticks, at: (value) => from + clamp(value / (count * step)) * (to - from) };
}

/** Of words: each has a band of its own; `at` is the middle of a band, counted from 0. */
export function bandScale(count: number, from: number, to: number): (index: number) => number {
  return (index) => from + ((index + 0.5) / count) * (to - from);
}

function roundStep(rough: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(rough || 1));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * magnitude >= rough) ?? 10;
  return factor * magnitude;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PanelAxes {
  readonly title?: string;
  readonly x?: Scale;
  readonly y?: Scale;
  /** Words under the panel. */
  readonly xTitle?: string;
  /** Numbers beside the grid; the grid itself is always drawn. */
  readonly showX?: boolean;
  readonly showY?: boolean;
}

/** The ground, grid, numbers and title of a panel. */
export function panel(box: Box, { title, x, y, xTitle, showX = true, showY = true }: PanelAxes): string {
  const parts = [
    element('rect', {
      x: box.left,
      y: box.top,
      width: box.right - box.left,
      height: box.bottom - box.top,
      class: 'ground',
    }),
  ];
  for (const { value, text } of x?.ticks ?? []) {
    const at = x!.at(value);
    parts.push(line(at, box.top, at, box.bottom, 'grid'));
    // Numbers at the ends stay inside, or they would run into those of the next panel.
    const anchor = at >= box.right - 1 ? 'end' : at <= box.left + 1 ? 'start' : 'middle';
    if (showX) parts.push(label(at, box.bottom + 14, text, { class: 'tick', 'text-anchor': anchor }));
  }
  for (const { value, text } of y?.ticks ?? []) {
    const at = y!.at(value);
    parts.push(line(box.left, at, box.right, at, 'grid'));
    if (showY) parts.push(label(box.left - 6, at + 3.5, text, { class: 'tick', 'text-anchor': 'end' }));
  }
  if (title !== undefined) parts.push(label(box.left, box.top - 8, title, { class: 'panel-title' }));
  if (xTitle !== undefined) {
    const middle = (box.left + box.right) / 2;
    parts.push(label(middle, box.bottom + 30, xTitle, { class: 'tick', 'text-anchor': 'middle' }));
  }
  return parts.join('');
}

/** A whole drawing with a heading. `style` is needed where the page around it has none. */
export function drawing(
  width: number,
  height: number,
  heading: { readonly title: string; readonly subtitle: string },
  body: string,
): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      class: 'plot',
      role: 'img',
    },
    element('rect', { x: 0, y: 0, width, height, class: 'paper' }),
    label(24, 32, heading.title, { class: 'heading' }),
    label(24, 52, heading.subtitle, { class: 'subheading' }),
    body,
  );
}
