export { type Breach, type BreachCode, type CheckedTransport, POISON, withChecks } from './checked.ts';
export {
  type FaultCounts,
  type FaultOptions,
  type FaultRates,
  type FaultyTransport,
  NO_FAULTS,
  withFaults,
} from './faults.ts';
export { type PcapOptions, withPcap } from './pcap.ts';
export { SeededRandom } from './random.ts';
export { type TraceKind, type TraceRecord, withTrace } from './trace.ts';
