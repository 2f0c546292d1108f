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
 * The next deadline of a periodic timer that expired at `now`: one interval after the previous deadline, so that
 * lateness never accumulates. Intervals that passed altogether are skipped, not made up for.
 */
export function nextPeriodicDeadline(previous: Micros, interval: Micros, now: Micros): Micros {
  const next = previous + interval;
  return next > now ? next : previous + (Math.floor((now - previous) / interval) + 1) * interval;
}
