/** The suite: all cases, in the order in which they are run and reported. */
import type { ConformanceCase } from '../conformance-case.ts';
import { CLOSE_CASES } from './close.ts';
import { OPEN_CASES } from './open.ts';
import { RECEIVE_CASES } from './receive.ts';
import { SEND_CASES } from './send.ts';
import { STAMP_CASES } from './stamp.ts';
import { STATION_CASES } from './station.ts';

export const CASES: readonly ConformanceCase[] = [
  ...OPEN_CASES,
  ...RECEIVE_CASES,
  ...STAMP_CASES,
  ...SEND_CASES,
  ...STATION_CASES,
  ...CLOSE_CASES,
];
