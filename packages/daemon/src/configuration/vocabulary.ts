/**
 * Where keepalived's words and those of RFC 9568 meet.
 *
 * Inside, the states are Initialize, Backup and Active. Configuration files, notify arguments, FIFO lines and log
 * lines that people's tools look for have keepalived's words.
 */
import { RouterState, TransitionReason } from '@locum/protocol';

/** keepalived's words for what an instance is in; INIT before the first state, STOP after the last. */
export type StateWord = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT' | 'STOP';

const FAULTS: readonly number[] = [
  TransitionReason.InterfaceDown,
  TransitionReason.NoPrimaryIpAddress,
  TransitionReason.NoVirtualIpAddresses,
];

/**
 * keepalived's word for a state. It has no Initialize: what that is called follows from the event that led there.
 *
 * @param state a RouterState
 * @param lastEvent a TransitionReason
 */
export function stateWord(state: number, lastEvent: number): StateWord {
  if (state === RouterState.Active) return 'MASTER';
  if (state === RouterState.Backup) return 'BACKUP';
  if (lastEvent === TransitionReason.Shutdown) return 'STOP';
  return FAULTS.includes(lastEvent) ? 'FAULT' : 'INIT';
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
