/**
 * What a host chooses when it makes an engine, and what the engine uses where it chooses nothing.
 */
import type { Micros } from '../units.ts';

export interface EngineOptions {
  /** Most routers at a time, those leaving during a `configure` included. Default 256. */
  readonly maxRouters?: number;
  /** Most ports; `RouterSettings.port` is below it. Default 256. */
  readonly maxPorts?: number;
  /** Memory for the snapshot rows: at least `rowsLength(maxRouters)` doubles, all zero. Rows not in use are not touched. */
  readonly rows?: Float64Array;
  /** Timers that expire later than this produce a Late effect. Default 5 ms. */
  readonly lateThresholdUs?: Micros;
}

/** Where one prebuilt frame is in `txBytes`. */
export interface FrameBounds {
  readonly start: number;
  readonly end: number;
  /** `start` is at the IP header. */
  readonly routed: boolean;
}

export const engineDefaults = { maxRouters: 256, maxPorts: 256, lateThresholdUs: 5_000 } as const;
