/**
 * The announcement plan: which gratuitous ARPs and unsolicited NAs an Active sends, and when.
 *
 * A burst walks over all addresses a number of times. The first walk is at once, and the others follow one after the
 * other, so that routers which become Active together are all announced before any is announced again. Where a gap is
 * configured it spreads the announcements instead. There is one
 * burst on becoming Active, one after a delay, a periodic refresh, and a burst after a lower advert was heard (RFC 9568
 * section 6.4.2 asks for the first; the others are for switches and hosts that missed it). One timer a purpose and
 * router; all are cancelled when the router leaves Active.
 */
import { Column } from '../engine/snapshot.ts';
import type { Micros } from '../units.ts';
import { type Router, type RouterActions, stopTimer } from './router.ts';
import { TimerRole } from './timer-role.ts';
import { advancePeriodicDeadline } from './timing.ts';

/** From the end of one walk to the next, where no gap is configured. */
export const WALK_GAP_US: Micros = 20_000;

/** The router became Active: announce, and plan what follows. */
export function startAnnouncing(router: Router, actions: RouterActions): void {
  const plan = router.settings.announcement;
  announce(router, plan.repeat, actions);
  if (plan.delayUs > 0) {
    router.row[Column.Deadlines + TimerRole.SecondBurst] = router.row[Column.EventAt]! + plan.delayUs;
    actions.arm(router, TimerRole.SecondBurst);
  }
  startRefresh(router, actions);
}

/** The plan has changed while Active: the refresh starts over with its new period. */
export function replan(router: Router, actions: RouterActions): void {
  stopTimer(router, TimerRole.Refresh, actions);
  startRefresh(router, actions);
}

function startRefresh(router: Router, actions: RouterActions): void {
  const { refreshUs } = router.settings.announcement;
  if (refreshUs === 0) return;
  router.row[Column.Deadlines + TimerRole.Refresh] = router.row[Column.EventAt]! + refreshUs;
  actions.arm(router, TimerRole.Refresh);
}

/** The router leaves Active: nothing more is announced. */
export function stopAnnouncing(router: Router, actions: RouterActions): void {
  router.announcementsLeft = 0;
  router.nextAnnouncement = 0;
  stopTimer(router, TimerRole.SecondBurst, actions);
  stopTimer(router, TimerRole.Refresh, actions);
  stopTimer(router, TimerRole.LowerPriorityBurst, actions);
  stopTimer(router, TimerRole.Announcement, actions);
}

/**
 * Sees to it that each address is announced `walks` times from now on. A burst that is under way goes on where it is
 * and is made longer if need be, so that frequent bursts cannot starve the last addresses.
 */
export function announce(router: Router, walks: number, actions: RouterActions): void {
  const wasIdle = router.announcementsLeft === 0;
  router.announcementsLeft = Math.max(router.announcementsLeft, walks * router.announcementCount);
  if (!wasIdle) return;
  router.walked = false;
  announceUntilGap(router, actions);
}

/** TimerRole.SecondBurst. */
export function secondBurst(router: Router, actions: RouterActions): void {
  stopTimer(router, TimerRole.SecondBurst, actions);
  announce(router, router.settings.announcement.repeat, actions);
}

/** TimerRole.Refresh. */
export function refresh(router: Router, actions: RouterActions): void {
  const plan = router.settings.announcement;
  announce(router, plan.refreshRepeat, actions);
  advancePeriodicDeadline(router.row, Column.Deadlines + TimerRole.Refresh, plan.refreshUs, Column.EventAt);
  actions.arm(router, TimerRole.Refresh);
}

/** A lower advert was heard while Active. A second burst that is already planned is not put off. */
export function announceAgainstLower(router: Router, actions: RouterActions): void {
  const plan = router.settings.announcement;
  if (plan.lowerPriorityRepeat === 0) return;
  announce(router, plan.lowerPriorityRepeat, actions);
  const column = Column.Deadlines + TimerRole.LowerPriorityBurst;
  if (plan.lowerPriorityDelayUs > 0 && router.row[column] === Infinity) {
    router.row[column] = router.row[Column.EventAt]! + plan.lowerPriorityDelayUs;
    actions.arm(router, TimerRole.LowerPriorityBurst);
  }
}

/** TimerRole.LowerPriorityBurst. */
export function lowerPriorityBurst(router: Router, actions: RouterActions): void {
  stopTimer(router, TimerRole.LowerPriorityBurst, actions);
  announce(router, router.settings.announcement.lowerPriorityRepeat, actions);
}

/** TimerRole.Announcement: the instant that was reserved for the next announcement has come. */
export function continueAnnouncing(router: Router, actions: RouterActions): void {
  stopTimer(router, TimerRole.Announcement, actions);
  announceNext(router, actions);
  announceUntilGap(router, actions);
}

function announceUntilGap(router: Router, actions: RouterActions): void {
  while (router.announcementsLeft > 0) {
    if (router.nextAnnouncement === 0 && router.walked && !hasGap(router)) {
      router.walked = false;
      router.row[Column.Deadlines + TimerRole.Announcement] = router.row[Column.EventAt]! + WALK_GAP_US;
      actions.arm(router, TimerRole.Announcement);
      return;
    }
    if (!actions.mayAnnounce(router, router.nextAnnouncement)) {
      actions.arm(router, TimerRole.Announcement);
      return;
    }
    announceNext(router, actions);
  }
}

function announceNext(router: Router, actions: RouterActions): void {
  actions.transmitAnnouncement(router, router.nextAnnouncement);
  router.announcementsLeft--;
  router.nextAnnouncement++;
  router.walked = router.nextAnnouncement >= router.announcementCount;
  if (router.walked) router.nextAnnouncement = 0;
}

function hasGap(router: Router): boolean {
  const { arpGapUs, neighborGapUs } = router.settings.announcement;
  return arpGapUs > 0 || neighborGapUs > 0;
}
