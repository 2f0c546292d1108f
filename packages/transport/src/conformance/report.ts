/**
 * What became of each case, and the few lines that the suite prints at its end.
 */

/**
 * `notApplicable`: the declared capabilities do not select the case. `waived`: it fails, and the author said so with a
 * reason. `notRun`: it applies, but the segment lacks what the case needs.
 */
export type CaseStatus = 'passed' | 'failed' | 'notApplicable' | 'waived' | 'notRun';

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly status: CaseStatus;
  /** Why, for every status but `passed`. */
  readonly reason?: string;
  /** What was thrown, where the case failed. */
  readonly error?: unknown;
}

export interface ConformanceReport {
  readonly name: string;
  readonly results: readonly CaseResult[];
}

const COUNTED: readonly (readonly [CaseStatus, string])[] = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['notApplicable', 'not applicable'],
  ['waived', 'waived'],
  ['notRun', 'not run'],
];

/**
 * The ledger: one line of counts, a line for each case that was waived, could not be run, or failed, and a line for each
 * reason why cases do not apply.
 */
export function summaryLines(report: ConformanceReport): string[] {
  const { name, results } = report;
  const counts = COUNTED.map(
    ([status, words]) => `${results.filter((result) => result.status === status).length} ${words}`,
  );
  const lines = [`conformance of ${name}: ${counts.join(', ')}`];
  const inapplicable = new Map<string, string[]>();
  for (const { id, title, status, reason = '' } of results) {
    if (status === 'notRun') lines.push(`NOT RUN ${name} ${id} ${title}: ${reason}`);
    if (status === 'waived') lines.push(`waived ${id} ${title}: ${reason}`);
    if (status === 'failed') lines.push(`failed ${id} ${title}: ${reason}`);
    if (status === 'notApplicable') inapplicable.set(reason, [...(inapplicable.get(reason) ?? []), id]);
  }
  for (const [reason, ids] of inapplicable) lines.push(`not applicable ${ids.join(' ')}: ${reason}`);
  return lines;
}
