/**
 * keepalived's words for the states, used in logs, status and everything else that people's tools read.
 */
import { RouterState, TransitionReason } from '@locum/protocol';

export type StateWord = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT' | 'STOP';

const FAULTS: readonly number[] = [
  TransitionReason.InterfaceDown,
  TransitionReason.NoPrimaryIpAddress,
  TransitionReason.NoVirtualIpAddresses,
];

/** The word for a state; Initialize has three, told apart by the event that led there. */
export function stateWord(state: number, lastEvent: number): StateWord {
  if (state === RouterState.Active) return 'MASTER';
  if (state === RouterState.Backup) return 'BACKUP';
  if (lastEvent === TransitionReason.Shutdown) return 'STOP';
  return FAULTS.includes(lastEvent) ? 'FAULT' : 'INIT';
}
