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

export function writeResult(path: string, result: Result): void {
  // Five digits say more than any of these measurements can.
  const text = JSON.stringify(
    result,
    (_key, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value),
    1,
  );
  writeFileSync(path, `${text}\n`);
}
