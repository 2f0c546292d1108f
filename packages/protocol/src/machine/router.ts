/**
 * One virtual router as the state machine sees it, and what the machine may ask of its surroundings.
 *
 * All numbers that change with events stand in the router's snapshot row (engine/snapshot.ts), where others may read
 * them; nothing is kept twice. The transitions are in transitions.ts, the announcement plan in announcement.ts.
 */

import type { RouterSettings } from '../engine/settings.ts';
import { Column } from '../engine/snapshot.ts';
import type { RouterState, TransitionReason } from './state.ts';
import type { TimerRole } from './timer-role.ts';

/** Values of the column `Heard`: what came in since the last advert that was accepted as the Active's. */
export const Heard = { Nothing: 0, PriorityZero: 1, LowerPriority: 2 } as const;

export const OWNER_PRIORITY = 255;

export class Router {
  readonly index: number;
  /** This router's row; see `Column`. */
  readonly row: Float64Array;
  settings: RouterSettings;
  /** Announcement frames: one an address. */
  announcementCount = 0;
  /** Which of them is sent next, and how many are still to be sent in the burst that is under way. */
  nextAnnouncement = 0;
  announcementsLeft = 0;
  /** The last announcement ended a walk over all addresses. */
  walked = false;

  constructor(index: number, row: Float64Array, settings: RouterSettings) {
    this.index = index;
    this.row = row;
    this.settings = settings;
  }

  get isOwner(): boolean {
    return this.settings.priority === OWNER_PRIORITY;
  }
}

/** What transitions do to the world. Each call is one action of RFC 9568 section 6.4, in the order of the RFC. */
export interface RouterActions {
  /** Sends the advert, to the group or to each unicast peer. */
  transmitAdvertisement(router: Router): void;
  /** Sends the advert with priority 0. */
  transmitResignation(router: Router): void;
  acquireAddresses(router: Router): void;
  releaseAddresses(router: Router): void;
  /**
   * Whether announcement number `index` may be sent at the row's EventAt. If not, the instant at which it may is kept free for it,
   * and stands in the deadline column of TimerRole.Announcement.
   */
  mayAnnounce(router: Router, index: number): boolean;
  transmitAnnouncement(router: Router, index: number): void;
  stateChanged(router: Router, from: RouterState, to: RouterState, reason: TransitionReason): void;
  lowerPriorityHeard(router: Router, priority: number): void;
  /** Arms a timer, or moves it, to the deadline in its column. */
  arm(router: Router, role: TimerRole): void;
  cancel(router: Router, role: TimerRole): void;
}

/** Stops a timer; also for one that has just fired, whose deadline still stands in its column. */
export function stopTimer(router: Router, role: TimerRole, actions: RouterActions): void {
  router.row[Column.Deadlines + role] = Infinity;
  actions.cancel(router, role);
}
