/**
 * Many virtual routers in one daemon: processor time, memory, spacing, and how long a takeover of all of them takes.
 *
 * Two daemons of one kind, one the owner of all addresses and therefore Active, the other its Backup. After a stretch of
 * ordinary life the Active is stopped in order, so that the Backup has to take over everything at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture, Seen } from '@locum/integration/capture';
import { withLab } from '@locum/integration/lab';
import type { Advert } from '@locum/integration/naive-decoder';
import { realtimeUs } from '@locum/linux';
import { checkAdverts } from '../lan/advert-check.ts';
import { memoryUse, processorSeconds } from '../lan/process-use.ts';
import { spacingErrors } from '../lan/spacing.ts';
import { interfaceName, segmentOf, Trunk, virtualAddress } from '../lan/trunk.ts';
import { Ledger } from '../ledger.ts';
import { allOf, type Check, type Topic, type Unit } from '../row.ts';
import { type RouterConfiguration, skewUs } from '../subjects/configuration.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import type { RouterProgram } from '../subjects/router-program.ts';
import type { Bench, BenchCase, Effort } from '../suite.ts';

interface Size {
  readonly routersPerSegment: number;
  readonly segments: number;
  readonly intervalMs: number;
  /** How long to wait before the stretch that is measured. */
  readonly settleMs: number;
}

interface Plan {
  readonly sizes: readonly Size[];
  readonly repeats: number;
  readonly stretchMs: number;
}

/** A daemon, as it runs on the Active and on the Backup. */
interface Contestant {
  readonly active: RouterProgram;
  readonly backup: RouterProgram;
}

/** What one life of a pair has brought. */
interface Life {
  readonly figures: readonly (readonly [figure: string, unit: Unit, values: readonly number[], check: Check])[];
}

const SETTLE_MS = 2500;
/** V8 is done by then with compiling what 2,550 adverts a second run: processor time is that of ordinary life. */
const LONG_SETTLE_MS = 10_000;

const SIZES: readonly Size[] = [
  { routersPerSegment: 1, segments: 1, intervalMs: 100, settleMs: SETTLE_MS },
  { routersPerSegment: 16, segments: 1, intervalMs: 100, settleMs: SETTLE_MS },
  { routersPerSegment: 255, segments: 1, intervalMs: 100, settleMs: LONG_SETTLE_MS },
  { routersPerSegment: 255, segments: 8, intervalMs: 1000, settleMs: SETTLE_MS },
];
const PLANS: Readonly<Record<Effort, Plan>> = {
  short: { sizes: [SIZES[0]!, SIZES[2]!], repeats: 1, stretchMs: 3000 },
  full: { sizes: SIZES, repeats: 5, stretchMs: 2000 },
};
/** The Active's memory is what a server without other programs for Node sees, the Backup's what one with some sees. */
const CONTESTANTS: readonly Contestant[] = [
  { active: new LocumdProgram({ ownNode: true }), backup: new LocumdProgram() },
  { active: new KeepalivedProgram(), backup: new KeepalivedProgram() },
];
const OWNER_PRIORITY = 255;
const BACKUP_PRIORITY = 100;
/** The skew time, and the announcements of 2,040 addresses, many times over. */
const TAKEOVER_MS = 2000;

export const scale: BenchCase = {
  name: 'scale',
  title: 'one to 2,040 virtual routers in a daemon',
  needs: { namespaces: true },
  run: async (bench) => {
    const ledger = new Ledger();
    const { sizes, repeats, stretchMs } = PLANS[bench.effort];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const size of sizes) {
        for (const contestant of CONTESTANTS) await gather(bench, contestant, size, stretchMs, ledger);
      }
    }
    return ledger.rows();
  },
};

async function gather(
  bench: Bench,
  contestant: Contestant,
  size: Size,
  stretchMs: number,
  ledger: Ledger,
): Promise<void> {
  const program = contestant.active;
  const topic = topicOf(size, 'processor, Active', '%');
  const lack = program.lack(configurationOf(size, BACKUP_PRIORITY));
  if (lack !== undefined) {
    ledger.lack(topic, program, lack);
    return;
  }
  bench.progress(`  ${program.name}, ${topic.scenario}`);
  try {
    const { figures } = await live(contestant, size, stretchMs);
    for (const [figure, unit, values, check] of figures) {
      ledger.add(topicOf(size, figure, unit), program, values, check);
    }
  } catch (error) {
    ledger.fail(topic, program, error);
  }
}

async function live(contestant: Contestant, size: Size, stretchMs: number): Promise<Life> {
  return withLab('bench-scale', async (lab) => {
    const count = size.segments * size.routersPerSegment;
    const trunk = await Trunk.make(lab, size.segments);
    const capture = await trunk.capture();
    const active = contestant.active.spawn(lab, trunk.first, configurationOf(size, OWNER_PRIORITY));
    await trunk.holdsAddresses(trunk.first, count);
    const backup = contestant.backup.spawn(lab, trunk.second, configurationOf(size, BACKUP_PRIORITY));
    // A Backup shows nothing to wait for; what it does when the Active goes is checked.
    await sleep(size.settleMs);

    const pids = [trunk.first.processIds(), trunk.second.processIds()] as const;
    const before = pids.map(processorSeconds);
    const startUs = realtimeUs();
    await sleep(stretchMs);
    const endUs = realtimeUs();
    const [activeShare, backupShare] = pids.map(
      (ids, index) => ((processorSeconds(ids) - before[index]!) / ((endUs - startUs) / 1e6)) * 100,
    );
    const memory = memoryUse(pids[0]);
    const shared = memoryUse(pids[1]);

    const stoppedUs = realtimeUs();
    await active.stop();
    await sleep(TAKEOVER_MS);
    await backup.stop();
    await capture.stop();

    const life = lifeOf(capture, startUs, endUs, size);
    const takeover = takeoverOf(capture, stoppedUs, size);
    return {
      figures: [
        ['processor, Active', '%', [activeShare!], life.check],
        ['processor, Backup', '%', [backupShare!], life.check],
        ['memory, PSS', 'MB', [memory.proportionalMb], life.check],
        ['memory, PSS beside other Node programs', 'MB', [shared.proportionalMb], life.check],
        ['memory, anonymous', 'MB', [memory.anonymousMb], life.check],
        ['spacing error', 'us', life.errorsUs, life.check],
        ['address announced after it was due', 'ms', takeover.afterDueMs, takeover.check],
        ['all addresses announced', 'ms', takeover.allMs, takeover.check],
      ],
    };
  });
}

