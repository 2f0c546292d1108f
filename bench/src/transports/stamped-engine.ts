/**
 * The ways of single frames through an engine, by four stamps of one clock: where it entered the switch, where the sink
 * got it, where the port was told to send the answer, and where that entered the switch.
 */
import { readFileSync } from 'node:fs';
import type { Check } from '../row.ts';

const PROBE = new URL('stamp-probe.js', import.meta.url).href;
/** Stamps are cut to whole microseconds on both sides. */
const ROUNDING_US = 2;

/** For the daemon's environment: watches one transport in its engine, and writes the stamps to a file at the end. */
export function stampingEnvironment(transport: string, file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${PROBE}`, LOCUM_BENCH_TRANSPORT: transport, LOCUM_BENCH_STAMPS: file };
}

/** What the parts of the way took, one value for each answer, in microseconds. */
export interface Parts {
  readonly wireToEngineUs: readonly number[];
  readonly insideUs: readonly number[];
  readonly engineToWireUs: readonly number[];
  readonly check: Check;
}

export interface Exchange {
  readonly askedUs: number;
  readonly answeredUs: number;
}

/** Finds the two stamps in the engine of each exchange: all are in order. */
export function partsOf(exchanges: readonly Exchange[], file: string): Parts {
  const { received, sent } = JSON.parse(readFileSync(file, 'utf8')) as { received: number[]; sent: number[] };
  const sinceUs = (exchanges[0]?.askedUs ?? Infinity) - ROUNDING_US;
  const heard = received.filter((instant) => instant >= sinceUs);
  // The answer is the first that is sent; announcements follow it.
  const told = heard.map((heardUs) => sent.find((instant) => instant >= heardUs) ?? Infinity);
  const wireToEngineUs = exchanges.map(({ askedUs }, index) => heard[index]! - askedUs);
  const insideUs = exchanges.map((_, index) => told[index]! - heard[index]!);
  const engineToWireUs = exchanges.map(({ answeredUs }, index) => answeredUs - told[index]!);
  const inOrder = exchanges.filter((_, index) =>
    [wireToEngineUs, insideUs, engineToWireUs].every((part) => part[index]! >= -ROUNDING_US),
  ).length;
  const words = `${inOrder} of ${exchanges.length} answers with their stamps in order`;
  const check = { passed: exchanges.length > 0 && inOrder === exchanges.length, words };
  return { wireToEngineUs, insideUs, engineToWireUs, check };
}
