/**
 * One port of the engine process: what it was planned as, whether it is open, and when it is to be opened anew.
 */
import { Link, type Micros } from '@locum/protocol';
import type { Capabilities, Port } from '@locum/transport';
import type { PlanProblem, PortPlan, PortState } from '../channel/message.ts';
import type { GuardedPort } from './plug-in/guarded-port.ts';
import { PortTally } from './port-tally.ts';
import { RetryPause } from './retry-pause.ts';

export interface PortEntry {
  plan: PortPlan;
  readonly pause: RetryPause;
  readonly tally: PortTally;
  /** No plan has it any more. */
  retired: boolean;
  opening: boolean;
  openings: number;
  port: Port | undefined;
  guard: GuardedPort | undefined;
  pollerSlot: number;
  link: Link;
  capabilities: Capabilities | undefined;
  problem: PlanProblem | undefined;
  interfaceIndex: number;
  /** MTU that the port was opened for: it knows no longer frame than that. */
  mtu: number;
  /** There was IPv6 when the interface was last looked at. */
  ipv6: boolean;
  /** Another port has to take the place of this one. */
  stale: boolean;
  /** Index of the interface when it was last looked at; 0 when there was none. */
  seenIndex: number;
  /** What a closed port would stand on, as text: another attempt is worth it where that has changed. */
  ground: string;
  /** What `onLink` was last told, as text, so that only changes are passed on. */
  linkKey: string;
}

export function newPortEntry(plan: PortPlan, linkKey: string): PortEntry {
  return {
    plan,
    pause: new RetryPause(),
    tally: new PortTally(),
    retired: false,
    opening: false,
    openings: 0,
    port: undefined,
    guard: undefined,
    pollerSlot: -1,
    link: Link.Ethernet,
    capabilities: undefined,
    problem: undefined,
    interfaceIndex: 0,
    mtu: 0,
    ipv6: false,
    stale: false,
    seenIndex: 0,
    ground: '',
    linkKey,
  };
}

export function stateOf({ retired, port, opening }: PortEntry): PortState['state'] {
  if (retired) return 'retired';
  return port !== undefined ? 'open' : opening ? 'opening' : 'closed';
}

/**
 * A port joins groups and knows the longest frame when it is opened: another one has to, when IPv6 came or frames may be
 * longer. Where they may only be shorter, the kernel refuses the longer ones. The port of a plug-in that cannot be shared
 * may stand on something that it would not get again.
 */
export function noteChange(entry: PortEntry, mtu: number, ipv6: boolean): void {
  if (entry.port === undefined) return;
  const replaceable = entry.guard === undefined || entry.capabilities?.shareable === true;
  if (replaceable && (mtu > entry.mtu || (ipv6 && !entry.ipv6))) entry.stale = true;
  entry.ipv6 = ipv6;
}

/** Takes note of an interface and its own addresses while the port is closed: what was missing may be there. */
export function noteGround(entry: PortEntry, ground: string): void {
  if (entry.port !== undefined || entry.opening || ground === entry.ground) return;
  entry.ground = ground;
  entry.pause.reset();
}

/** Whether it is to be opened, for the first time or anew. */
export function isDue(entry: PortEntry, now: Micros): boolean {
  if (entry.retired || entry.opening || entry.seenIndex === 0) return false;
  return entry.port === undefined ? entry.pause.isOver(now) : entry.stale;
}
