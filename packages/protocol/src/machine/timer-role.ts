/**
 * The timers of one router. Their deadlines stand in the router's row, one column a role (`Column.Deadlines`).
 */

/** Timers of one router that are due at the same instant fire in this order. */
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
