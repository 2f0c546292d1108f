/**
 * Lowers validated settings to the plan that the engine process carries out: one port for each interface and
 * transport in use, and routers that refer to ports by index.
 */
import { type EnginePlan, type PortPlan, portKey, type RouterPlan } from '../channel/message.ts';
import type { DaemonSettings } from '../configuration/settings.ts';

/**
 * The routers of a daemon are spread over this many instants of their interval, and over more where so many routers would
 * speak at each that their burst is long. Not over too many: a wake-up serves many routers, and costs more than sending.
 */
const LEAST_PHASES = 16;
const ROUTERS_AT_ONCE = 16;
const LEAST_PHASE_GAP_US = 5_000;

interface PortDraft extends PortPlan {
  readonly groups: Uint8Array[];
}

function addGroup(groups: Uint8Array[], group: Uint8Array): void {
  if (!groups.some((known) => Buffer.compare(known, group) === 0)) groups.push(group);
}

function phaseCount(routers: number, intervalUs: number): number {
  const wanted = Math.min(Math.ceil(routers / ROUTERS_AT_ONCE), Math.floor(intervalUs / LEAST_PHASE_GAP_US));
  return Math.max(LEAST_PHASES, wanted);
}

/** The plan for `settings`. Routers stand in the order of the instances. */
export function planFor(settings: DaemonSettings, keepAddresses: boolean): EnginePlan {
  const ports = new Map<string, { index: number; draft: PortDraft }>();
  const routers: RouterPlan[] = settings.instances.map((instance, index) => {
    const { interfaceName, transport, addresses, deviceName } = instance;
    const key = portKey(instance);
    const { index: port, draft } = ports.get(key) ?? {
      index: ports.size,
      draft: { interfaceName, transport, groups: [] },
    };
    ports.set(key, { index: port, draft });
    if (instance.router.unicastPeers.length === 0) addGroup(draft.groups, instance.router.groupAddress);
    const { advertisementIntervalUs } = instance.router;
    const phases = phaseCount(settings.instances.length, advertisementIntervalUs);
    const phase = settings.global.spreadPhases ? Math.floor((index * phases) / settings.instances.length) / phases : 0;
    const phaseUs = Math.floor(phase * advertisementIntervalUs);
    return {
      // Whether there is a virtual MAC is known when the port is open.
      settings: { ...instance.router, port, phaseUs, virtualMac: false },
      addresses,
      ...(deviceName === undefined ? {} : { deviceName }),
    };
  });
  const { realtimePriority, noSwap, nice, processors, busyWaitUs } = settings.global;
  return {
    ports: [...ports.values()].map(({ draft }) => draft),
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
