/**
 * Gathers what repeats measure, and makes one row of each figure of each subject out of it.
 *
 * Rows come grouped by scenario and then by figure, each in the order in which it was first met, and ours before peers'.
 */
import { allOf, type Check, measured, notRun, type Row, type Subject, type Topic } from './row.ts';

interface Entry {
  readonly topic: Topic;
  readonly subject: Subject;
  readonly values: number[];
  readonly checks: Check[];
  lack: string | undefined;
  bytesPerOperation: number | undefined;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /** Adds values of one repeat. Those of all repeats count alike. */
  add(topic: Topic, subject: Subject, values: readonly number[], check: Check, bytesPerOperation?: number): void {
    const entry = this.#entry(topic, subject);
    for (const value of values) entry.values.push(value);
    entry.checks.push(check);
    // What the runtime compiles differs from process to process; the best one shows what the code itself needs.
    if (bytesPerOperation !== undefined) {
      entry.bytesPerOperation = Math.min(entry.bytesPerOperation ?? Infinity, bytesPerOperation);
    }
  }

  /** Notes that this could not be measured here, and why. */
  lack(topic: Topic, subject: Subject, reason: string): void {
    this.#entry(topic, subject).lack = reason;
  }

  /** Notes that a repeat failed; the row will be broken, whatever other repeats measured. */
  fail(topic: Topic, subject: Subject, error: unknown): void {
    this.#entry(topic, subject).checks.push({ passed: false, words: (error as Error).message });
  }

  rows(): Row[] {
    const scenarios = new Map<string, Map<string, Row[]>>();
    for (const entry of this.#entries.values()) {
      const { topic } = entry;
      const figures = at(scenarios, topic.scenario, () => new Map<string, Row[]>());
      at(figures, topic.figure, () => [] as Row[]).push(rowOf(entry));
    }
    return [...scenarios.values()].flatMap((figures) => [...figures.values()].flatMap(oursFirst));
  }

  #entry(topic: Topic, subject: Subject): Entry {
    return at(this.#entries, [topic.scenario, topic.figure, subject.name].join('\n'), () => ({
      topic,
      subject,
      values: [],
      checks: [],
      lack: undefined,
      bytesPerOperation: undefined,
    }));
  }
}

/** Those that were measured at the same time come in any order. */
function oursFirst(rows: readonly Row[]): Row[] {
  return [...rows].sort((left, right) => Number(right.subject.ours) - Number(left.subject.ours));
}

function rowOf({ topic, subject, values, checks, lack, bytesPerOperation }: Entry): Row {
  if (lack !== undefined) return notRun(topic, subject, lack);
  return measured(topic, subject, values, allOf(checks), bytesPerOperation);
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
