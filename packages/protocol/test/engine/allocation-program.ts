/**
 * Run by allocation.test.ts: prints what a million engine steps allocate, and how much work they were, as JSON.
 *
 * Needs --expose-gc, and a young generation so large that no collection happens between two readings of the heap:
 * garbage counts as well as what is kept.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { EffectKind } from '../../src/engine/effects.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Link } from '../../src/wire/reception.ts';
import { advertFrame, link, settings } from './rig.ts';

const STEPS = 1_000_000;
const BATCHES = 6;
const STEP_US = 50;
const ROUTERS = 60;
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run with --expose-gc');

const engine = new Engine({ maxRouters: ROUTERS });
const key = Uint8Array.from(Buffer.from('s3cret\0\0'));
engine.configure(
  0,
  Array.from({ length: ROUTERS }, (_, index) => {
    const isOwner = index % 3 === 0;
    const isAh = index % 10 === 1;
    return settings({
      vrid: index + 1,
      version: isAh ? 2 : 3,
      priority: isOwner ? 255 : 100,
      advertisementIntervalUs: isAh ? 1_000_000 : 100_000,
      authentication: isAh ? { type: 'ah', key } : { type: 'none' },
      announcement: {
        repeat: 5,
        delayUs: 300_000,
        refreshUs: 400_000,
        refreshRepeat: 1,
        lowerPriorityRepeat: 1,
        lowerPriorityDelayUs: 50_000,
        arpGapUs: index % 7 === 0 ? 1_000 : 0,
        neighborGapUs: 0,
      },
    });
  }),
);
engine.setLink(0, 0, link());

const frames: Uint8Array[] = [];
for (let vrid = 1; vrid <= ROUTERS; vrid++) {
  for (const priority of [50, 150, 0, 150, 150]) frames.push(advertFrame({ vrid, priority, intervalUs: 100_000 }));
  frames.push(advertFrame({ vrid: vrid + 100, priority: 150 }));
  frames.push(advertFrame({ vrid, priority: 150, ttl: 254 }));
}

// Boxed beforehand: what a host's clock costs is not the engine's. An array with something else in it keeps the boxes.
const instants: number[] = [Symbol('not only numbers') as unknown as number];
for (let step = 0; step < STEPS; step++) instants.push(1e12 + step * STEP_US);

/** How often each kind of effect was seen; a batch that does nothing would allocate nothing. */
const work = new Float64Array(16);

function run(batch: number): void {
  for (let step = 1; step <= STEPS; step++) {
    const now = instants[step]!;
    // Long silences, so that Backups become Active; in between, all kinds of adverts.
    if ((step >> 14) % 2 === 0) {
      const frame = frames[(step * 31 + batch) % frames.length]!;
      engine.frame(now, 0, frame, 0, frame.length, Link.Ethernet);
    }
    engine.timers(now);
    const { effects } = engine;
    for (let index = 0; index < effects.count; index++) work[effects.at(index).kind]!++;
    effects.clear();
  }
}

/** Collections that nobody asked for. */
let collections = 0;
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { flags } = (entry as unknown as { detail: { flags: number } }).detail;
    if ((flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) === 0) collections++;
  }
});

const growth: number[] = [];
collect();
observer.observe({ entryTypes: ['gc'] });
for (let batch = 0; batch < BATCHES; batch++) {
  // Each batch starts the routers again at the same instants, which have been boxed only once.
  engine.shutdown(1e12);
  engine.startup(1e12);
  engine.effects.clear();
  work.fill(0);
  collect();
  const before = process.memoryUsage().heapUsed;
  run(batch);
  growth.push(process.memoryUsage().heapUsed - before);
}
// The observer is told in a later turn of the event loop.
await new Promise((resolve) => setTimeout(resolve, 0));
await new Promise((resolve) => setImmediate(resolve));
const kinds = Object.fromEntries(Object.entries(EffectKind).map(([name, kind]) => [name, work[kind]]));
process.stdout.write(`${JSON.stringify({ growth, kinds, collections })}\n`);
