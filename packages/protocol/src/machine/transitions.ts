/**
 * The state machine: one function an event, in the order of RFC 9568 section 6.4, one branch a clause.
 *
 * An event happens at the instant in the column EventAt of the router's row: there, and nowhere else, because a number
 * that is handed from function to function may become an object on the way. Knows numbers only. Whether an advert is valid was decided before it gets here (wire/receive.ts); an advert that is
 * not never does, and so cannot move a timer. Version 2 (RFC 3768 section 6.4) differs in the formulas, and in that
 * nothing is learned.
 */
import { Column } from '../engine/snapshot.ts';
import type { Micros } from '../units.ts';
import { missedTheSilence, wasReplaced } from './absence.ts';
import { announceAgainstLower, startAnnouncing, stopAnnouncing } from './announcement.ts';
import { Heard, type Router, type RouterActions, stopTimer } from './router.ts';
import { NewActiveReason, RouterState, TransitionReason } from './state.ts';
import { TimerRole } from './timer-role.ts';
import { activeDownIntervalUs, advancePeriodicDeadline, skewTimeUs } from './timing.ts';

/** Shortest time between two answers of one router to adverts that call for one at once. */
export const ANSWER_GAP_US: Micros = 10_000;

const NEVER = -Infinity;
const ACTIVE_DOWN_DEADLINE = Column.Deadlines + TimerRole.ActiveDown;
const ADVER_DEADLINE = Column.Deadlines + TimerRole.Adver;

/** Startup event in Initialize (RFC 9568 section 6.4.1). `reason` is what made it possible. */
export function startup(router: Router, reason: TransitionReason, actions: RouterActions): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  row[Column.UpSince] = now;
  if (router.isOwner) {
    becomeActive(router, reason, NewActiveReason.Priority, actions);
    return;
  }
  useInterval(router, row[Column.AdvertisementIntervalUs]!);
  becomeBackup(router, actions);
  enter(router, RouterState.Backup, reason, actions);
}

/**
 * Shutdown event (sections 6.4.2 and 6.4.3), also when the interface or its primary address is lost. An Active resigns,
 * so that its peers wait no longer than their skew.
 */
export function shutdown(router: Router, reason: TransitionReason, actions: RouterActions): void {
  const row = router.row;
  const state = row[Column.State];
  if (state === RouterState.Backup) {
    stopTimer(router, TimerRole.ActiveDown, actions);
  } else if (state === RouterState.Active) {
    stopBeingActive(router, actions);
    actions.transmitResignation(router);
    actions.releaseAddresses(router);
  } else {
    return;
  }
  row[Column.UpSince] = NEVER;
  enter(router, RouterState.Initialize, reason, actions);
}

/** Active_Down_Timer fires in Backup (section 6.4.2). */
export function activeDownTimerFired(router: Router, actions: RouterActions): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  if (missedTheSilence(router)) {
    row[ACTIVE_DOWN_DEADLINE] = now + row[Column.ActiveAdverIntervalUs]! + row[Column.SkewTimeUs]!;
    actions.arm(router, TimerRole.ActiveDown);
    return;
  }
  const heard = row[Column.Heard];
  stopTimer(router, TimerRole.ActiveDown, actions);
  if (heard === Heard.LowerPriority) {
    becomeActive(router, preemptReason(router), NewActiveReason.Preempted, actions);
    return;
  }
  const why = heard === Heard.PriorityZero ? NewActiveReason.Priority : NewActiveReason.NoResponse;
  becomeActive(router, TransitionReason.ActiveTimeout, why, actions);
}

/** Adver_Timer fires in Active (section 6.4.3). One that was away listens for an interval before it asserts itself. */
export function adverTimerFired(router: Router, actions: RouterActions): void {
  const { row } = router;
  if (row[Column.AwaySince] !== NEVER) {
    row[Column.AwaySince] = NEVER;
  } else if (wasReplaced(router)) {
    row[Column.AwaySince] = row[ADVER_DEADLINE]!;
    const { phaseUs } = router.settings;
    // At least for an interval, and then not at the same instant as all others that were away.
    startAdverTimer(router, phaseUs === 0 ? 0 : phaseUs - row[Column.AdvertisementIntervalUs]!, actions);
    return;
  }
  actions.transmitAdvertisement(router);
  advancePeriodicDeadline(row, ADVER_DEADLINE, row[Column.AdvertisementIntervalUs]!, Column.EventAt);
  actions.arm(router, TimerRole.Adver);
}

/**
 * A valid advert was received. `comparison` is the sender's address against ours: negative, zero or positive. In
 * Initialize adverts are ignored.
 */
export function advertReceived(
  router: Router,
  priority: number,
  intervalUs: Micros,
  comparison: number,
  actions: RouterActions,
): void {
  const state = router.row[Column.State];
  if (state === RouterState.Backup) advertInBackup(router, priority, intervalUs, actions);
  else if (state === RouterState.Active) {
    advertInActive(router, priority, intervalUs, comparison, actions);
  }
}

