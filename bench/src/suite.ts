/**
 * Runs cases one after the other and gathers their rows. A case that cannot run, or that fails, is a row as well.
 */
import { missing, type Requirements } from '@locum/integration/requirement';
import type { CPrograms } from './c-program.ts';
import { broken, notRun, type Row, type Subject, type Topic } from './row.ts';

/** `short` shows that everything works and roughly how it compares; `full` is for results to publish. */
export type Effort = 'short' | 'full';

/** What a case is given. */
export interface Bench {
  readonly effort: Effort;
  readonly programs: CPrograms;
  /** Tells whoever waits what is going on. */
  progress(text: string): void;
}

export interface BenchCase {
  readonly name: string;
  /** One line for `--list`. */
  readonly title: string;
  /** What the machine must allow. */
  readonly needs: Requirements;
  run(bench: Bench): Promise<Row[]>;
}

const EVERYBODY: Subject = { name: 'all', ours: true };

export async function runCases(cases: readonly BenchCase[], bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const benchCase of cases) {
    bench.progress(`${benchCase.name}: ${benchCase.title}`);
    rows.push(...(await runCase(benchCase, bench)));
  }
  return rows;
}

async function runCase(benchCase: BenchCase, bench: Bench): Promise<Row[]> {
  const topic: Topic = { case: benchCase.name, scenario: 'all', figure: 'all', unit: 'us', parameters: {} };
  const lack = missing(benchCase.needs);
  if (lack !== undefined) return [notRun(topic, EVERYBODY, `${lack.reason}; ${lack.remedy}`)];
  try {
    return await benchCase.run(bench);
  } catch (error) {
    return [broken(topic, EVERYBODY, `ended early: ${(error as Error).message}`)];
  }
}
