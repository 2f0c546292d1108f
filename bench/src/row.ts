/**
 * A row of the result: one figure of one subject in one scenario, with the check that vouches for it.
 *
 * Rows are plain data: they are written as JSON and read again by the reports.
 */
import { type Distribution, ratio, summarize } from './stats.ts';

export type Unit = 'us' | 'ms' | 'ns' | '%' | 'MB' | 'us/advert' | 'adverts' | 'adverts/s' | 'copies';

/** What a row is about. */
export interface Topic {
  /** Name of the case, e.g. `jitter`. */
  readonly case: string;
  /** What was going on, e.g. `100 ms, CPU hogs, real-time`. */
  readonly scenario: string;
  /** What was measured, e.g. `spacing error`. */
  readonly figure: string;
  readonly unit: Unit;
  /** The scenario in numbers and words, for plots. */
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** Who was measured. */
export interface Subject {
  readonly name: string;
  /** Ours, as opposed to a peer that we compare with. */
  readonly ours: boolean;
}

/** What a run did, checked: a broken run must not look fast. */
export interface Check {
  readonly passed: boolean;
  /** What was counted or compared, with the outcome. */
  readonly words: string;
}

export type Verdict = 'ok' | 'broken' | 'not run';

export interface Row extends Topic {
  readonly subject: Subject;
  readonly verdict: Verdict;
  /** What was checked, what is broken, or why it was not run. */
  readonly note: string;
  /** Absent when not run, and when a broken run measured nothing. */
  readonly distribution?: Distribution;
  /** Octets of garbage that one operation leaves. */
  readonly bytesPerOperation?: number;
}

export function measured(
  topic: Topic,
  subject: Subject,
  values: readonly number[],
  check: Check,
  bytesPerOperation?: number,
): Row {
  const row = { ...topic, subject: { name: subject.name, ours: subject.ours } };
  if (values.length === 0) return { ...row, verdict: 'broken', note: `nothing was measured; ${check.words}` };
  return {
    ...row,
    verdict: check.passed ? 'ok' : 'broken',
    note: check.words,
    distribution: summarize(values),
    ...(bytesPerOperation === undefined ? {} : { bytesPerOperation }),
  };
}

export function notRun(topic: Topic, subject: Subject, reason: string): Row {
  return { ...topic, subject: { name: subject.name, ours: subject.ours }, verdict: 'not run', note: reason };
}

export function broken(topic: Topic, subject: Subject, reason: string): Row {
  return { ...topic, subject: { name: subject.name, ours: subject.ours }, verdict: 'broken', note: reason };
}

/** Several checks as one: passes when all do; says only what failed when one does. */
export function allOf(checks: readonly Check[]): Check {
  const failed = checks.filter(({ passed }) => !passed);
  const said = failed.length > 0 ? failed : checks;
  return { passed: failed.length === 0, words: [...new Set(said.map(({ words }) => words))].join('; ') };
}

/** How many times a row's value is of a peer's. */
export interface Comparison {
  readonly peer: string;
  readonly ratio: number;
}

/**
 * Our row beside every peer's of the same figure in the same scenario, by their medians or another statistic. Empty for
 * rows of peers. Rows whose checks failed are compared with nothing.
 */
export function comparisons(row: Row, rows: readonly Row[], statistic: 'median' | 'p99' = 'median'): Comparison[] {
  if (!row.subject.ours || row.verdict !== 'ok') return [];
  const found: Comparison[] = [];
  for (const other of rows) {
    if (other.subject.ours || other.verdict !== 'ok' || !isSameTopic(row, other)) continue;
    const times = ratio(row.distribution![statistic], other.distribution![statistic]);
    if (times !== undefined) found.push({ peer: other.subject.name, ratio: times });
  }
  return found;
}

function isSameTopic(left: Topic, right: Topic): boolean {
  return left.case === right.case && left.scenario === right.scenario && left.figure === right.figure;
}
