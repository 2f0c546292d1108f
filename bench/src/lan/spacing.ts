/**
 * How steady a row of adverts is, from the instants at which they entered the switch.
 */
import { median } from '../stats.ts';

export interface Spacing {
  /** See {@link spacingErrors}. */
  readonly errorsUs: readonly number[];
  /** How much the sender's pace differs from the interval, an advert: what does not cancel out in the long run. */
  readonly driftUs: number;
}

/** @param instantsUs in order, at least two */
export function spacingOf(instantsUs: readonly number[], intervalUs: number): Spacing {
  if (instantsUs.length < 2) throw new RangeError('spacing needs two adverts');
  return {
    errorsUs: spacingErrors(instantsUs, intervalUs),
    driftUs: slopeOf(instantsUs.map((instant, index) => instant - instantsUs[0]! - index * intervalUs)),
  };
}

/** Of each gap between neighbours: how far it is from the interval, either way. */
export function spacingErrors(instantsUs: readonly number[], intervalUs: number): number[] {
  return instantsUs.slice(1).map((instant, index) => Math.abs(instant - instantsUs[index]! - intervalUs));
}

/** The median of the slopes between all pairs (Theil and Sen): a single late advert does not look like a pace. */
function slopeOf(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let later = 1; later < values.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      slopes.push((values[later]! - values[earlier]!) / (later - earlier));
    }
  }
  return median(Float64Array.from(slopes).sort());
}
