/**
 * What an engine is known to run, so that it is only told what differs: its thread has adverts to send.
 */
import { isDeepStrictEqual } from 'node:util';
import { type EnginePlan, type PlanChange, portKey, type RouterPlan } from '../channel/message.ts';

interface Known {
  readonly router: RouterPlan;
  /** Row on the board. */
  readonly slot: number;
}

export class KnownRouters {
  #known: ReadonlyMap<string, Known> = new Map();

  /** What has to be said to an engine that runs what was confirmed last. */
  changeTo({ routers, ...rest }: EnginePlan): PlanChange {
    const kept: number[] = [];
    const differing: RouterPlan[] = [];
    for (const router of routers) {
      const known = this.#known.get(keyOf(rest.ports, router));
      if (known !== undefined && isSame(known.router, router)) kept.push(known.slot);
      else differing.push(router);
    }
    return { ...rest, kept, routers: differing };
  }

  /** The engine has carried out `change`, which leads to `plan`, and answered `slots`. Returns the rows of all routers. */
  confirm({ ports, routers }: EnginePlan, change: PlanChange, slots: readonly number[]): number[] {
    const answered = new Map(change.routers.map((router, index) => [router, slots[index]!]));
    const known = new Map<string, Known>();
    for (const router of routers) {
      const key = keyOf(ports, router);
      known.set(key, { router, slot: answered.get(router) ?? this.#known.get(key)!.slot });
    }
    this.#known = known;
    return [...known.values()].map(({ slot }) => slot);
  }
}

/** By what the engine knows a router, whatever the order of the ports in a plan. */
function keyOf(ports: EnginePlan['ports'], { settings }: RouterPlan): string {
  return `${portKey(ports[settings.port]!)}/${settings.family}/${settings.vrid}`;
}

/** An AH sequence is where a router begins; one that runs goes on with its own. */
function isSame(before: RouterPlan, after: RouterPlan): boolean {
  return (
    isDeepStrictEqual({ ...before.settings, port: 0 }, { ...after.settings, port: 0 }) &&
    isDeepStrictEqual(before.addresses, after.addresses) &&
    before.deviceName === after.deviceName
  );
}
