import { describe, test } from 'node:test';
import { monotonicUs } from '@locum/linux';
import { runConformance } from '@locum/transport/conformance';
import { skipWithoutCapture } from './requirement.ts';
import { PcapSegment } from './segment.ts';

describe('pcap transport', { skip: skipWithoutCapture('conformance of pcap') }, () => {
  runConformance({ name: 'pcap', factory: () => new PcapSegment().ready(), clock: { now: monotonicUs }, test });
});
