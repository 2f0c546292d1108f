/**
 * Lowers validated settings to the plan that the engine process carries out: one port for each interface in use, and
 * routers that refer to ports by index.
 */
import type { EnginePlan, PortPlan, RouterPlan } from '../channel/message.ts';
import type { DaemonSettings } from '../configuration/settings.ts';

/**
 * How many groups the routers of a daemon are spread over. Enough to keep a burst short, and few enough that a wake-up
 * serves many routers: waking costs more than sending.
 */
const PHASES = 16;

interface PortDraft {
  readonly interfaceName: string;
  readonly groups: Uint8Array[];
}

function addGroup(groups: Uint8Array[], group: Uint8Array): void {
  if (!groups.some((known) => Buffer.compare(known, group) === 0)) groups.push(group);
}

/** The plan for `settings`, with every port on `transport`. Routers stand in the order of the instances. */
export function planFor(settings: DaemonSettings, transport: string, keepAddresses: boolean): EnginePlan {
  const drafts: PortDraft[] = [];
  const routers: RouterPlan[] = settings.instances.map((instance, index) => {
    let port = drafts.findIndex((draft) => draft.interfaceName === instance.interfaceName);
    if (port < 0) {
      port = drafts.length;
      drafts.push({ interfaceName: instance.interfaceName, groups: [] });
    }
    if (instance.router.unicastPeers.length === 0) addGroup(drafts[port]!.groups, instance.router.groupAddress);
    const phase = settings.global.spreadPhases ? Math.floor((index * PHASES) / settings.instances.length) / PHASES : 0;
    const phaseUs = Math.floor(phase * instance.router.advertisementIntervalUs);
    return { settings: { ...instance.router, port, phaseUs, virtualMac: false }, addresses: instance.addresses };
  });
  const ports: PortPlan[] = drafts.map((draft) => ({ ...draft, transport }));
  const { realtimePriority, noSwap, nice, processors, busyWaitUs } = settings.global;
  return {
    ports,
    routers,
    keepAddresses,
    scheduling: {
      noSwap,
      processors,
      busyWaitUs,
      ...(realtimePriority === undefined ? {} : { realtimePriority }),
      ...(nice === undefined ? {} : { nice }),
    },
  };
}

/**
 * The plan with the AH sequence that each router begins at, so that it rises over the life of the configuration and not
 * only over that of a process: the seconds of the wall clock, or what was used before when that is more.
 */
export function withAhSequences(plan: EnginePlan, used: ReadonlyMap<string, number>): EnginePlan {
  const wallSeconds = Math.floor(Date.now() / 1000);
  const routers = plan.routers.map((router) => {
    if (router.settings.authentication.type !== 'ah') return router;
    return { ...router, ahSequence: Math.max(wallSeconds, used.get(router.settings.name) ?? 0) };
  });
  return { ...plan, routers };
}
