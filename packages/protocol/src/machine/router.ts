/**
 * One virtual router as the state machine sees it, and what the machine may ask of its surroundings.
 *
 * All numbers that change with events stand in the router's snapshot row (engine/snapshot.ts), where others may read
 * them; nothing is kept twice. The transitions are in transitions.ts, the announcement plan in announcement.ts.
 */
import type { RouterSettings } from '../engine/settings.ts';
import type { Micros } from '../units.ts';
import type { RouterState, TransitionReason } from './state.ts';

/** The timers of one router. Ties between timers of one router are broken in this order. */
export const TimerRole = {
  /** Startup, after the startup delay. */
  Startup: 0,
  /** Active_Down_Timer. */
  ActiveDown: 1,
  /** Adver_Timer. */
  Adver: 2,
  /** The second burst of announcements after becoming Active. */
  SecondBurst: 3,
  /** Periodic announcements while Active. */
  Refresh: 4,
  /** The second burst after a lower advert was heard. */
  LowerPriorityBurst: 5,
  /** The next announcement of a burst that is spread out. */
  Announcement: 6,
} as const;
export type TimerRole = (typeof TimerRole)[keyof typeof TimerRole];

/** Timer ids a router; a power of two. */
export const TIMER_ROLES = 8;

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
  /** The earliest instant, `now` or later, at which announcement number `index` may be sent; it is kept free. */
  reserveAnnouncement(now: Micros, router: Router, index: number): Micros;
  transmitAnnouncement(now: Micros, router: Router, index: number): void;
  stateChanged(router: Router, from: RouterState, to: RouterState, reason: TransitionReason): void;
  lowerPriorityHeard(router: Router, priority: number): void;
  /** Arms or moves a timer. */
  arm(router: Router, role: TimerRole, deadline: Micros): void;
  cancel(router: Router, role: TimerRole): void;
  isArmed(router: Router, role: TimerRole): boolean;
}
