/**
 * What a drawing of the report is.
 */
import type { Row } from '../../row.ts';
import { formatTick } from '../number.ts';

export interface Plot {
  /** Name of the image file, without extension. */
  readonly name: string;
  /** The case whose rows it shows. */
  readonly case: string;
  /** The drawing as SVG, or undefined where the rows have nothing for it. */
  draw(rows: readonly Row[]): string | undefined;
}

/** A row that has something to draw. */
export type DrawableRow = Row & Required<Pick<Row, 'distribution'>>;

/** The rows of a case that have values and whose checks have passed. */
export function drawable(rows: readonly Row[], caseName: string, figure?: string): DrawableRow[] {
  return rows.filter(
    (row): row is DrawableRow =>
      row.case === caseName &&
      row.verdict === 'ok' &&
      row.distribution !== undefined &&
      (figure === undefined || row.figure === figure),
  );
}

/** Different values in the order in which they come. */
export function distinct<Value>(values: Iterable<Value>): Value[] {
  return [...new Set(values)];
}

/** `10 us`, `1 ms`, `2 s`. */
export function formatUs(value: number): string {
  if (value === 0) return '0';
  if (value >= 1e6) return `${formatTick(value / 1e6)} s`;
  if (value >= 1e3) return `${formatTick(value / 1e3)} ms`;
  return `${formatTick(value)} us`;
}

export function formatMs(value: number): string {
  return formatUs(value * 1000);
}
