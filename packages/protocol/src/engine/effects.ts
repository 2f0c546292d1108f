/**
 * What the engine asks its host to do, in order.
 *
 * The records are reused: after each input the host walks `effects.at(0 .. count-1)`, executes them in order, and calls
 * `clear()`. Nothing is allocated per effect once the list has grown to its working size.
 */
import type { Micros } from '../units.ts';

export const EffectKind = {
  /** Send `txBytes[start..end)` out of `port`; `routed` means that `start` is at the IP header (no link header). */
  Transmit: 1,
  /** Put all addresses of `router` on the interface; they must be usable when the next effect is executed. */
  AcquireAddresses: 2,
  /** Take all addresses of `router` off the interface. */
  ReleaseAddresses: 3,
  /** The router went from state `from` to state `to` because of `reason` (a TransitionReason). */
  StateChanged: 4,
  /** A received frame was dropped: `reason` is a Discard; `router` is -1 when it was not attributed to one. */
  Discarded: 5,
  /** An advert was accepted although something about it is wrong: `reason` is a Warning. */
  Warned: 6,
  /** A timer of `router` expired `lateUs` after its deadline. */
  Late: 7,
  /** An Active router heard an advert that loses against its own: `value` is the priority heard. */
  LowerPriorityHeard: 8,
} as const;
export type EffectKind = (typeof EffectKind)[keyof typeof EffectKind];

/** Why a frame is transmitted. */
export const TransmitPurpose = { Advert: 1, Resign: 2, GratuitousArp: 3, NeighborAdvert: 4 } as const;
export type TransmitPurpose = (typeof TransmitPurpose)[keyof typeof TransmitPurpose];

/** One record of the list. Which fields are valid follows from `kind`; the others hold old values. */
export interface Effect {
  kind: EffectKind;
  /** Index of the router (see Engine.configure), or -1. */
  router: number;
  port: number;
  start: number;
  end: number;
  routed: boolean;
  purpose: TransmitPurpose;
  from: number;
  to: number;
  reason: number;
  value: number;
  lateUs: Micros;
  /** Offset of the source address in the frame that caused this (Discarded, Warned, LowerPriorityHeard), or -1. */
  sourceStart: number;
  sourceEnd: number;
}

function blank(): Effect {
  return {
    kind: EffectKind.Transmit,
    router: -1,
    port: -1,
    start: 0,
    end: 0,
    routed: false,
    purpose: TransmitPurpose.Advert,
    from: 0,
    to: 0,
    reason: 0,
    value: 0,
    // No small integer, so that the record keeps its shape when it is late by more than one can hold.
    lateUs: Number.NaN,
    sourceStart: -1,
    sourceEnd: -1,
  };
}

export class EffectList {
  count = 0;
  readonly #records: Effect[] = [];

  /** The effect at `index`, 0 <= index < count. Valid until `clear`. */
  at(index: number): Effect {
    return this.#records[index]!;
  }

  /** Appends a record for the engine to fill. `kind`, `router` and `port` are set here, the rest by the caller. */
  append(kind: EffectKind, router: number, port: number): Effect {
    let record = this.#records[this.count];
    if (record === undefined) {
      record = blank();
      this.#records.push(record);
    }
    this.count++;
    record.kind = kind;
    record.router = router;
    record.port = port;
    return record;
  }

  clear(): void {
    this.count = 0;
  }
}