/** Section 6.4.2. There is no address comparison here. */
function advertInBackup(router: Router, priority: number, intervalUs: Micros, actions: RouterActions): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  // Priority 0: Active_Down_Timer := Skew_Time. The packet's own interval is not learned.
  if (priority === 0) {
    row[Column.Heard] = Heard.PriorityZero;
    row[ACTIVE_DOWN_DEADLINE] = now + row[Column.SkewTimeUs]!;
    actions.arm(router, TimerRole.ActiveDown);
    return;
  }
  // Preempt_Mode False, or priority >= ours: learn the interval, restart the timer.
  const beatsUs = priority >= row[Column.EffectivePriority]!;
  if (beatsUs || !mayPreempt(router)) {
    if (beatsUs) row[Column.PreemptHoldUntil] = NEVER;
    row[Column.Heard] = Heard.Nothing;
    learnInterval(router, intervalUs);
    startActiveDownTimer(router, actions);
    return;
  }
  // Priority < ours: discard. The timer runs out, and then we preempt.
  row[Column.Heard] = Heard.LowerPriority;
}

/** Section 6.4.3. Preempt_Mode is not consulted. */
function advertInActive(
  router: Router,
  priority: number,
  intervalUs: Micros,
  comparison: number,
  actions: RouterActions,
): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  const own = row[Column.EffectivePriority]!;
  // Priority 0: advert at once, Adver_Timer := Advertisement_Interval.
  if (priority === 0) {
    answerPriorityZero(router, actions);
    return;
  }
  // Somebody took over while we were away: Backup, and from there by the ordinary rules.
  if (wasReplaced(router)) {
    yieldTo(router, intervalUs, TransitionReason.Absence, actions);
    return;
  }
  // Priority > ours, or equal and the sender's address is higher: Backup.
  if (priority > own || (priority === own && comparison > 0)) {
    yieldTo(router, intervalUs, TransitionReason.HigherPriorityBackup, actions);
    return;
  }
  // Our own address and priority: another router copies us, or a loop; an answer would be answered for ever.
  if (priority === own && comparison === 0) return;
  // Any other: advert at once. Adver_Timer keeps its phase.
  row[Column.LowerPriorityHeard]!++;
  if (now - row[Column.LastAssertAt]! < ANSWER_GAP_US) {
    row[Column.AssertsSuppressed]!++;
    return;
  }
  row[Column.LastAssertAt] = now;
  if (router.settings.assertAgainstLower) actions.transmitAdvertisement(router);
  announceAgainstLower(router, actions);
  actions.lowerPriorityHeard(router, priority);
}

/**
 * A flood of priority-0 adverts gets one answer each gap: the ones in between bring the next advert forward to the end
 * of the gap and so are answered as well, a little later. They cannot put it off.
 */
function answerPriorityZero(router: Router, actions: RouterActions): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  const notBefore = row[Column.LastPriorityZeroReplyAt]! + ANSWER_GAP_US;
  if (now < notBefore) {
    if (notBefore >= row[ADVER_DEADLINE]!) return;
    row[ADVER_DEADLINE] = notBefore;
    actions.arm(router, TimerRole.Adver);
    return;
  }
  row[Column.LastPriorityZeroReplyAt] = now;
  actions.transmitAdvertisement(router);
  startAdverTimer(router, 0, actions);
}

/** Section 6.4.3: the better router is Active from here on; learn its interval and wait for its silence. */
function yieldTo(router: Router, intervalUs: Micros, reason: TransitionReason, actions: RouterActions): void {
  if (router.settings.advertiseWhenYielding && reason !== TransitionReason.Absence)
    actions.transmitAdvertisement(router);
  stopBeingActive(router, actions);
  learnInterval(router, intervalUs);
  becomeBackup(router, actions);
  actions.releaseAddresses(router);
  enter(router, RouterState.Backup, reason, actions);
}

/**
 * The priority we compete with changes. A Backup's timer moves by the difference in skew and does not start anew; the
 * host's frames must already carry the priority when this is called for an Active.
 */
export function changePriority(router: Router, priority: number, actions: RouterActions): void {
  const row = router.row;
  const skew = row[Column.SkewTimeUs]!;
  row[Column.EffectivePriority] = priority;
  useInterval(router, row[Column.ActiveAdverIntervalUs]!);
  if (row[Column.State] !== RouterState.Backup) return;
  row[ACTIVE_DOWN_DEADLINE]! += row[Column.SkewTimeUs]! - skew;
  actions.arm(router, TimerRole.ActiveDown);
}

/**
 * Version, own interval or downAdverts have changed in the settings. An Active advertises at once, because its Backups
 * still wait by the old interval; a Backup waits a whole interval from now, by the longer one where it cannot tell
 * which the Active uses.
 */
