/**
 * What the supervisor knows of the engine's ports: which are open, why others are not, and what to say of it.
 */
import type { Capabilities } from '@locum/transport';
import type { PortCounters, PortCounts } from '../board/port-counters.ts';
import { type PlanProblem, type PortState, portKey } from '../channel/message.ts';
import { STANDARD_TRANSPORT } from '../configuration/built-in-transport.ts';
import type { InstanceSettings } from '../configuration/settings.ts';
import type { LastGasp } from './last-gasp.ts';
import type { Log } from './log.ts';

export interface PortStatus {
  readonly interface: string;
  readonly transport: string;
  readonly options: Readonly<Record<string, string>>;
  readonly state: Exclude<PortState['state'], 'retired'>;
  /** Why it is closed. */
  readonly problem: string | null;
  readonly capabilities: Capabilities | null;
  /** The supervisor can resign here for an engine that died. */
  readonly lastGasp: boolean;
  /** Since the port was planned, as of a second ago; null while no engine runs. */
  readonly statistics: PortCounts | null;
}

export class PortWatch {
  readonly #log: Log;
  #states: readonly PortState[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Takes over what the engine says, and logs what it means: all of it unless the engine was just given a plan, whose
   * problems are logged with those of other kinds. Returns the ports that were opened.
   */
  update(states: readonly PortState[], occasion?: 'planned'): ReadonlySet<number> {
    const before = this.#states;
    this.#states = states;
    const opened = new Set<number>();
    if (occasion === 'planned') return opened;
    for (const [index, { plan, state, openings, problem }] of states.entries()) {
      const known = before[index];
      const isSame = known !== undefined && portKey(known.plan) === portKey(plan);
      if (problem !== undefined && state !== 'retired' && !(isSame && known.problem?.message === problem.message)) {
        this.#log.error(withHint(problem), { code: problem.code });
      }
      if (state !== 'open' || (isSame && known.openings === openings)) continue;
      opened.add(index);
      this.#log.notice(`${plan.interfaceName}: the port is open (transport ${plan.transport.name})`);
    }
    return opened;
  }

  /** The problem for which a daemon does not start: that of all ports, or one of an ordinary port. */
  get fatalProblem(): PlanProblem | undefined {
    const planned = this.#states.filter(({ state }) => state !== 'retired');
    const failed = planned.filter(({ state, problem }) => state === 'closed' && problem !== undefined);
    const fatal =
      failed.length === planned.length
        ? failed[0]
        : failed.find(({ plan }) => plan.transport.name === STANDARD_TRANSPORT.name);
    return fatal?.problem;
  }

  /** Whether a port, in its opening number `opening`, is taken to be open here. */
  isThoughtOpen(index: number, opening: number): boolean {
    const known = this.#states[index];
    return known?.state === 'open' && known.openings === opening;
  }

  interfaceName(index: number): string {
    return this.#states[index]?.plan.interfaceName ?? '?';
  }

  isOpening(instance: InstanceSettings): boolean {
    return this.#of(instance)?.state === 'opening';
  }

  /** Why the port of an instance is not open. */
  faultOf(instance: InstanceSettings): string | undefined {
    const found = this.#of(instance);
    if (found?.state === 'opening') return `transport ${instance.transport.name} is not open yet`;
    return found?.state === 'closed' ? found.problem?.message : undefined;
  }

  statuses(gasp: LastGasp, counters: PortCounters | undefined): PortStatus[] {
    return this.#states.flatMap(({ plan, state, capabilities, problem, dropReasons = [] }, index) => {
      if (state === 'retired') return [];
      return {
        interface: plan.interfaceName,
        transport: plan.transport.name,
        options: publicOptions(plan.transport.options),
        state,
        problem: state === 'open' ? null : (problem?.message ?? null),
        capabilities: capabilities ?? null,
        lastGasp: gasp.isReady(index),
        statistics: counters?.read(index, dropReasons) ?? null,
      };
    });
  }

  #of(instance: InstanceSettings): PortState | undefined {
    const key = portKey(instance);
    return this.#states.find(({ plan }) => portKey(plan) === key);
  }
}

function withHint({ message, hint }: PlanProblem): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

/** Options without what looks like a secret: status is shown and sent around. */
function publicOptions(options: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, /secret|key|pass|token/i.test(name) ? '…' : value]),
  );
}
