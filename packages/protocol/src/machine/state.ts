/**
 * The words of the state machine: states, why a transition happened, and why a router became Active.
 *
 * The numbers are stable (they stand in snapshots and effects); the words are the identities of RFC 8347, in which
 * the Active is still called master.
 */

/** RFC 9568 section 6.4. The numbers are keepalived's too. */
export const RouterState = { Initialize: 0, Backup: 1, Active: 2 } as const;
export type RouterState = (typeof RouterState)[keyof typeof RouterState];

/** The event behind the last transition, or behind staying in Initialize (RFC 8347, last-event). */
export const TransitionReason = {
  None: 0,
  Startup: 1,
  Shutdown: 2,
  /** Active heard an advert that beats its own. */
  HigherPriorityBackup: 3,
  /** Active_Down_Timer fired after silence or after a priority-0 advert. */
  ActiveTimeout: 4,
  InterfaceUp: 5,
  InterfaceDown: 6,
  NoPrimaryIpAddress: 7,
  PrimaryIpAddress: 8,
  NoVirtualIpAddresses: 9,
  VirtualIpAddresses: 10,
  /** Preempted a lower Active after the preempt delay. */
  PreemptHoldTimeout: 11,
  /** Preempted a lower Active. */
  LowerPriorityActive: 12,
  /** The address owner preempted another Active. */
  OwnerPreempt: 13,
  /** Active found that it had been away, its process or machine stopped, and that another had taken over. */
  Absence: 14,
} as const;
export type TransitionReason = (typeof TransitionReason)[keyof typeof TransitionReason];

/** RFC 8347 identities, indexed by {@link TransitionReason}, without their `vrrp-event-` prefix; the last is ours. */
export const transitionReasonWords: readonly string[] = [
  'none',
  'startup',
  'shutdown',
  'higher-priority-backup',
  'master-timeout',
  'interface-up',
  'interface-down',
  'no-primary-ip-address',
  'primary-ip-address',
  'no-virtual-ip-addresses',
  'virtual-ip-addresses',
  'preempt-hold-timeout',
  'lower-priority-master',
  'owner-preempt',
  'absence',
];

/** Why the router last became Active (RFC 8347, new-master-reason; the numbers are RFC 6527's). */
export const NewActiveReason = {
  NotActive: 0,
  /** It has the highest priority: an owner at startup, or the Active resigned. */
  Priority: 1,
  /** It preempted a lower Active. */
  Preempted: 2,
  /** The Active fell silent. */
  NoResponse: 3,
} as const;
export type NewActiveReason = (typeof NewActiveReason)[keyof typeof NewActiveReason];

/** RFC 8347 words, indexed by {@link NewActiveReason}. */
export const newActiveReasonWords: readonly string[] = ['not-master', 'priority', 'preempted', 'no-response'];
