/**
 * What a list of measured values comes to. Percentiles are values that were measured (nearest rank), never
 * interpolated; only the median of an even number of values lies between two.
 */

export interface Distribution {
  /** How many values there were. */
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
  /** At most {@link SHAPE_POINTS} of the sorted values, at evenly spaced ranks, the first and the last included. */
  readonly shape: readonly number[];
}

export const SHAPE_POINTS = 101;

/** @throws RangeError when there are no values or one is not a number */
export function summarize(values: Iterable<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError('nothing was measured');
  if (sorted.some(Number.isNaN)) throw new RangeError('a measured value is not a number');
  return {
    count: sorted.length,
    median: median(sorted),
    p99: percentile(sorted, 99),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    shape: thin(sorted),
  };
}

/** Of sorted values. */
export function median(sorted: ArrayLike<number>): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of sorted values: the smallest that at least `percent` of all do not exceed. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)]!;
}

/** How many times `value` is of `reference`; undefined where that says nothing. */
export function ratio(value: number, reference: number): number | undefined {
  const quotient = Math.abs(value) / Math.abs(reference);
  return Number.isFinite(quotient) ? quotient : undefined;
}

function thin(sorted: Float64Array): number[] {
  if (sorted.length <= SHAPE_POINTS) return [...sorted];
  const step = (sorted.length - 1) / (SHAPE_POINTS - 1);
  return Array.from({ length: SHAPE_POINTS }, (_, point) => sorted[Math.round(point * step)]!);
}
