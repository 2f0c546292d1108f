/**
 * Timer wheel beside a binary heap: arm and cancel, the life of a Backup's timer, and the life of an Active's, with
 * 1,000 to a million timers armed.
 *
 * Deadlines are those of routers with an interval of one second. Each case checks what came out of it.
 */
import { TimerWheel } from '@locum/protocol';
import { BinaryHeap } from './binary-heap.ts';
import type { Row } from './main.ts';

type Timers = Pick<TimerWheel, 'arm' | 'cancel' | 'expire' | 'nextDeadline'>;

const START = 1e12;
const SPREAD_US = 1_000_000;
const DOWN_US = 2_600_000;
const BATCH = 20_000;
const BATCHES = 15;
const SIZES = [1_000, 10_000, 100_000, 1_000_000];

const kinds: readonly (readonly [string, new (capacity: number) => Timers])[] = [
  ['wheel', TimerWheel],
  ['binary heap', BinaryHeap],
];

/** A stretch of pseudo-random numbers below 1, so that generating them is not what is measured. */
const noise = (() => {
  const numbers = new Float64Array(1 << 20);
  let state = 12_345;
  for (let index = 0; index < numbers.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    numbers[index] = state / 2 ** 32;
  }
  return numbers;
})();

function noiseAt(index: number): number {
  return noise[index & (noise.length - 1)]!;
}

function row(name: string, count: number, nanoseconds: number[]): Row {
  const sorted = [...nanoseconds].sort((first, second) => first - second);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { name, count, median: at(0.5), p99: at(0.99), unit: 'ns' };
}

function clock(): number {
  return Number(process.hrtime.bigint());
}

function filled(kind: new (capacity: number) => Timers, size: number): Timers {
  const timers = new kind(size);
  for (let id = 0; id < size; id++) timers.arm(id, START + DOWN_US + Math.floor(noiseAt(id) * SPREAD_US));
  return timers;
}

/** Arms and cancels the timers of a few routers, with all others armed. */
function armAndCancel(timers: Timers, size: number): number[] {
  const figures: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = clock();
    for (let step = 0; step < BATCH; step++) {
      const id = (step * 8) & 511 & (size - 1);
      timers.arm(id, START + DOWN_US + Math.floor(noiseAt(step + batch) * SPREAD_US));
      timers.cancel(id);
    }
    figures.push((clock() - before) / BATCH);
  }
  return figures;
}

/** The same for timers picked at random among all: each is a record that is in no cache. */
function cancelAndArmAny(timers: Timers, size: number): number[] {
  const figures: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = clock();
    for (let step = 0; step < BATCH; step++) {
      const id = Math.floor(noiseAt(batch * BATCH + step) * size);
      timers.cancel(id);
      timers.arm(id, START + DOWN_US + Math.floor(noiseAt(step * 7 + batch) * SPREAD_US));
    }
    figures.push((clock() - before) / BATCH);
  }
  return figures;
}

/** An advert arrives: its router's timer moves back, and the host asks how long it may sleep. */
function rearmAndAsk(timers: Timers, size: number): number[] {
  const figures: number[] = [];
  let now = START;
  let last = 0;
  const stepUs = Math.max(1, Math.floor(SPREAD_US / size));
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = clock();
    for (let step = 0; step < BATCH; step++) {
      const id = (batch * BATCH + step) % size;
      now += stepUs;
      timers.arm(id, now + DOWN_US + SPREAD_US + Math.floor(noiseAt(id) * 1_000));
      last = timers.nextDeadline;
    }
    figures.push((clock() - before) / BATCH);
  }
  if (!(last > START && last < Infinity)) throw new Error('the earliest deadline is lost');
  return figures;
}

/** Adver_Timers: each expires and is armed again one second later. */
function expireAndRearm(timers: Timers, size: number): number[] {
  const figures: number[] = [];
  const rounds = Math.max(BATCH, size / 5);
  let last = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = clock();
    for (let step = 0; step < rounds; step++) {
      const deadline = timers.nextDeadline;
      const id = timers.expire(deadline);
      if (id < 0 || deadline < last) throw new Error('timers expire out of order');
      last = deadline;
      timers.arm(id, deadline + SPREAD_US);
    }
    figures.push((clock() - before) / rounds);
  }
  return figures;
}

const cases: readonly (readonly [string, (timers: Timers, size: number) => number[]])[] = [
  ['arm + cancel', armAndCancel],
  ['cancel + arm, any', cancelAndArmAny],
  ['move back + ask', rearmAndAsk],
  ['expire + arm', expireAndRearm],
];

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, measure] of cases) {
    for (const [kindName, kind] of kinds) {
      measure(filled(kind, 1_000), 1_000);
      for (const size of SIZES) {
        const figures = measure(filled(kind, size), size);
        rows.push(row(`${kindName}, ${size.toLocaleString('en')}: ${what}`, figures.length * BATCH, figures));
      }
    }
  }
  return rows;
}
