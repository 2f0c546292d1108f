export { CASES } from './cases/index.ts';
export type { ConformanceCase, SegmentFacility } from './conformance-case.ts';
export { type CaseResult, type CaseStatus, type ConformanceReport, summaryLines } from './report.ts';
export {
  type CaseOptions,
  type ConformanceOptions,
  runCases,
  runConformance,
  type TestContext,
  type TestFunction,
} from './run.ts';
export type { Segment, SegmentEnd, SegmentFactory } from './segment.ts';
