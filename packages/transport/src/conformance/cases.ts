/** The suite: all cases, in the order in which they are run and reported. */
import type { ConformanceCase } from './conformance-case.ts';

export const CASES: readonly ConformanceCase[] = [];