export function changeTiming(router: Router, actions: RouterActions): void {
  const row = router.row;
  const before = row[Column.AdvertisementIntervalUs]!;
  const own = router.settings.advertisementIntervalUs;
  const learned = row[Column.ActiveAdverIntervalUs]!;
  row[Column.AdvertisementIntervalUs] = own;
  const isBackup = row[Column.State] === RouterState.Backup;
  if (!isBackup || router.settings.version === 2) useInterval(router, own);
  else useInterval(router, learned === before ? Math.max(learned, own) : learned);
  if (isBackup) {
    startActiveDownTimer(router, actions);
  } else if (row[Column.State] === RouterState.Active) {
    actions.transmitAdvertisement(router);
    startAdverTimer(router, 0, actions);
  }
}

/** Recomputes Skew_Time and Active_Down_Interval from an Active_Adver_Interval (RFC 9568 section 6.1). */
export function useInterval(router: Router, intervalUs: Micros): void {
  const row = router.row;
  const { version, downAdverts } = router.settings;
  const priority = row[Column.EffectivePriority]!;
  row[Column.ActiveAdverIntervalUs] = intervalUs;
  row[Column.SkewTimeUs] = skewTimeUs(version, priority, intervalUs);
  row[Column.ActiveDownIntervalUs] = activeDownIntervalUs(version, priority, intervalUs, downAdverts);
}

/** Version 2 has no Active_Adver_Interval: another interval than ours was dropped before. */
function learnInterval(router: Router, intervalUs: Micros): void {
  useInterval(router, router.settings.version === 2 ? router.row[Column.AdvertisementIntervalUs]! : intervalUs);
}

/** The owner always preempts (section 6.1). The preempt delay starts with the first lower advert. */
function mayPreempt(router: Router): boolean {
  const now = router.row[Column.EventAt]!;
  const { preemptMode, preemptDelayUs } = router.settings;
  if (router.isOwner) return true;
  if (!preemptMode) return false;
  if (preemptDelayUs === 0) return true;
  if (router.row[Column.PreemptHoldUntil] === NEVER) router.row[Column.PreemptHoldUntil] = now + preemptDelayUs;
  return now >= router.row[Column.PreemptHoldUntil]!;
}

function preemptReason(router: Router): TransitionReason {
  if (router.isOwner) return TransitionReason.OwnerPreempt;
  const waited = router.row[Column.PreemptHoldUntil] !== NEVER;
  return waited ? TransitionReason.PreemptHoldTimeout : TransitionReason.LowerPriorityActive;
}

function becomeActive(
  router: Router,
  reason: TransitionReason,
  newActiveReason: NewActiveReason,
  actions: RouterActions,
): void {
  const row = router.row;
  useInterval(router, row[Column.AdvertisementIntervalUs]!);
  row[Column.ActiveTransitions]!++;
  row[Column.NewActiveReason] = newActiveReason;
  row[Column.LastAssertAt] = NEVER;
  row[Column.LastPriorityZeroReplyAt] = NEVER;
  actions.transmitAdvertisement(router);
  actions.acquireAddresses(router);
  startAnnouncing(router, actions);
  startAdverTimer(router, router.settings.phaseUs, actions);
  enter(router, RouterState.Active, reason, actions);
}

function stopBeingActive(router: Router, actions: RouterActions): void {
  router.row[Column.ActiveReleases]!++;
  router.row[Column.AwaySince] = NEVER;
  stopTimer(router, TimerRole.Adver, actions);
  stopAnnouncing(router, actions);
}

function becomeBackup(router: Router, actions: RouterActions): void {
  const row = router.row;
  row[Column.Heard] = Heard.Nothing;
  row[Column.PreemptHoldUntil] = NEVER;
  startActiveDownTimer(router, actions);
}

function startActiveDownTimer(router: Router, actions: RouterActions): void {
  const { row } = router;
  row[ACTIVE_DOWN_DEADLINE] = row[Column.EventAt]! + row[Column.ActiveDownIntervalUs]!;
  actions.arm(router, TimerRole.ActiveDown);
}

/** `earlyUs` before a whole interval is over. */
function startAdverTimer(router: Router, earlyUs: Micros, actions: RouterActions): void {
  const { row } = router;
  row[ADVER_DEADLINE] = row[Column.EventAt]! + row[Column.AdvertisementIntervalUs]! - earlyUs;
  actions.arm(router, TimerRole.Adver);
}

function enter(router: Router, to: RouterState, reason: TransitionReason, actions: RouterActions): void {
  const row = router.row;
  const now = row[Column.EventAt]!;
  const from = row[Column.State] as RouterState;
  row[Column.State] = to;
  row[Column.LastTransitionAt] = now;
  row[Column.LastEvent] = reason;
  actions.stateChanged(router, from, to, reason);
}
