/**
 * Counting that is more than adding one: the lateness of timers, and the number of a protocol error.
 */
import type { Micros } from '../units.ts';
import { Discard } from '../wire/discard.ts';
import { Column } from './snapshot.ts';

/** RFC 6527 vrrpv3GlobalStatistics protocol errors, by Discard. */
const protocolErrors: Readonly<Record<number, number>> = {
  [Discard.BadTtl]: 1,
  [Discard.BadVersion]: 2,
  [Discard.BadChecksum]: 3,
  [Discard.BadVrid]: 4,
  [Discard.UnknownVrid]: 4,
};
/** The number of a discard among them, 0 for none. */
export const protocolErrorOf = Uint8Array.from({ length: 64 }, (_, reason) => protocolErrors[reason] ?? 0);

/** Notes in a row that a timer expired `lateUs` after its deadline. */
export function addLateness(row: Float64Array, lateUs: Micros): void {
  row[Column.TimersExpired]!++;
  row[Column.TotalLatenessUs]! += lateUs;
  if (lateUs > row[Column.MaxLatenessUs]!) row[Column.MaxLatenessUs] = lateUs;
}
