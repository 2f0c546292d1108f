/**
 * A piece of code that is measured by itself, in a process of its own: how long it takes, what garbage it leaves, and
 * whether it did its work.
 *
 * Each is run alone because the runtime compiles a function for the uses that it has seen: ten measurements in one
 * process would measure the tenth as it never runs in earnest.
 */

export interface Operation {
  /** Operations in one batch. */
  readonly batchSize: number;
  /** Makes ready for the next batch. Neither its time nor its garbage counts. */
  prepare?(): void;
  /** Does one batch and returns a number that depends on everything that was done. */
  batch(): number;
  /** What is wrong with what the last batch returned; empty when nothing is. */
  faultOf(outcome: number): string;
  /** Looks at what is left when all is done, where that can tell more. Empty when nothing is wrong. */
  finalFault?(): string;
}

/** What the process reports. */
export interface OperationReport {
  /** Nanoseconds an operation, one value a batch. */
  readonly nanoseconds: readonly number[];
  /** Octets that an operation leaves on the heap, garbage included. */
  readonly bytesPerOperation: number;
  readonly operations: number;
  /** Empty when every check passed. */
  readonly fault: string;
}

const WARM_UP_MS = 150;
const LEAST_BATCHES = 3;
/** A batch of allocation readings must fit into the young generation, or a collection spoils it. */
const ALLOCATION_OPERATIONS = 100_000;
const ALLOCATION_READINGS = 4;
/** Where a batch is a million operations and takes a second or two. */
const FEWER_READINGS = 2;

/** Needs --expose-gc and a young generation of 64 MB, see `measure-operation.ts`. */
export function measureOperation(operation: Operation, milliseconds: number): OperationReport {
  let operations = 0;
  let fault = '';
  const run = (): number => {
    operation.prepare?.();
    const before = process.hrtime.bigint();
    const outcome = operation.batch();
    const elapsed = Number(process.hrtime.bigint() - before);
    fault ||= operation.faultOf(outcome);
    operations += operation.batchSize;
    return elapsed / operation.batchSize;
  };
  repeat(run, WARM_UP_MS);
  const nanoseconds = repeat(run, milliseconds);
  const bytesPerOperation = garbage(operation);
  fault ||= operation.finalFault?.() ?? '';
  return { nanoseconds, bytesPerOperation, operations, fault };
}

function repeat(run: () => number, milliseconds: number): number[] {
  const values: number[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end || values.length < LEAST_BATCHES) values.push(run());
  return values;
}

/** The runtime compiles when it likes, which costs memory once: the smallest reading shows what an operation costs. */
function garbage(operation: Operation): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  const batches = Math.max(1, Math.ceil(ALLOCATION_OPERATIONS / operation.batchSize));
  const own = readingBytes();
  let least = Infinity;
  const readings = operation.batchSize > ALLOCATION_OPERATIONS ? FEWER_READINGS : ALLOCATION_READINGS;
  for (let reading = 0; reading < readings; reading++) {
    collect();
    let bytes = 0;
    for (let batch = 0; batch < batches; batch++) {
      operation.prepare?.();
      const before = process.memoryUsage().heapUsed;
      operation.batch();
      const growth = process.memoryUsage().heapUsed - before - own;
      // Less than before: something was collected, and this reading is of no use.
      bytes += growth < -own ? Infinity : growth;
    }
    least = Math.min(least, bytes);
  }
  return Math.max(0, least) / (batches * operation.batchSize);
}

/** What a reading of the heap itself leaves there. */
function readingBytes(): number {
  let least = Infinity;
  for (let reading = 0; reading < ALLOCATION_READINGS; reading++) {
    const before = process.memoryUsage().heapUsed;
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return Math.max(0, least);
}
