/**
 * The engine: all virtual routers of a node, driven by a host that owns the clock, the ports and the addresses.
 *
 * Inputs are method calls with `now` as their first argument; outputs are `effects`, in order, and bytes in `txBytes`.
 * After every call the host executes the effects, clears them, and sleeps until `deadline`. Before it calls `timers` it
 * must hand over every frame that has already arrived, or a pause of the process looks like the death of the Active.
 * `now` never decreases. One engine runs on one thread; methods are not re-entrant.
 */
import type { Micros } from '../units.ts';
import { EffectList } from './effects.ts';
import type { LinkState, RouterSettings } from './settings.ts';
import { rowsLength } from './snapshot.ts';

export interface EngineOptions {
  /** Most routers at a time, those leaving during a `configure` included. Default 256. */
  readonly maxRouters?: number;
  /** Most ports; `RouterSettings.port` is below it. Default 256. */
  readonly maxPorts?: number;
  /** Memory for the snapshot rows, at least `rowsLength(maxRouters)` doubles; the engine clears it. */
  readonly rows?: Float64Array;
  /** Timers that expire later than this produce a Late effect. Default 5 ms. */
  readonly lateThresholdUs?: Micros;
}

const DEFAULT_MAX_ROUTERS = 256;

export class Engine {
  readonly effects = new EffectList();
  /** Snapshot rows, see snapshot.ts. */
  readonly rows: Float64Array;

  constructor(options: EngineOptions = {}) {
    this.rows = options.rows ?? new Float64Array(rowsLength(options.maxRouters ?? DEFAULT_MAX_ROUTERS));
  }

  /** Frames that Transmit effects point into. `configure` may replace the array; no other method does. */
  get txBytes(): Uint8Array {
    return new Uint8Array(0);
  }

  /** When `timers` must be called next; Infinity when nothing is pending. */
  get deadline(): Micros {
    return Infinity;
  }

  /**
   * Makes `routers` the configuration and returns the index of each. A router is known by port, family and VRID; one
   * that is unchanged keeps everything, a changed one keeps its state, one that is gone resigns. Effects of a router
   * that is gone carry its old index, which no router of this call gets.
   */
  configure(now: Micros, routers: readonly RouterSettings[]): number[] {
    void now;
    return routers.map((_, index) => index);
  }

  /** Tells the state of a port's interface; undefined when there is none. Routers that can no longer run stop. */
  setLink(now: Micros, port: number, link: LinkState | undefined): void {
    void [now, port, link];
  }

  /** Startup event (RFC 9568 section 6.4.1) for all routers, those configured later included. */
  startup(now: Micros): void {
    void now;
  }

  /** Shutdown event for all routers: Actives resign. */
  shutdown(now: Micros): void {
    void now;
  }

  /**
   * A frame arrived on `port`: octets `start` to `end` of `bytes`, borrowed for this call. `hasLinkHeader` says whether
   * `start` is at an Ethernet header or at the IP header.
   */
  frame(now: Micros, port: number, bytes: Uint8Array, start: number, end: number, hasLinkHeader: boolean): void {
    void [now, port, bytes, start, end, hasLinkHeader];
  }

  /** Expires every timer that is due. */
  timers(now: Micros): void {
    void now;
  }

  /** Sets the priority (1..254) that trackers have left a router; the address owner's never moves. */
  setPriority(now: Micros, router: number, effectivePriority: number): void {
    void [now, router, effectivePriority];
  }

  /** Announces a router's addresses again, because the host had to put them back. Only while it is Active. */
  announce(now: Micros, router: number): void {
    void [now, router];
  }
}
