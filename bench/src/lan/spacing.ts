/**
 * How steady a row of adverts is, from the instants at which they entered the switch.
 */

export interface Spacing {
  /** Of each gap between neighbours: how far it is from the interval, either way. */
  readonly errorsUs: readonly number[];
  /** How much later each advert is than the one before and the interval, on average: what does not cancel out. */
  readonly driftUs: number;
}

/** @param instantsUs in order, at least two */
export function spacingOf(instantsUs: readonly number[], intervalUs: number): Spacing {
  const gaps = instantsUs.slice(1).map((instant, index) => instant - instantsUs[index]!);
  if (gaps.length === 0) throw new RangeError('spacing needs two adverts');
  return {
    errorsUs: gaps.map((gap) => Math.abs(gap - intervalUs)),
    driftUs: (instantsUs.at(-1)! - instantsUs[0]!) / gaps.length - intervalUs,
  };
}
