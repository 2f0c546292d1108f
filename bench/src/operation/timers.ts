/**
 * Timers by the thousand: the wheel beside a binary heap, doing the same with the same deadlines.
 *
 * Deadlines are those of routers with an interval of one second. The clock is a number, so nothing waits for anything.
 */
import { TimerWheel } from '@locum/protocol';
import { BinaryHeap } from './binary-heap.ts';
import type { Operation } from './operation.ts';

type Timers = Pick<TimerWheel, 'armFrom' | 'cancel' | 'expireAt' | 'readNextDeadline'>;

export const TIMER_KINDS: Readonly<Record<string, new (capacity: number) => Timers>> = {
  wheel: TimerWheel,
  'binary heap': BinaryHeap,
};

const START = 1e12;
const SPREAD_US = 1_000_000;
const DOWN_US = 2_600_000;
const BATCH_SIZE = 20_000;
/** Timers that {@link armAndCancel} uses: those of a few routers. */
const USED = 64;

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

/** Deadlines on their way into a wheel; a number that is never an argument is never boxed. */
const deadline = new Float64Array(1);

function filled(kind: string, size: number): Timers {
  const timers = new TIMER_KINDS[kind]!(size);
  for (let id = 0; id < size; id++) {
    deadline[0] = firstDeadline(id);
    timers.armFrom(id, deadline, 0);
  }
  return timers;
}

function firstDeadline(id: number): number {
  return START + DOWN_US + Math.floor(noiseAt(id) * SPREAD_US);
}

/** Arms and cancels the timers of a few routers, with all others armed. */
function armAndCancel(kind: string, size: number): Operation {
  const timers = filled(kind, size);
  let round = 0;
  const batch = (): number => {
    for (let step = 0; step < BATCH_SIZE; step++) {
      const id = (step * 8) & (USED * 8 - 1) & (size - 1);
      deadline[0] = START + DOWN_US + Math.floor(noiseAt(step + round) * SPREAD_US);
      timers.armFrom(id, deadline, 0);
      timers.cancel(id);
    }
    round++;
    return 0;
  };
  const used = new Set(Array.from({ length: USED }, (_, index) => (index * 8) & (USED * 8 - 1) & (size - 1)));
  return { batchSize: BATCH_SIZE, batch, faultOf: () => '', finalFault: () => drainFault(timers, size - used.size) };
}

/** The same for timers picked at random among all: each is a record that is in no cache. */
function cancelAndArmAny(kind: string, size: number): Operation {
  const timers = filled(kind, size);
  let round = 0;
  const batch = (): number => {
    for (let step = 0; step < BATCH_SIZE; step++) {
      const id = Math.floor(noiseAt(round * BATCH_SIZE + step) * size);
      timers.cancel(id);
      deadline[0] = START + DOWN_US + Math.floor(noiseAt(step * 7 + round) * SPREAD_US);
      timers.armFrom(id, deadline, 0);
    }
    round++;
    return 0;
  };
  return { batchSize: BATCH_SIZE, batch, faultOf: () => '', finalFault: () => drainFault(timers, size) };
}

/**
 * An advert arrives: its router's timer moves back, and the host asks how long it may sleep. A batch is one advert of
 * every router at least: what a wheel puts off is paid for within it.
 */
function rearmAndAsk(kind: string, size: number): Operation {
  const timers = filled(kind, size);
  const batchSize = Math.max(BATCH_SIZE, size);
  const stepUs = Math.max(1, Math.floor(SPREAD_US / size));
  const now = Float64Array.of(START);
  const earliest = new Float64Array(1);
  let next = 0;
  const batch = (): number => {
    let waits = 0;
    for (let step = 0; step < batchSize; step++) {
      now[0]! += stepUs;
      deadline[0] = now[0]! + DOWN_US + SPREAD_US + Math.floor(noiseAt(next) * 1_000);
      timers.armFrom(next, deadline, 0);
      next = next + 1 === size ? 0 : next + 1;
      timers.readNextDeadline(earliest, 0);
      if (earliest[0]! > now[0]!) waits++;
    }
    return waits;
  };
  const faultOf = (waits: number): string =>
    waits === batchSize ? '' : `${batchSize - waits} times the earliest deadline was over`;
  return { batchSize, batch, faultOf, finalFault: () => drainFault(timers, size) };
}

