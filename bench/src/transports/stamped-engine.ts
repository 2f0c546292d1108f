/**
 * The ways of single frames through an engine, by four stamps of one clock: where it entered the switch, where the sink
 * got it, where the port was told to send the answer, and where that entered the switch.
 */
import { readFileSync } from 'node:fs';
import { allOf, type Check } from '../row.ts';

const PROBE = new URL('stamp-probe.js', import.meta.url).href;
/** Stamps are cut to whole microseconds on both sides. */
const ROUNDING_US = 2;

/** For the daemon's environment: watches one transport in its engine, and writes the stamps to a file at the end. */
export function stampingEnvironment(transport: string, file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${PROBE}`, LOCUM_BENCH_TRANSPORT: transport, LOCUM_BENCH_STAMPS: file };
}

/** What the parts of the way took, one value for each answer, in microseconds. */
export interface Parts {
  readonly wireToEngineUs: number[];
  readonly insideUs: number[];
  readonly engineToWireUs: number[];
  readonly check: Check;
}

export interface Exchange {
  readonly askedUs: number;
  readonly answeredUs: number;
}

/** Finds the two stamps in the engine of each exchange. */
export function partsOf(exchanges: readonly Exchange[], file: string): Parts {
  const { received, sent } = JSON.parse(readFileSync(file, 'utf8')) as { received: number[]; sent: number[] };
  const wireToEngineUs: number[] = [];
  const insideUs: number[] = [];
  const engineToWireUs: number[] = [];
  for (const { askedUs, answeredUs } of exchanges) {
    const heardUs = received.find((instant) => instant >= askedUs - ROUNDING_US);
    const saidUs = sent.find((instant) => heardUs !== undefined && instant >= heardUs);
    if (heardUs === undefined || saidUs === undefined || saidUs > answeredUs + ROUNDING_US) continue;
    wireToEngineUs.push(Math.max(0, heardUs - askedUs));
    insideUs.push(saidUs - heardUs);
    engineToWireUs.push(Math.max(0, answeredUs - saidUs));
  }
  const words = `${insideUs.length} of ${exchanges.length} answers with their stamps in order`;
  const check = allOf([{ passed: exchanges.length > 0 && insideUs.length === exchanges.length, words }]);
  return { wireToEngineUs, insideUs, engineToWireUs, check };
}
