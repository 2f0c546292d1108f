/**
 * One case of the conformance suite: what selects it, which sentence of the contract it checks, and how.
 */
import type { Capabilities } from '../contract.ts';
import type { Bench } from './bench.ts';

/** What a segment must offer beyond two ends. */
export type SegmentFacility = 'inject' | 'takeLinkFromA' | 'deviceOfA' | 'deviceAddresses' | 'addresses' | 'macs';

export interface ConformanceCase {
  /** Stable: never given to another case. */
  readonly id: string;
  readonly title: string;
  /** The promise of the contract, in its own words where it fits a line. */
  readonly sentence: string;
  /** The case applies where all of these capabilities are declared; `{}` applies everywhere. */
  readonly selectedBy: Partial<Capabilities>;
  readonly needs?: SegmentFacility;
  /** Throws when the promise is broken. Resolves with a reason where only an open port could tell that it does not apply. */
  run(bench: Bench): Promise<string | undefined> | Promise<void>;
}
