import { test } from 'node:test';
import { runConformance } from '@locum/transport/conformance';
import { clock, UdpSegment } from './segment.ts';

runConformance({ name: 'udp', factory: () => new UdpSegment(), clock, test });
