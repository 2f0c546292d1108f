/**
 * Rows with known values.
 */

import type { Result } from '../src/report/result.ts';
import { measured, notRun, type Row, type Topic } from '../src/row.ts';

export const OURS = { name: 'locumd', ours: true };
export const KEEPALIVED = { name: 'keepalived', ours: false };
export const C_LOOP = { name: 'C loop', ours: false };

const FINE = { passed: true, words: 'as expected' };

export const SPACING: Topic = {
  case: 'jitter',
  scenario: '100 ms, idle, ordinary',
  figure: 'spacing error',
  unit: 'us',
  parameters: { intervalMs: 100, load: 'idle', scheduling: 'ordinary' },
};

function failover(figure: string, subject: typeof OURS, milliseconds: number): Row {
  const topic: Topic = {
    case: 'failover',
    scenario: '100 ms, orderly stop',
    figure,
    unit: 'ms',
    parameters: { intervalMs: 100, outage: 'orderly stop', downAdverts: 3 },
  };
  return measured(topic, subject, [milliseconds], FINE);
}

function scale(figure: string, unit: Topic['unit'], routers: number, subject: typeof OURS, value: number): Row {
  const parameters = { routers, segments: 1, intervalMs: 100 };
  return measured({ case: 'scale', scenario: `${routers} routers`, figure, unit, parameters }, subject, [value], FINE);
}

export const ROWS: readonly Row[] = [
  measured(SPACING, OURS, [10, 20, 30], FINE),
  measured(SPACING, KEEPALIVED, [90, 100, 300], FINE),
  notRun(SPACING, C_LOOP, 'no C compiler'),
  ...[OURS, KEEPALIVED].flatMap((subject, index) => [
    failover('to the first advert', subject, 20 + index),
    failover('to the first gratuitous ARP', subject, 21 + index),
    failover('to the first answer', subject, 22 + index),
    failover('advert beyond the RFC formula', subject, 0.2 + index),
    failover('advert to gratuitous ARP', subject, 0.1 + index),
  ]),
  ...[1, 255].flatMap((routers) => [
    scale('processor, Active', '%', routers, OURS, routers / 50),
    scale('processor, Active', '%', routers, KEEPALIVED, routers / 25),
  ]),
  ...['from the wire to the engine', 'inside the engine', 'from the engine to the wire'].map((figure, index) =>
    measured(
      { case: 'transports', scenario: 'an advert of lower priority', figure, unit: 'us', parameters: {} },
      { name: 'locumd, raw', ours: true },
      [10 + index],
      FINE,
    ),
  ),
  measured(
    { case: 'codec', scenario: 'v3, IPv4', figure: 'decode', unit: 'ns', parameters: {} },
    { name: 'locum', ours: true },
    [100, 120, 110],
    FINE,
    0,
  ),
  ...[1000, 1_000_000].map((timers) =>
    measured(
      { case: 'wheel', scenario: `${timers} armed`, figure: 'arm + cancel', unit: 'ns', parameters: { timers } },
      { name: 'wheel', ours: true },
      [12, 13],
      FINE,
      0,
    ),
  ),
];

export const RESULT: Result = {
  version: 1,
  effort: 'short',
  startedAt: '2020-02-29T12:00:00.000Z',
  seconds: 100,
  environment: {
    processor: 'Abacus <2>',
    cores: '2, 2 usable',
    governor: 'not readable',
    memory: '1.0 GiB',
    kernel: 'Linux 6.0',
    clock: 'tsc',
    load: '0.00, 0.00, 0.00 at the start',
    node: 'v20.0.0, V8 11',
    keepalived: 'Keepalived v2.2.7 (01/16,2022)',
    compiler: 'cc 12',
    commit: '0123456789ab',
  },
  rows: ROWS,
};
