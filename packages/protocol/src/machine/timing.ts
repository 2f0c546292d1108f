/**
 * Skew_Time and Active_Down_Interval, in whole microseconds.
 *
 * Multiplication comes before division and the quotient is rounded up: a skew that is not zero on paper is never zero
 * here, so priorities that differ by one still fire in order (RFC 9568 section 6.1 leaves the rounding open).
 */
import { MICROS_PER_SECOND, type Micros } from '../units.ts';

const PRIORITY_RANGE = 256;

/**
 * Skew_Time. Version 2: (256 - priority) / 256 seconds, whatever the interval (RFC 3768 section 6.1). Version 3:
 * (256 - priority) * Active_Adver_Interval / 256 (RFC 9568 section 6.1).
 */
export function skewTimeUs(version: 2 | 3, priority: number, activeAdverIntervalUs: Micros): Micros {
  const scale = version === 2 ? MICROS_PER_SECOND : activeAdverIntervalUs;
  return Math.ceil(((PRIORITY_RANGE - priority) * scale) / PRIORITY_RANGE);
}

/**
 * Active_Down_Interval: `downAdverts` intervals (3 in both RFCs) and the skew. In version 2 `activeAdverIntervalUs` is
 * the router's own interval, in version 3 the one learned from the Active.
 */
export function activeDownIntervalUs(
  version: 2 | 3,
  priority: number,
  activeAdverIntervalUs: Micros,
  downAdverts: number,
): Micros {
  return downAdverts * activeAdverIntervalUs + skewTimeUs(version, priority, activeAdverIntervalUs);
}

/**
 * Moves the deadline of a periodic timer, which stands in `row[column]` and is due at the instant in `row[nowColumn]`,
 * one interval on from where it was, so that lateness never accumulates. Intervals that passed altogether are skipped,
 * not made up for. An instant that is never an argument is never boxed.
 */
export function advancePeriodicDeadline(
  row: Float64Array,
  column: number,
  intervalUs: Micros,
  nowColumn: number,
): void {
  const now = row[nowColumn]!;
  const next = row[column]! + intervalUs;
  row[column] = next > now ? next : row[column]! + (Math.floor((now - row[column]!) / intervalUs) + 1) * intervalUs;
}