/**
 * Adver_Timers: the host sleeps until the earliest, which expires and is armed again one second later. A batch is a
 * second at least, so that each timer has been everywhere in the wheel; before the first, one passes unmeasured.
 */
function expireAndArm(kind: string, size: number): Operation {
  const timers = filled(kind, size);
  const seconds = Math.max(1, Math.ceil(BATCH_SIZE / size));
  const now = new Float64Array(1);
  const pass = (): number => {
    let idSum = 0;
    for (let step = 0; step < seconds * size; step++) {
      const before = now[0]!;
      timers.readNextDeadline(now, 0);
      if (now[0]! < before) return -1;
      const id = timers.expireAt(now, 0);
      idSum += id;
      deadline[0] = now[0]! + SPREAD_US;
      timers.armFrom(id, deadline, 0);
    }
    return idSum;
  };
  pass();
  const expected = (seconds * size * (size - 1)) / 2;
  const faultOf = (idSum: number): string =>
    idSum === expected ? '' : `the timers that expired come to ${idSum}, not ${expected}, or were out of order`;
  return { batchSize: seconds * size, batch: pass, faultOf, finalFault: () => drainFault(timers, size) };
}

/** Node's own timers: armed and cancelled with all others armed. */
function nodeArmAndCancel(size: number): Operation {
  const armed = Array.from({ length: size }, (_, id) => setTimeout(() => {}, delayOf(id)));
  let round = 0;
  const batch = (): number => {
    for (let step = 0; step < BATCH_SIZE; step++) clearTimeout(setTimeout(() => {}, delayOf(step + round)));
    round++;
    return 0;
  };
  return { batchSize: BATCH_SIZE, batch, faultOf: () => '', finalFault: () => forget(armed, size) };
}

/** Node's own timers: moved back. */
function nodeMoveBack(size: number): Operation {
  const armed = Array.from({ length: size }, (_, id) => setTimeout(() => {}, delayOf(id)));
  let next = 0;
  const batch = (): number => {
    for (let step = 0; step < BATCH_SIZE; step++) {
      armed[next]!.refresh();
      next = next + 1 === size ? 0 : next + 1;
    }
    return 0;
  };
  return { batchSize: BATCH_SIZE, batch, faultOf: () => '', finalFault: () => forget(armed, size) };
}

/** Far enough that none fires while it is measured. */
function delayOf(index: number): number {
  return 600_000 + Math.floor(noiseAt(index) * 1_000);
}

function forget(timers: readonly NodeJS.Timeout[], size: number): string {
  for (const timer of timers) clearTimeout(timer);
  return timers.length === size ? '' : `${timers.length} timers were armed, not ${size}`;
}

/** Expires everything: the right number of timers, in order. */
function drainFault(timers: Timers, expected: number): string {
  const due = new Float64Array(1);
  let count = 0;
  let before = 0;
  for (timers.readNextDeadline(due, 0); due[0] !== Infinity; timers.readNextDeadline(due, 0)) {
    if (timers.expireAt(due, 0) < 0 || due[0]! < before) return 'what was left expired out of order';
    before = due[0]!;
    count++;
  }
  return count === expected ? '' : `${count} timers were left, not ${expected}`;
}

export const TIMER_WORK: Readonly<Record<string, (kind: string, size: number) => Operation>> = {
  'arm + cancel': armAndCancel,
  'cancel + arm, any': cancelAndArmAny,
  'move back + ask': rearmAndAsk,
  'expire + arm': expireAndArm,
};

/** Node lets no virtual time pass, so nothing of it expires here. */
export const NODE_TIMER_WORK: Readonly<Record<string, (size: number) => Operation>> = {
  'arm + cancel': nodeArmAndCancel,
  'move back + ask': nodeMoveBack,
};
