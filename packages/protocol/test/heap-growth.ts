/**
 * How many octets an operation leaves on the heap, garbage included: for the programs that the allocation tests run.
 *
 * Needs the flags of {@link HEAP_FLAGS}: a young generation so large that nothing is collected between two readings.
 */
import { spawnSync } from 'node:child_process';

export const HEAP_FLAGS: readonly string[] = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

const ROUNDS = 300_000;
const WARM_BATCHES = 200;
const WARM_ROUNDS = 200;
const BATCHES = 5;
/** A batch that leaves less than this shows that a call costs nothing; otherwise another is tried. */
const QUIET_BYTES = 20_000;

/** Prints the octets that many calls of each case leave behind, by name, as JSON. */
export function printGrowth(cases: Readonly<Record<string, () => void>>): void {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  for (let batch = 0; batch < WARM_BATCHES; batch++) {
    for (const run of Object.values(cases)) repeat(run, WARM_ROUNDS);
  }
  const growth: Record<string, number> = {};
  for (const [name, run] of Object.entries(cases)) {
    growth[name] = Infinity;
    for (let batch = 0; batch < BATCHES && growth[name] > QUIET_BYTES; batch++) {
      collect();
      const before = process.memoryUsage().heapUsed;
      repeat(run, ROUNDS);
      // The runtime compiles when it likes, which costs memory once: the best batch shows what a call costs.
      growth[name] = Math.min(growth[name], process.memoryUsage().heapUsed - before);
    }
  }
  process.stdout.write(`${JSON.stringify(growth)}\n`);
}

/** What a program that calls {@link printGrowth} found: whole octets a call, by name. */
export function octetsPerCall(program: string): Record<string, number> {
  const child = spawnSync(process.execPath, [...HEAP_FLAGS, program], { encoding: 'utf8', timeout: 240_000 });
  if (child.status !== 0) throw new Error(child.stderr);
  const growth = JSON.parse(child.stdout) as Record<string, number>;
  // The smallest object has twelve octets.
  return Object.fromEntries(
    Object.entries(growth).map(([name, bytes]) => [name, Math.floor(Math.max(0, bytes) / ROUNDS)]),
  );
}

// A function of its own, so that the runtime compiles it once and not the whole module again for every case.
function repeat(run: () => void, rounds: number): void {
  for (let round = 0; round < rounds; round++) run();
}
