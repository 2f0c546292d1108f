/**
 * How exactly adverts are spaced: by locumd, keepalived and a C loop, one after the other on the same LAN.
 *
 * Each speaker is the only router on the LAN and speaks for one virtual router. The gaps are between the kernel's time
 * stamps at the switch's port. A repeat goes through all speakers before the next begins, so that a machine that gets
 * slower or faster does so for all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seen } from '@locum/integration/capture';
import { withLab } from '@locum/integration/lab';
import type { Advert } from '@locum/integration/naive-decoder';
import { realtimeUs } from '@locum/linux';
import { checkAdverts } from '../lan/advert-check.ts';
import { Hogs } from '../lan/hogs.ts';
import { isScheduled } from '../lan/process-use.ts';
import { realtimeLack } from '../lan/realtime.ts';
import { spacingOf } from '../lan/spacing.ts';
import { Ledger } from '../ledger.ts';
import { allOf, type Check, type Topic } from '../row.ts';
import { CLoop } from '../subjects/c-loop.ts';
import type { RouterConfiguration } from '../subjects/configuration.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import { type Speaker, speakerOf } from '../subjects/speaker.ts';
import type { Bench, BenchCase, Effort } from '../suite.ts';

type Load = 'idle' | 'CPU hogs';

interface Condition {
  readonly intervalMs: number;
  readonly realtimePriority: number | undefined;
  /** Measured one after the other with the same process. */
  readonly loads: readonly Load[];
  readonly stretchMs: number;
  /** False leaves out the busy-wait. */
  readonly busyWait?: false;
}

interface Stretch {
  readonly adverts: readonly Seen<Advert>[];
  readonly check: Check;
}

const PRIORITY = 50;
const BUSY_WAIT_US = 200;
const BUSY_WAIT_NAME = `locumd, busy-wait ${BUSY_WAIT_US} us`;
const SETTLE_MS = 300;
const BOTH: readonly Load[] = ['idle', 'CPU hogs'];

const CONDITIONS: Readonly<Record<Effort, readonly Condition[]>> = {
  short: [
    { intervalMs: 1000, realtimePriority: undefined, loads: ['idle'], stretchMs: 5200, busyWait: false },
    { intervalMs: 100, realtimePriority: undefined, loads: BOTH, stretchMs: 2000 },
    { intervalMs: 100, realtimePriority: PRIORITY, loads: ['CPU hogs'], stretchMs: 2000 },
    { intervalMs: 10, realtimePriority: undefined, loads: BOTH, stretchMs: 1000 },
    { intervalMs: 10, realtimePriority: PRIORITY, loads: ['CPU hogs'], stretchMs: 1000 },
  ],
  full: [
    { intervalMs: 1000, realtimePriority: undefined, loads: BOTH, stretchMs: 5200 },
    { intervalMs: 100, realtimePriority: undefined, loads: BOTH, stretchMs: 3000 },
    { intervalMs: 10, realtimePriority: undefined, loads: BOTH, stretchMs: 1500 },
    { intervalMs: 1000, realtimePriority: PRIORITY, loads: ['CPU hogs'], stretchMs: 4200 },
    { intervalMs: 100, realtimePriority: PRIORITY, loads: ['CPU hogs'], stretchMs: 3000 },
    { intervalMs: 10, realtimePriority: PRIORITY, loads: ['CPU hogs'], stretchMs: 1500 },
  ],
};
const REPEATS: Readonly<Record<Effort, number>> = { short: 1, full: 5 };

/** An owner: Active, and speaking, from the start. */
function configurationOf(condition: Condition): RouterConfiguration {
  const { intervalMs, realtimePriority } = condition;
  return {
    routers: [{ vrid: 51, address: '192.168.1.100' }],
    intervalMs,
    priority: 255,
    ...(realtimePriority === undefined ? {} : { realtimePriority }),
  };
}

export const jitter: BenchCase = {
  name: 'jitter',
  title: 'spacing error and drift of adverts',
  needs: { namespaces: true },
  run: async (bench) => {
    const speakers = [
      speakerOf(new LocumdProgram()),
      speakerOf(new LocumdProgram({ name: BUSY_WAIT_NAME, globals: [`locum_busy_wait ${BUSY_WAIT_US}`] })),
      speakerOf(new KeepalivedProgram()),
      new CLoop(bench.programs),
    ];
    const ledger = new Ledger();
    for (let repeat = 0; repeat < REPEATS[bench.effort]; repeat++) {
      for (const condition of CONDITIONS[bench.effort]) {
        for (const speaker of speakers) await gather(bench, speaker, condition, ledger);
      }
    }
    return ledger.rows();
  },
};