/** The stretch of ordinary life: spacing of each router's adverts, and whether all were there. */
function lifeOf(capture: Capture, startUs: number, endUs: number, size: Size): { errorsUs: number[]; check: Check } {
  const adverts = capture.adverts().filter(({ atUs, host }) => host === 'first' && atUs >= startUs && atUs < endUs);
  const bySegment = groupBySegment(adverts);
  const errorsUs: number[] = [];
  const others = capture.adverts().filter(({ atUs, host }) => host === 'second' && atUs >= startUs && atUs < endUs);
  const checks: Check[] = [{ passed: others.length === 0, words: `the Backup sent ${others.length} adverts` }];
  for (let segment = 1; segment <= size.segments; segment++) {
    const inside = bySegment.get(segment) ?? [];
    const configuration = segmentConfiguration(size, segment, OWNER_PRIORITY);
    checks.push(checkAdverts(inside, (endUs - startUs) / 1000, configuration));
    for (const { vrid } of configuration.routers) {
      const instants = inside.filter((advert) => advert.vrid === vrid).map(({ atUs }) => atUs);
      if (instants.length > 1) errorsUs.push(...spacingErrors(instants, size.intervalMs * 1000));
    }
  }
  return { errorsUs, check: allOf(checks) };
}

function groupBySegment(adverts: readonly Seen<Advert>[]): Map<number, Seen<Advert>[]> {
  const groups = new Map<number, Seen<Advert>[]>();
  for (const advert of adverts) {
    const segment = segmentOf(advert.source);
    if (!groups.has(segment)) groups.set(segment, []);
    groups.get(segment)!.push(advert);
  }
  return groups;
}

interface Takeover {
  /** Of each address: from the end of its router's skew time to its first announcement. */
  readonly afterDueMs: readonly number[];
  /** From the first of those ends to the last of the announcements; empty when one is missing. */
  readonly allMs: readonly number[];
  readonly check: Check;
}

function takeoverOf(capture: Capture, stoppedUs: number, size: Size): Takeover {
  const skew = skewUs(configurationOf(size, BACKUP_PRIORITY));
  const dueUs = new Map<string, number>();
  for (const { atUs, host, priority, addresses } of capture.adverts()) {
    if (host === 'first' && priority === 0 && atUs >= stoppedUs) dueUs.set(addresses[0]!, atUs + skew);
  }
  const announcedUs = new Map<string, number>();
  for (const { atUs, host, sender } of capture.gratuitousArps()) {
    if (host === 'second' && atUs >= stoppedUs && !announcedUs.has(sender)) announcedUs.set(sender, atUs);
  }
  const count = size.segments * size.routersPerSegment;
  const complete = [...dueUs.keys()].filter((address) => announcedUs.has(address));
  const isWhole = dueUs.size === count && complete.length === count;
  const words = `${dueUs.size} routers resigned, ${complete.length} of their addresses were announced, of ${count}`;
  const lastUs = complete.reduce((last, address) => Math.max(last, announcedUs.get(address)!), 0);
  const firstUs = [...dueUs.values()].reduce((first, due) => Math.min(first, due), Infinity);
  return {
    afterDueMs: complete.map((address) => (announcedUs.get(address)! - dueUs.get(address)!) / 1000),
    allMs: isWhole ? [(lastUs - firstUs) / 1000] : [],
    check: { passed: isWhole, words },
  };
}

function configurationOf(size: Size, priority: number): RouterConfiguration {
  const segments = Array.from({ length: size.segments }, (_, index) => segmentConfiguration(size, index + 1, priority));
  return { ...segments[0]!, routers: segments.flatMap(({ routers }) => routers) };
}

function segmentConfiguration(size: Size, segment: number, priority: number): RouterConfiguration {
  const routers = Array.from({ length: size.routersPerSegment }, (_, index) => ({
    interfaceName: interfaceName(segment),
    vrid: index + 1,
    address: virtualAddress(segment, index + 1),
  }));
  return { routers, intervalMs: size.intervalMs, priority };
}

function topicOf({ routersPerSegment, segments, intervalMs }: Size, figure: string, unit: Unit): Topic {
  const routers = routersPerSegment * segments;
  const where = segments === 1 ? '' : ` over ${segments} interfaces`;
  const scenario = `${routers.toLocaleString('en')} ${routers === 1 ? 'router' : 'routers'}${where}, ${intervalMs} ms`;
  return { case: 'scale', scenario, figure, unit, parameters: { routers, segments, intervalMs } };
}
