/**
 * The cases, in the order in which they run.
 */
import type { BenchCase } from '../suite.ts';
import { codec } from './codec.ts';
import { engine } from './engine.ts';
import { jitter } from './jitter.ts';
import { wheel } from './wheel.ts';

export const CASES: readonly BenchCase[] = [jitter, codec, wheel, engine];
