/**
 * Carries out what the state machine asks for: timers in the wheel, effects in the list, counters in the rows.
 *
 * Holds the table of routers, because everything here is found by a router's index. Private to the engine.
 */
import type { Router, RouterActions } from '../machine/router.ts';
import type { RouterState, TransitionReason } from '../machine/state.ts';
import { TIMER_ROLES, TimerRole } from '../machine/timer-role.ts';
import type { TimerWheel } from '../timer/wheel.ts';
import type { Micros } from '../units.ts';
import { EffectKind, type EffectList, TransmitPurpose } from './effects.ts';
import type { HostedRouter } from './hosted-router.ts';
import type { Port } from './port.ts';
import { Column } from './snapshot.ts';

export class Output implements RouterActions {
  readonly routers: (HostedRouter | undefined)[] = [];
  readonly ports: Port[];
  readonly #effects: EffectList;
  readonly #wheel: TimerWheel;

  constructor(ports: Port[], effects: EffectList, wheel: TimerWheel) {
    this.ports = ports;
    this.#effects = effects;
    this.#wheel = wheel;
  }

  transmitAdvertisement(router: Router): void {
    const { frames } = this.routers[router.index]!;
    if (!frames.isBuilt) return;
    for (let copy = 0; copy < frames.advertCount; copy++) {
      this.#transmitAdvert(router, frames.advertStart(copy), TransmitPurpose.Advert);
    }
  }

  transmitResignation(router: Router): void {
    const { frames } = this.routers[router.index]!;
    if (!frames.isBuilt) return;
    for (let copy = 0; copy < frames.advertCount; copy++) {
      router.row[Column.PriorityZeroSent]!++;
      this.#transmitAdvert(router, frames.resignStart(copy), TransmitPurpose.Resign);
    }
  }

  #transmitAdvert(router: Router, start: number, purpose: TransmitPurpose): void {
    const { frames, settings } = this.routers[router.index]!;
    if (frames.hasSequence) {
      router.row[Column.AhSequence]!++;
      frames.setSequence(start, router.row, Column.AhSequence);
    }
    router.row[Column.AdvertisementsSent]!++;
    const effect = this.#effects.append(EffectKind.Transmit, router.index, settings.port);
    effect.start = start;
    effect.end = start + frames.advertBytes;
    effect.routed = frames.routed;
    effect.purpose = purpose;
  }

  acquireAddresses(router: Router): void {
    this.#effects.append(EffectKind.AcquireAddresses, router.index, router.settings.port);
  }

  releaseAddresses(router: Router): void {
    this.#effects.append(EffectKind.ReleaseAddresses, router.index, router.settings.port);
  }

  mayAnnounce(router: Router, index: number): boolean {
    const isArp = this.routers[router.index]!.frames.isGratuitousArp(index);
    const gap = gapUs(router, isArp);
    if (gap === 0) return true;
    const column = Column.Deadlines + TimerRole.Announcement;
    router.row[column] = router.row[Column.EventAt]!;
    this.ports[router.settings.port]!.reserve(router.row, column, isArp, gap);
    if (router.row[column]! > router.row[Column.EventAt]!) return false;
    router.row[column] = Infinity;
    return true;
  }

  transmitAnnouncement(router: Router, index: number): void {
    const { frames, settings } = this.routers[router.index]!;
    if (!frames.isBuilt) return;
    const isArp = frames.isGratuitousArp(index);
    this.ports[settings.port]!.announced(router.row, Column.EventAt, isArp, gapUs(router, isArp));
    router.row[isArp ? Column.GratuitousArpSent : Column.NeighborAdvertSent]!++;
    const effect = this.#effects.append(EffectKind.Transmit, router.index, settings.port);
    effect.start = frames.announcementStart(index);
    effect.end = frames.announcementEnd(index);
    effect.routed = false;
    effect.purpose = isArp ? TransmitPurpose.GratuitousArp : TransmitPurpose.NeighborAdvert;
  }

  stateChanged(router: Router, from: RouterState, to: RouterState, reason: TransitionReason): void {
    const effect = this.#effects.append(EffectKind.StateChanged, router.index, router.settings.port);
    effect.from = from;
    effect.to = to;
    effect.reason = reason;
  }

  lowerPriorityHeard(router: Router, priority: number): void {
    const effect = this.#effects.append(EffectKind.LowerPriorityHeard, router.index, router.settings.port);
    effect.value = priority;
    effect.sourceStart = this.sourceStart;
    effect.sourceEnd = this.sourceEnd;
  }

  /** Where the source address of the advert under way is; for effects that point at it. */
  sourceStart = -1;
  sourceEnd = -1;

  arm(router: Router, role: TimerRole): void {
    this.#wheel.armFrom(router.index * TIMER_ROLES + role, router.row, Column.Deadlines + role);
  }

  cancel(router: Router, role: TimerRole): void {
    this.#wheel.cancel(router.index * TIMER_ROLES + role);
  }
}

function gapUs(router: Router, isArp: boolean): Micros {
  const { arpGapUs, neighborGapUs } = router.settings.announcement;
  return isArp ? arpGapUs : neighborGapUs;
}
