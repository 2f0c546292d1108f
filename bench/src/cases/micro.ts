/**
 * What the cases share that measure code and not a wire: effort, and the way of a report into the ledger.
 */
import type { Ledger } from '../ledger.ts';
import { measureInProcess } from '../operation/measure-operation.ts';
import type { OperationReport } from '../operation/operation.ts';
import type { Subject, Topic } from '../row.ts';
import type { Effort } from '../suite.ts';

export const MICRO_EFFORT: Readonly<Record<Effort, { readonly repeats: number; readonly milliseconds: number }>> = {
  short: { repeats: 1, milliseconds: 120 },
  full: { repeats: 5, milliseconds: 150 },
};

/** Measures an operation of the catalogue in a process of its own and enters what it reports. */
export async function enterOperation(
  ledger: Ledger,
  topic: Topic,
  subject: Subject,
  key: string,
  milliseconds: number,
): Promise<void> {
  try {
    enterReport(ledger, topic, subject, await measureInProcess(key, milliseconds), true);
  } catch (error) {
    ledger.fail(topic, subject, error);
  }
}

/** @param collected the subject's garbage is collected, so octets an operation mean something */
export function enterReport(
  ledger: Ledger,
  topic: Topic,
  subject: Subject,
  report: OperationReport,
  collected: boolean,
): void {
  const { nanoseconds, operations, fault, bytesPerOperation } = report;
  const check = { passed: fault === '', words: fault || `${operations} operations, outcome of each batch compared` };
  ledger.add(topic, subject, nanoseconds, check, collected ? bytesPerOperation : undefined);
}
