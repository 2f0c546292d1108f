/**
 * The few figures that stand for the rest: on top of the page, and in the README.
 */
import { type Comparison, comparisons, type Row } from '../row.ts';

export interface Headline {
  readonly title: string;
  readonly row: Row & Required<Pick<Row, 'distribution'>>;
  /** Which value of the row. */
  readonly value: number;
  readonly statistic: 'median' | 'p99';
  readonly comparisons: readonly Comparison[];
}

interface Choice {
  readonly title: string;
  readonly statistic: 'median' | 'p99';
  readonly wanted: (row: Row) => boolean;
}

const CHOICES: readonly Choice[] = [
  {
    title: 'advert spacing error, 100 ms, idle',
    statistic: 'median',
    wanted: isSpacing(100, 'idle', 'ordinary'),
  },
  {
    title: 'advert spacing error, 100 ms, CPU hogs, real-time',
    statistic: 'p99',
    wanted: isSpacing(100, 'CPU hogs', 'real-time'),
  },
  {
    title: 'drift, 100 ms, idle',
    statistic: 'median',
    wanted: (row) => row.figure === 'drift' && isCondition(row, 100, 'idle', 'ordinary'),
  },
  {
    title: 'client without answer, orderly stop, 100 ms',
    statistic: 'median',
    wanted: isFailover('client without answer', 'orderly stop'),
  },
  {
    title: 'client without answer, engine killed, 100 ms',
    statistic: 'median',
    wanted: isFailover('client without answer', 'SIGKILL of the engine'),
  },
  {
    title: 'takeover beyond the RFC formula, 100 ms',
    statistic: 'median',
    wanted: isFailover('advert beyond the RFC formula', 'SIGKILL of everything'),
  },
  {
    title: 'processor, 255 routers at 100 ms',
    statistic: 'median',
    wanted: isScale('processor, Active'),
  },
  {
    title: 'all 255 addresses announced after a takeover',
    statistic: 'median',
    wanted: isScale('all addresses announced'),
  },
  {
    title: 'memory (PSS), 255 routers',
    statistic: 'median',
    wanted: isScale('memory, PSS'),
  },
  {
    title: 'memory (anonymous), 255 routers',
    statistic: 'median',
    wanted: isScale('memory, anonymous'),
  },
  {
    title: 'judging one advert, v3 over IPv4',
    statistic: 'median',
    wanted: (row) => row.case === 'codec' && row.figure === 'decode' && row.scenario === 'v3, IPv4',
  },
  {
    title: 'start until Backup',
    statistic: 'median',
    wanted: (row) => row.case === 'start' && row.figure === 'until Backup',
  },
];

/** Those that the rows have. */
export function headlines(rows: readonly Row[]): Headline[] {
  return CHOICES.flatMap(({ title, statistic, wanted }) => {
    const row = rows.find((candidate) => candidate.subject.ours && candidate.verdict === 'ok' && wanted(candidate));
    if (row?.distribution === undefined) return [];
    return [
      {
        title,
        row: { ...row, distribution: row.distribution },
        value: row.distribution[statistic],
        statistic,
        comparisons: comparisons(row, rows, statistic),
      },
    ];
  });
}

function isCondition({ case: name, parameters }: Row, intervalMs: number, load: string, scheduling: string): boolean {
  return (
    name === 'jitter' &&
    parameters.intervalMs === intervalMs &&
    parameters.load === load &&
    parameters.scheduling === scheduling
  );
}

function isSpacing(intervalMs: number, load: string, scheduling: string): (row: Row) => boolean {
  return (row) => row.figure === 'spacing error' && isCondition(row, intervalMs, load, scheduling);
}

function isFailover(figure: string, outage: string): (row: Row) => boolean {
  return ({ figure: name, parameters }) =>
    name === figure && parameters.intervalMs === 100 && parameters.outage === outage && parameters.downAdverts === 3;
}

function isScale(figure: string): (row: Row) => boolean {
  return (row) => row.case === 'scale' && row.figure === figure && row.parameters.routers === 255;
}
