/**
 * Where keepalived's words and those of RFC 9568 meet.
 *
 * Inside, the states are Initialize, Backup and Active. Configuration files, notify arguments, FIFO lines and log
 * lines that people's tools look for have keepalived's words.
 */

/** The states of RFC 9568 section 6.4. */
export type RouterState = 'Initialize' | 'Backup' | 'Active';

/** keepalived's words for what an instance is in; INIT is shown only before the first state. */
export type InstanceStateWord = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT';

/** Numbers of those words in dumps, SNMP and D-Bus. */
export const INSTANCE_STATE_NUMBERS: Readonly<Record<InstanceStateWord, number>> = {
  INIT: 0,
  BACKUP: 1,
  MASTER: 2,
  FAULT: 3,
};

/** Words that notify commands and FIFO readers get besides the states. */
export const NOTIFY_WORDS = ['STOP', 'DELETED', 'MASTER_RX_LOWER_PRI', 'MASTER_PRIORITY', 'BACKUP_PRIORITY'] as const;

/**
 * keepalived's word for a state. It has no Initialize: a router that was running and cannot is in FAULT, one that has
 * not begun is in INIT.
 */
export function instanceStateWord(state: RouterState, hasFault: boolean): InstanceStateWord {
  if (state === 'Active') return 'MASTER';
  if (state === 'Backup') return 'BACKUP';
  return hasFault ? 'FAULT' : 'INIT';
}

/** RT_SCOPE_* of rtnetlink by the names that iproute2 and keepalived use. */
export const ADDRESS_SCOPES: Readonly<Record<string, number>> = {
  global: 0,
  site: 200,
  link: 253,
  host: 254,
  nowhere: 255,
};

/** What keepalived accepts for a boolean. */
export const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  off: false,
  false: false,
  no: false,
};
