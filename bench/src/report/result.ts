/**
 * A whole run as data: what is written as JSON, and what every report is made from.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Environment } from '../environment.ts';
import type { Row } from '../row.ts';
import type { Effort } from '../suite.ts';

/** Changes when a reader of older files would be misled. */
export const RESULT_VERSION = 1;

export interface Result {
  readonly version: typeof RESULT_VERSION;
  readonly effort: Effort;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly environment: Environment;
  readonly rows: readonly Row[];
}

/** @throws Error when the file is not a result of this version */
export function readResult(path: string): Result {
  const result = JSON.parse(readFileSync(path, 'utf8')) as Result;
  if (result.version !== RESULT_VERSION) {
    throw new Error(`${path} is of version ${result.version}, not ${RESULT_VERSION}; run the benchmarks again`);
  }
  return result;
}

/** One line a row, so that two results can be compared by line. */
export function writeResult(path: string, result: Result): void {
  const { rows, ...rest } = result;
  const head = JSON.stringify({ ...rest, rows: [] }, rounded, 2).replace(/\[\]\n\}$/, '');
  const lines = rows.map((row) => `    ${JSON.stringify(row, rounded)}`);
  writeFileSync(path, `${head}[\n${lines.join(',\n')}\n  ]\n}\n`);
}

/** Five digits say more than any of these measurements can. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
