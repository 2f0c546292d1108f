/**
 * The drawings of the report, in order.
 */
import { codec, wheel } from './code.ts';
import { failover } from './failover.ts';
import { overhead } from './overhead.ts';
import type { Plot } from './plot.ts';
import { scale } from './scale.ts';
import { spacing } from './spacing.ts';
import { transports } from './transports.ts';

export const PLOTS: readonly Plot[] = [spacing, failover, overhead, scale, transports, codec, wheel];
