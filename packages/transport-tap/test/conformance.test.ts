import { describe, test } from 'node:test';
import { monotonicUs } from '@locum/linux';
import { runConformance } from '@locum/transport/conformance';
import { skipWithoutTap } from './requirement.ts';
import { BridgeSegment, WireSegment } from './segment.ts';

const clock = { now: monotonicUs };

describe('tap transport', { skip: skipWithoutTap('conformance of tap') }, () => {
  runConformance({ name: 'tap in mode port', factory: () => new BridgeSegment(), clock, test });
  runConformance({ name: 'tap in mode virtual-mac', factory: () => new WireSegment().ready(), clock, test });
});