async function gather(bench: Bench, speaker: Speaker, condition: Condition, ledger: Ledger): Promise<void> {
  const lack = speaker.lack(configurationOf(condition)) ?? realtimeLackOf(condition);
  const loads = condition.loads.filter((load) => !isBusy(speaker) || (load === 'idle' && condition.busyWait !== false));
  if (loads.length === 0) return;
  if (lack !== undefined) {
    for (const load of loads) ledger.lack(spacingTopic(condition, load), speaker, lack);
    return;
  }
  bench.progress(`  ${speaker.name}, ${wordsOf(condition, loads.join(' and '))}`);
  let stretches: Map<Load, Stretch>;
  try {
    stretches = await listen(speaker, condition, loads);
  } catch (error) {
    for (const load of loads) ledger.fail(spacingTopic(condition, load), speaker, error);
    return;
  }
  for (const [load, { adverts, check }] of stretches) {
    const instants = adverts.map(({ atUs }) => atUs);
    const spacing = instants.length > 1 ? [spacingOf(instants, condition.intervalMs * 1000)] : [];
    const errors = spacing.flatMap(({ errorsUs }) => errorsUs);
    const drifts = spacing.map(({ driftUs }) => driftUs);
    ledger.add(spacingTopic(condition, load), speaker, errors, check);
    ledger.add({ ...spacingTopic(condition, load), figure: 'drift', unit: 'us/advert' }, speaker, drifts, check);
  }
}

/** Spinning is for a processor that nobody else wants. */
function isBusy(speaker: Speaker): boolean {
  return speaker.name === BUSY_WAIT_NAME;
}

function realtimeLackOf({ realtimePriority }: Condition): string | undefined {
  return realtimePriority === undefined ? undefined : realtimeLack();
}

/** Lets a speaker speak under each load in turn. */
async function listen(speaker: Speaker, condition: Condition, loads: readonly Load[]): Promise<Map<Load, Stretch>> {
  const configuration = configurationOf(condition);
  return withLab('bench-jitter', async (lab) => {
    const router = await lab.addHost('router', { addresses: ['192.168.1.1/24'] });
    const elsewhere = await lab.addHost('elsewhere');
    const capture = await lab.capture({ deferred: true });
    const running = await speaker.speak(lab, router, configuration);
    // Also lets the first announcements pass.
    await sleep(Math.max(SETTLE_MS, Math.min(2 * condition.intervalMs, 1500)));
    const scheduling: Check = {
      passed: isScheduled(running.timekeeper, condition.realtimePriority),
      words: `scheduled as asked (${condition.realtimePriority ?? 'ordinary'})`,
    };
    const bounds = new Map<Load, [startUs: number, endUs: number]>();
    for (const load of loads) {
      const hogs = load === 'idle' ? undefined : Hogs.start(elsewhere);
      await sleep(SETTLE_MS);
      const startUs = realtimeUs();
      await sleep(condition.stretchMs);
      bounds.set(load, [startUs, realtimeUs()]);
      await hogs?.stop();
    }
    await running.stop();
    await capture.stop();
    const adverts = capture.adverts();
    return new Map(
      [...bounds].map(([load, [startUs, endUs]]) => {
        const inside = adverts.filter(({ atUs }) => atUs >= startUs && atUs < endUs);
        const content = checkAdverts(inside, (endUs - startUs) / 1000, configuration);
        return [load, { adverts: inside, check: allOf([content, scheduling]) }];
      }),
    );
  });
}

function wordsOf({ intervalMs, realtimePriority }: Condition, load: string): string {
  const scheduling = realtimePriority === undefined ? 'ordinary' : `real-time ${realtimePriority}`;
  return `${intervalMs} ms, ${load}, ${scheduling}`;
}

function spacingTopic(condition: Condition, load: Load): Topic {
  const { intervalMs, realtimePriority } = condition;
  const scheduling = realtimePriority === undefined ? 'ordinary' : 'real-time';
  return {
    case: 'jitter',
    scenario: wordsOf(condition, load),
    figure: 'spacing error',
    unit: 'us',
    parameters: { intervalMs, load, scheduling },
  };
}
