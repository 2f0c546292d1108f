/**
 * How long an address is without an answer when its Active goes, in five ways, at three intervals: locumd on both sides,
 * then keepalived on both sides.
 *
 * Adverts and announcements are timed by the kernel at the switch's port, answers by the client that asked.
 */
import { withLab } from '@locum/integration/lab';
import { Meeting } from '../lan/meeting.ts';
import { OUTAGES, type Outage } from '../lan/outage.ts';
import { type Failover, Pair } from '../lan/pair.ts';
import { Ledger } from '../ledger.ts';
import type { Check, Topic } from '../row.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import type { RouterProgram } from '../subjects/router-program.ts';
import type { Bench, BenchCase, Effort } from '../suite.ts';

interface Plan {
  readonly intervalMs: number;
  /** Undefined: the three of the RFC. */
  readonly downAdverts: number | undefined;
  readonly outages: readonly Outage[];
  readonly repeats: number;
  /**
   * Both daemons at the same time, each on a LAN of its own: most of the time nothing happens. They are struck in the same
   * rounds, and what was struck is started again when both have been observed: to start is what would disturb.
   */
  readonly sideBySide?: true;
}

const { stop, engine, everything, freeze, cut } = OUTAGES;
const ALL: readonly Outage[] = [stop, engine, everything, freeze, cut];

const PLANS: Readonly<Record<Effort, readonly Plan[]>> = {
  short: [
    { intervalMs: 100, downAdverts: undefined, outages: ALL, repeats: 3 },
    { intervalMs: 100, downAdverts: 1, outages: [everything], repeats: 3 },
    { intervalMs: 10, downAdverts: undefined, outages: [stop, everything], repeats: 3 },
  ],
  full: [
    { intervalMs: 1000, downAdverts: undefined, outages: ALL, repeats: 5, sideBySide: true },
    { intervalMs: 100, downAdverts: undefined, outages: ALL, repeats: 5 },
    { intervalMs: 100, downAdverts: 1, outages: [everything], repeats: 5 },
    { intervalMs: 10, downAdverts: undefined, outages: [stop, everything], repeats: 5 },
  ],
};

/** Figures with the words that rows have for them. The first is what stands for the others. */
const FIGURES: readonly (readonly [string, keyof Failover])[] = [
  ['to the first advert', 'advertMs'],
  ['to the first gratuitous ARP', 'announcementMs'],
  ['to the first answer', 'pingMs'],
  ['client without answer', 'silenceMs'],
  ['advert beyond the RFC formula', 'beyondMs'],
  ['advert to gratuitous ARP', 'announcementAfterAdvertMs'],
];

export const failover: BenchCase = {
  name: 'failover',
  title: 'from the event to the answer of the other router',
  needs: { namespaces: true },
  run: async (bench) => {
    const ledger = new Ledger();
    for (const plan of PLANS[bench.effort]) {
      const programs = [new LocumdProgram(), new KeepalivedProgram()];
      const meeting = new Meeting(plan.sideBySide ? programs.length : 1);
      if (plan.sideBySide) {
        await Promise.all(programs.map((program) => gather(bench, program, plan, ledger, meeting)));
      } else {
        for (const program of programs) await gather(bench, program, plan, ledger, meeting);
      }
    }
    return ledger.rows();
  },
};

async function gather(
  bench: Bench,
  program: RouterProgram,
  plan: Plan,
  ledger: Ledger,
  meeting: Meeting,
): Promise<void> {
  const { intervalMs, downAdverts, outages } = plan;
  const timing = { intervalMs, ...(downAdverts === undefined ? {} : { downAdverts }) };
  const lack = program.lack({ ...timing, priority: 1, routers: [] });
  if (lack !== undefined) {
    for (const outage of outages) ledger.lack(topicOf(plan, outage, FIGURES[0]![0]), program, lack);
  }
  const left = lack === undefined ? [...outages] : [];
  // After a failure nobody knows what state the two are in, so what is left begins with two others.
  while (left.length > 0) {
    try {
      await withLab(`bench-failover-${program.name}`, async (lab) => {
        const pair = await Pair.start(lab, program, timing);
        for (; left.length > 0; left.shift()) await strike(bench, program, plan, left[0]!, pair, ledger, meeting);
        await pair.stop();
      });
    } catch (error) {
      const outage = left.shift();
      if (outage !== undefined) ledger.fail(topicOf(plan, outage, FIGURES[0]![0]), program, error);
    }
  }
  if (plan.sideBySide) meeting.leave();
}

async function strike(
  bench: Bench,
  program: RouterProgram,
  plan: Plan,
  outage: Outage,
  pair: Pair,
  ledger: Ledger,
  meeting: Meeting,
): Promise<void> {
  bench.progress(`  ${program.name}, ${scenarioOf(plan, outage)}`);
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    await meeting.arrive();
    enter(ledger, program, plan, outage, await pair.failOver(outage, () => meeting.arrive()));
  }
}

function enter(ledger: Ledger, program: RouterProgram, plan: Plan, outage: Outage, failover: Failover): void {
  // Before its time a router may not take over: not even the quickest figure would be worth anything.
  const early = failover.beyondMs < -0.05 * plan.intervalMs;
  const how = failover.resigned ? 'after a resignation' : 'without a resignation';
  const check: Check = {
    passed: !early,
    words: early ? `took over ${-failover.beyondMs} ms before its time, ${how}` : `taken over ${how}`,
  };
  for (const [figure, key] of FIGURES) {
    ledger.add(topicOf(plan, outage, figure), program, [Number(failover[key])], check);
  }
}

function scenarioOf({ intervalMs, downAdverts }: Plan, outage: Outage): string {
  return `${intervalMs} ms, ${outage.name}${downAdverts === undefined ? '' : `, down_timer_adverts ${downAdverts}`}`;
}

function topicOf(plan: Plan, outage: Outage, figure: string): Topic {
  const { intervalMs, downAdverts } = plan;
  const parameters = { intervalMs, outage: outage.name, downAdverts: downAdverts ?? 3 };
  return { case: 'failover', scenario: scenarioOf(plan, outage), figure, unit: 'ms', parameters };
}
