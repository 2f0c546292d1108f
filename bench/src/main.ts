/**
 * `npm run bench [-- CASE...]`: runs the case modules and prints one table.
 *
 * A case module exports `run`, which resolves to its rows. A row that cannot vouch for its work throws instead.
 */
import { arch, cpus, platform, release } from 'node:os';

/** One line of the table. Times are per operation, in `unit`. */
export interface Row {
  readonly name: string;
  /** Operations that were measured. */
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly unit: string;
}

interface CaseModule {
  run(): Promise<Row[]>;
}

const modules: Readonly<Record<string, () => Promise<CaseModule>>> = {
  codec: () => import('./codec.ts'),
  wheel: () => import('./wheel.ts'),
};

function print(group: string, rows: readonly Row[]): void {
  console.log(`\n${group.padEnd(46)}${'n'.padStart(10)}${'median'.padStart(12)}${'p99'.padStart(12)}`);
  for (const { name, count, median, p99, unit } of rows) {
    const figures = [median, p99].map((value) => `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`.padStart(12));
    console.log(`  ${name.padEnd(44)}${String(count).padStart(10)}${figures.join('')}`);
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in modules));
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(', ')}; there are: ${Object.keys(modules).join(', ')}`);
  process.exitCode = 2;
} else {
  const processor = cpus();
  console.log(
    `Node ${process.version}, ${platform()} ${release()} ${arch()}, ${processor.length} x ${processor[0]?.model}`,
  );
  for (const [name, load] of Object.entries(modules)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    print(name, await (await load()).run());
  }
}
