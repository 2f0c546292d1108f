/**
 * The cases, in the order in which they run.
 */
import type { BenchCase } from '../suite.ts';
import { codec } from './codec.ts';
import { engine } from './engine.ts';
import { failover } from './failover.ts';
import { jitter } from './jitter.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { stall } from './stall.ts';
import { start } from './start.ts';
import { transports } from './transports.ts';
import { wheel } from './wheel.ts';

export const CASES: readonly BenchCase[] = [
  jitter,
  failover,
  stall,
  scale,
  transports,
  start,
  reload,
  codec,
  wheel,
  engine,
];
