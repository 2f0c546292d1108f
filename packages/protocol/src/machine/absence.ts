/**
 * What a router makes of the discovery that it was not there: its process was stopped, its machine frozen or suspended.
 *
 * The deadline that passed meanwhile says nothing about the others. A Backup that was away when its timer ran out has
 * not heard the silence it would act upon, not even when the adverts of that time are lost; an Active that was away
 * for longer than its Backups wait has been replaced. Both listen before they act. Neither RFC speaks of this; it only
 * ever delays a promotion or yields to who took over, and never the other way.
 */
import { Column } from '../engine/snapshot.ts';
import type { Router } from './router.ts';
import { TimerRole } from './timer-role.ts';

const ADVER_DEADLINE = Column.Deadlines + TimerRole.Adver;
const ACTIVE_DOWN_DEADLINE = Column.Deadlines + TimerRole.ActiveDown;

/**
 * Whether an Active has been away so long, at its EventAt, that a Backup with its configuration has taken over: its advert is
 * overdue by more than the intervals that a Backup waits, counted from the one before.
 */
export function wasReplaced(router: Router): boolean {
  const { row, settings } = router;
  if (row[Column.AwaySince] !== -Infinity) return true;
  const overdueIntervals = Math.max(settings.downAdverts - 1, 1);
  return row[Column.EventAt]! - row[ADVER_DEADLINE]! > overdueIntervals * row[Column.AdvertisementIntervalUs]!;
}

/**
 * Whether a Backup was away when its timer ran out: it finds out by more than an interval too late. Then it waits for
 * an interval and its skew from now on; a living Active is heard in that time.
 */
export function missedTheSilence(router: Router): boolean {
  const { row } = router;
  return row[Column.EventAt]! - row[ACTIVE_DOWN_DEADLINE]! > row[Column.ActiveAdverIntervalUs]!;
}
