/**
 * What the supervisor and the engine process say to each other: one JSON object a line over a Unix socket.
 *
 * Only rare things travel here: what has changed when the configuration has, its outcome, the order to stop, and a nudge
 * that new events stand on the board. Every router is a line of its own, so that the engine can look at its timers between
 * two of them. Octets are written as `{"hex":"…"}`.
 */
import type { RouterSettings } from '@locum/protocol';
import type { Capabilities } from '@locum/transport';
import type { TransportSettings, VirtualAddress } from '../configuration/settings.ts';

/** Version of this conversation; an engine of another version is not adopted. */
export const CHANNEL_VERSION = 3;

export interface PortPlan {
  readonly interfaceName: string;
  readonly transport: TransportSettings;
  /** Multicast groups that the routers on this port listen to. */
  readonly groups: readonly Uint8Array[];
}

/** What tells one port of an engine from another: two routers of one interface may use different transports. */
export function portKey({ interfaceName, transport }: Pick<PortPlan, 'interfaceName' | 'transport'>): string {
  const { name, directory, options } = transport;
  return JSON.stringify([interfaceName, name, directory, Object.entries(options).sort()]);
}

export interface RouterPlan {
  /** `port` is an index into {@link EnginePlan.ports}. */
  readonly settings: RouterSettings;
  readonly addresses: readonly VirtualAddress[];
  /** Name wanted for the device with the virtual MAC, where there is one. */
  readonly deviceName?: string;
  /** The AH sequence goes on above this. */
  readonly ahSequence?: number;
}

export interface SchedulingPlan {
  /** SCHED_RR priority 1..99; absent for the ordinary scheduler. */
  readonly realtimePriority?: number;
  /** Lock the engine's memory. */
  readonly noSwap: boolean;
  /** Nice value. */
  readonly nice?: number;
  /** Processors to run on; empty for any. */
  readonly processors: readonly number[];
  /** How long to spin before a deadline. */
  readonly busyWaitUs: number;
}

/** Everything the engine process needs to run, and nothing about where it was written. */
export interface EnginePlan {
  readonly ports: readonly PortPlan[];
  readonly routers: readonly RouterPlan[];
  readonly scheduling: SchedulingPlan;
  /** Leave the addresses where they are at an orderly stop. */
  readonly keepAddresses: boolean;
}

/** What an engine needs to go over from the plan that it knows to another. */
export interface PlanChange extends Omit<EnginePlan, 'routers'> {
  /** Rows on the board of the routers that go on as they are. */
  readonly kept: readonly number[];
  /** Those that are new, or may have changed. A router that is neither here nor kept leaves. */
  readonly routers: readonly RouterPlan[];
}

/** One thing that could not be done as planned. The rest of the plan was carried out. */
export interface PlanProblem {
  /** Index of the router it concerns, or -1 when it concerns a whole port or process. */
  readonly router: number;
  readonly interfaceName?: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** A port of the engine process as it is. */
export interface PortState {
  readonly plan: PortPlan;
  /** `retired`: no plan has it any more. */
  readonly state: 'opening' | 'open' | 'closed' | 'retired';
  /** How often it has been opened: an interface may have been replaced between two looks. */
  readonly openings: number;
  /** What the port can do, or could when it was last open. */
  readonly capabilities?: Capabilities;
  /** Why it is closed. */
  readonly problem?: PlanProblem;
  /** For what it counts drops of its own, in the order of its row on the board. */
  readonly dropReasons?: readonly string[];
}

export type SupervisorMessage =
  /** Followed by `routerCount` messages of type `router`. */
  | {
      readonly type: 'configure';
      readonly change: Omit<PlanChange, 'routers'>;
      readonly routerCount: number;
    }
  | { readonly type: 'router'; readonly router: RouterPlan }
  | { readonly type: 'stop' };

export type EngineMessage =
  | { readonly type: 'hello'; readonly version: number; readonly pid: number; readonly boardFd: number }
  | {
      readonly type: 'configured';
      /** `slots[i]` is the row of `change.routers[i]` on the board. */
      readonly slots: readonly number[];
      /** By the engine's own port index, which is what events and resignations carry. */
      readonly ports: readonly PortState[];
      readonly problems: readonly PlanProblem[];
      /** Octets that the engine has locked in memory, in the answer to the plan that asked for it. */
      readonly lockedBytes?: number;
    }
  /** `ports` are there when one of them changed its state. */
  | { readonly type: 'events'; readonly ports?: readonly PortState[] };

/** All lines that tell the engine of `change`. */
export function encodeChange({ routers, ...change }: PlanChange): string {
  const messages: SupervisorMessage[] = [
    { type: 'configure', change, routerCount: routers.length },
    ...routers.map((router): SupervisorMessage => ({ type: 'router', router })),
  ];
  return messages.map(encodeMessage).join('');
}

/** One line, with its newline. */
export function encodeMessage(message: SupervisorMessage | EngineMessage): string {
  return `${JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value,
  )}\n`;
}

/** The inverse of {@link encodeMessage}. Throws a SyntaxError on a line that is not JSON. */
export function decodeMessage<Message extends SupervisorMessage | EngineMessage>(line: string): Message {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'hex' in value && typeof value.hex === 'string') {
      return new Uint8Array(Buffer.from(value.hex, 'hex'));
    }
    return value;
  }) as Message;
}

/** Cuts a stream of chunks into lines. */
export class LineReader {
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: string): void {
    this.#rest += chunk;
    let end = this.#rest.indexOf('\n');
    while (end >= 0) {
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (line !== '') this.#onLine(line);
      end = this.#rest.indexOf('\n');
    }
  }
}
