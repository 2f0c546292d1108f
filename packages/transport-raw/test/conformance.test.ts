import { describe, test } from 'node:test';
import { monotonicUs } from '@locum/linux';
import { runConformance } from '@locum/transport/conformance';
import { skipWithoutNetwork } from './requirement.ts';
import { RawSegment } from './segment.ts';

describe('raw transport', { skip: skipWithoutNetwork('conformance of raw') }, () => {
  runConformance({ name: 'raw', factory: () => new RawSegment().ready(), clock: { now: monotonicUs }, test });
});
