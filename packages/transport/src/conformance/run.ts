/**
 * Runs the cases of the suite against one transport, either for a program ({@link runCases}) or inside a test runner
 * ({@link runConformance}). Which cases apply follows from the declared capabilities alone.
 */
import type { Capabilities, Host } from '../contract.ts';
import { Bench } from './bench.ts';
import { CASES } from './cases/index.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { type CaseResult, type ConformanceReport, summaryLines } from './report.ts';
import type { Segment, SegmentFactory } from './segment.ts';

export interface CaseOptions {
  /** Name of the transport in reports. */
  readonly name: string;
  readonly factory: SegmentFactory;
  /** The clock that ports stamp frames with. */
  readonly clock: Host;
  /** Case id to the reason why it is known to fail. A waived case that passes is a failure: the waiver is out of date. */
  readonly waivers?: Readonly<Record<string, string>>;
  /** How long a case waits for what must happen, in milliseconds of real time; 2000 by default. */
  readonly deadlineMs?: number;
  /** Runs only these ids. */
  readonly only?: readonly string[];
}

/** As much of a test runner as the suite needs; `test` of `node:test` has this shape. */
export type TestFunction = (name: string, body: (context: TestContext) => Promise<void>) => unknown;

export interface TestContext {
  test(name: string, body: () => Promise<void>): Promise<unknown>;
}

export interface ConformanceOptions extends CaseOptions {
  readonly test: TestFunction;
}

/** Runs the cases one after the other and never throws for a failed one. */
export async function runCases(options: CaseOptions): Promise<ConformanceReport> {
  const capabilities = await declaredCapabilities(options);
  const results: CaseResult[] = [];
  for (const conformanceCase of selectedCases(options)) {
    results.push(await runCase(conformanceCase, options, capabilities));
  }
  return { name: options.name, results };
}

/** Registers one test, with a subtest for each case that applies, and prints the ledger when all have ended. */
export function runConformance(options: ConformanceOptions): void {
  options.test(`conformance of ${options.name}`, async (context) => {
    const capabilities = await declaredCapabilities(options);
    const results: CaseResult[] = [];
    for (const conformanceCase of selectedCases(options)) {
      const { id, title } = conformanceCase;
      if (!applies(conformanceCase, capabilities)) {
        results.push(notApplicable(conformanceCase));
        continue;
      }
      await context.test(`${id} ${title}`, async () => {
        const result = await runCase(conformanceCase, options, capabilities);
        results.push(result);
        if (result.status === 'failed') throw result.error;
      });
    }
    for (const line of summaryLines({ name: options.name, results })) console.log(line);
  });
}

function selectedCases(options: CaseOptions): readonly ConformanceCase[] {
  const known = new Set(CASES.map(({ id }) => id));
  for (const id of [...Object.keys(options.waivers ?? {}), ...(options.only ?? [])]) {
    if (!known.has(id)) throw new Error(`the conformance suite has no case ${id}`);
  }
  return options.only === undefined ? CASES : CASES.filter(({ id }) => options.only!.includes(id));
}

/** A factory is asked once for a segment whose only use is to say what its transport declares. */
async function declaredCapabilities({ factory }: CaseOptions): Promise<Capabilities> {
  const segment = await factory();
  try {
    return segment.a.transport.capabilities;
  } finally {
    await segment.close();
  }
}

function applies({ selectedBy }: ConformanceCase, capabilities: Capabilities): boolean {
  return Object.entries(selectedBy).every(([key, value]) => capabilities[key as keyof Capabilities] === value);
}

function notApplicable({ id, title, selectedBy }: ConformanceCase): CaseResult {
  const wanted = Object.entries(selectedBy).map(([key, value]) => `${key} is ${value}`);
  return { id, title, status: 'notApplicable', reason: `only where ${wanted.join(' and ')}` };
}

async function runCase(
  conformanceCase: ConformanceCase,
  options: CaseOptions,
  capabilities: Capabilities,
): Promise<CaseResult> {
  const { id, title } = conformanceCase;
  if (!applies(conformanceCase, capabilities)) return notApplicable(conformanceCase);
  const waiver = options.waivers?.[id];
  const segment = await options.factory();
  const missing = missingIn(segment, conformanceCase);
  const bench = new Bench(segment, options.clock, options.deadlineMs ?? 2000, options.factory);
  try {
    if (missing !== undefined) {
      return waiver === undefined
        ? { id, title, status: 'notRun', reason: `give the segment ${missing}` }
        : { id, title, status: 'waived', reason: waiver };
    }
    const reason = await conformanceCase.run(bench);
    if (reason !== undefined) return { id, title, status: 'notApplicable', reason };
  } catch (error) {
    if (waiver !== undefined) return { id, title, status: 'waived', reason: waiver };
    return { id, title, status: 'failed', reason: error instanceof Error ? error.message : String(error), error };
  } finally {
    bench.closePorts();
    await segment.close();
  }
  if (waiver === undefined) return { id, title, status: 'passed' };
  const error = new Error(`${id} passes: its waiver is out of date (${waiver})`);
  return { id, title, status: 'failed', reason: error.message, error };
}

function missingIn(segment: Segment, { needs }: ConformanceCase): string | undefined {
  if (needs === 'inject' && segment.inject === undefined) return 'inject()';
  if (needs === 'takeLinkFromA' && segment.takeLinkFromA === undefined) return 'takeLinkFromA()';
  if (needs === 'deviceOfA' && segment.deviceOfA === undefined) return 'deviceOfA()';
  if (needs === 'deviceAddresses') return missingForDeviceAddresses(segment);
  if (needs === 'addresses' && (segment.a.address === undefined || segment.b.address === undefined)) {
    return 'an address at both ends';
  }
  if (needs === 'macs' && (segment.a.mac === undefined || segment.b.mac === undefined)) return 'a mac at both ends';
  return undefined;
}

function missingForDeviceAddresses({ deviceOfA, setAddressOnDeviceOfA, b }: Segment): string | undefined {
  if (deviceOfA === undefined) return 'deviceOfA()';
  if (setAddressOnDeviceOfA === undefined) return 'setAddressOnDeviceOfA()';
  return b.address === undefined || b.address6 === undefined ? 'an address and an address6 at end B' : undefined;
}
