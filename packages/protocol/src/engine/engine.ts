/**
 * The engine: all virtual routers of a node, driven by a host that owns the clock, the ports and the addresses.
 *
 * Inputs are method calls with `now` as their first argument; outputs are `effects`, in order, and bytes in `txBytes`.
 * After every call the host executes the effects, clears them, and sleeps until `deadline`. Before it calls `timers` it
 * must hand over every frame that has already arrived, or a pause of the process looks like the death of the Active.
 * `now` is an integer and never decreases. One engine runs on one thread; methods are not re-entrant.
 */
import * as announcement from '../machine/announcement.ts';
import { stopTimer } from '../machine/router.ts';
import { RouterState, TransitionReason } from '../machine/state.ts';
import { TIMER_ROLES, TimerRole } from '../machine/timer-role.ts';
import * as machine from '../machine/transitions.ts';
import { TimerWheel } from '../timer/wheel.ts';
import type { Micros } from '../units.ts';
import { compareAddresses } from '../wire/address.ts';
import { Discard } from '../wire/discard.ts';
import { receive } from '../wire/receive.ts';
import { type Link, Reception } from '../wire/reception.ts';
import { EffectKind, EffectList } from './effects.ts';
import { type EngineOptions, engineDefaults, type FrameBounds } from './engine-options.ts';
import type { HostedRouter } from './hosted-router.ts';
import { Output } from './output.ts';
import { Port, sameAddress } from './port.ts';
import { announceNewAddresses, compareSettings, routerKey } from './reconfiguration.ts';
import { Roster } from './roster.ts';
import { type LinkState, type RouterSettings, uniformSettings } from './settings.ts';
import { Column, ROW_COLUMNS, rowsLength, writeAddress } from './snapshot.ts';
import { addLateness, protocolErrorOf } from './tally.ts';

/** The wheel has room for so many timers at first, and for twice as many each time that routers need more. */
const LEAST_TIMERS = 16 * TIMER_ROLES;

export class Engine {
  readonly effects = new EffectList();
  /** Snapshot rows, see snapshot.ts. */
  readonly rows: Float64Array;
  readonly #node: Float64Array;
  readonly #lateThresholdUs: Micros;
  readonly #wheel: TimerWheel;
  readonly #output: Output;
  readonly #reception = new Reception();
  /** The instant of the call in progress. */
  readonly #now = new Float64Array(1);
  readonly #roster: Roster;
  #startedAt: Micros | undefined;

  constructor(options: EngineOptions = {}) {
    const maxRouters = options.maxRouters ?? engineDefaults.maxRouters;
    this.#lateThresholdUs = options.lateThresholdUs ?? engineDefaults.lateThresholdUs;
    const length = rowsLength(maxRouters);
    this.rows = options.rows ?? new Float64Array(length);
    if (this.rows.length < length) {
      throw new RangeError(`${maxRouters} routers need rows of ${length} doubles, not ${this.rows.length}`);
    }
    this.#node = this.rows.subarray(0, ROW_COLUMNS);
    this.#node[Column.DiscontinuityAt] = -Infinity;
    this.#wheel = new TimerWheel(LEAST_TIMERS);
    const ports = Array.from({ length: options.maxPorts ?? engineDefaults.maxPorts }, () => new Port());
    this.#output = new Output(ports, this.effects, this.#wheel);
    this.#roster = new Roster(this.rows, maxRouters, this.#output);
  }

  /** Frames that Transmit effects point into. `configure` and `put` may replace the array; no other method does. */
  get txBytes(): Uint8Array {
    return this.#roster.bytes;
  }

  /** When `timers` must be called next; Infinity when nothing is pending. */
  get deadline(): Micros {
    return this.#wheel.nextDeadline;
  }

  /** As {@link deadline}, into `deadlines[index]`, where it costs no memory. */
  readDeadline(deadlines: Float64Array, index: number): void {
    this.#wheel.readNextDeadline(deadlines, index);
  }

  /** Whether a Backup takes over at the deadline. */
  get takeoverIsNext(): boolean {
    const id = this.#wheel.next;
    return id >= 0 && id % TIMER_ROLES === TimerRole.ActiveDown;
  }

  /**
   * Makes `routers` the configuration and returns the index of each. A router is known by port, family and VRID; one
   * that is unchanged keeps everything, a changed one keeps its state, one that is gone resigns. Effects of a router
   * that is gone carry its old index, which no router of this call gets.
   *
   * @throws RangeError when `maxRouters` or `maxPorts` does not suffice. Nothing has changed then.
   */
  configure(now: Micros, routers: readonly RouterSettings[]): number[] {
    const keys = new Set(routers.map(routerKey));
    const leaving = [...this.#roster.all].filter((router) => !keys.has(routerKey(router.settings)));
    this.#roster.checkRoom(routers);
    for (const { index } of leaving) this.retire(now, index);
    const indexes = routers.map((settings) => this.put(now, settings));
    for (const { index } of leaving) this.remove(index);
    return indexes;
  }

  /**
   * Adds one router, or changes the one that is known by the same port, family and VRID; see {@link configure}.
   * Returns its index.
   *
   * @throws RangeError when `maxRouters` or `maxPorts` does not suffice. Nothing has changed then.
   */
  put(now: Micros, wanted: RouterSettings): number {
    const settings = uniformSettings(wanted);
    const known = this.#roster.find(settings);
    if (known === undefined) {
      if (this.#node[Column.DiscontinuityAt] === -Infinity) this.#node[Column.DiscontinuityAt] = now;
      const added = this.#roster.add(now, settings);
      this.#makeRoomForTimers(added);
      this.#adapt(now, added, settings);
      return added.index;
    }
    const previous = known.settings;
    if (compareSettings(previous, settings).any) {
      this.#roster.change(known, settings);
      this.#adapt(now, known, previous);
    } else known.settings = settings;
    return known.index;
  }

  #makeRoomForTimers({ index }: HostedRouter): void {
    const needed = (index + 1) * TIMER_ROLES;
    if (needed > this.#wheel.capacity) this.#wheel.grow(Math.max(needed, 2 * this.#wheel.capacity));
  }

  /** Index of the router that is known by the port, family and VRID of `settings`; -1 when there is none. */
  find(settings: RouterSettings): number {
    return this.#roster.find(settings)?.index ?? -1;
  }

  /** Resigns a router that is about to be removed: it is deaf and never starts again, and keeps its index until then. */
  retire(now: Micros, router: number): void {
    const leaving = this.#output.routers[router]!;
    leaving.row[Column.EventAt] = now;
    stopTimer(leaving, TimerRole.Startup, this.#output);
    machine.shutdown(leaving, TransitionReason.Shutdown, this.#output);
    leaving.row[Column.InUse] = 0;
    this.#portOf(leaving).profile.remove(leaving.settings.family, leaving.settings.vrid);
  }

  /** Forgets a router that has retired. Its index is free for others. */
  remove(router: number): void {
    this.#roster.forget(this.#output.routers[router]!);
  }

  /** Applies what differs from the router's `previous` settings; they are the present ones when it was just added. */
  #adapt(now: Micros, router: HostedRouter, previous: RouterSettings): void {
    const change = compareSettings(previous, router.settings);
    router.row[Column.EventAt] = now;
    if (change.priority) this.#changePriority(router, router.settings.priority);
    this.#followLink(now, router);
    if (change.timing) machine.changeTiming(router, this.#output);
    if (router.row[Column.State] !== RouterState.Active) return;
    if (change.addresses) {
      this.#output.acquireAddresses(router);
      announceNewAddresses(router, previous, this.#output);
    }
    if (change.announcement) announcement.replan(router, this.#output);
  }

  /** Tells the state of a port's interface; undefined when there is none. Routers that can no longer run stop. */
  setLink(now: Micros, port: number, link: LinkState | undefined): void {
    const { ports } = this.#output;
    const previous = ports[port]!.link;
    const routers = this.#roster.on(port);
    for (const router of routers) {
      router.row[Column.EventAt] = now;
      const obstacle = router.obstacle(link);
      if (obstacle !== TransitionReason.None) machine.shutdown(router, obstacle, this.#output);
    }
    ports[port]!.update(
      link,
      routers.map((router) => router.settings),
    );
    const sameMac = sameAddress(previous?.mac, link?.mac);
    for (const router of routers) {
      if (!sameMac || !router.isSentFrom(link)) this.#roster.build(router);
      this.#followLink(now, router);
      if (!sameMac && router.row[Column.State] === RouterState.Active) this.announce(now, router.index);
    }
  }

  /** Stops a router that its link no longer carries, and starts one that it carries again. */
  #followLink(now: Micros, router: HostedRouter): void {
    const obstacle = router.obstacle(this.#portOf(router).link);
    if (obstacle === TransitionReason.None) {
      this.#startIfReady(now, router, router.obstacleRemoved());
      return;
    }
    machine.shutdown(router, obstacle, this.#output);
    if (this.#startedAt !== undefined) router.row[Column.LastEvent] = obstacle;
  }

  /**
   * Startup event (RFC 9568 section 6.4.1) for all routers, now or as soon as their link is ready. Routers that are
   * configured later start by themselves. A startup delay counts from here.
   */
  startup(now: Micros): void {
    this.#startedAt ??= now;
    for (const router of this.#roster.all) this.#startIfReady(now, router, TransitionReason.Startup);
  }

  /** Shutdown event for all routers: Actives resign. `startup` may follow. */
  shutdown(now: Micros): void {
    this.#startedAt = undefined;
    for (const router of this.#roster.all) {
      router.row[Column.EventAt] = now;
      stopTimer(router, TimerRole.Startup, this.#output);
      machine.shutdown(router, TransitionReason.Shutdown, this.#output);
      router.row[Column.LastEvent] = TransitionReason.Shutdown;
    }
  }

  #startIfReady(now: Micros, router: HostedRouter, reason: TransitionReason): void {
    if (this.#startedAt === undefined || router.row[Column.State] !== RouterState.Initialize) return;
    if (router.row[Column.InUse] === 0) return;
    router.row[Column.EventAt] = now;
    const obstacle = router.obstacle(this.#portOf(router).link);
    if (obstacle !== TransitionReason.None) {
      router.row[Column.LastEvent] = obstacle;
      return;
    }
    const notBefore = this.#startedAt + router.settings.startupDelayUs;
    if (now < notBefore) {
      router.row[Column.Deadlines + TimerRole.Startup] = notBefore;
      this.#output.arm(router, TimerRole.Startup);
    } else machine.startup(router, reason, this.#output);
  }

  /**
   * A frame arrived on `port`: octets `start` to `end` of `bytes`, borrowed for this call; `link` says what is at
   * `start`.
   */
  frame(now: Micros, port: number, bytes: Uint8Array, start: number, end: number, link: Link): void {
    this.#now[0] = now;
    this.frameAt(this.#now, 0, port, bytes, start, end, link);
  }

  /** As {@link frame}, at the instant in `instants[index]`: a number that is never an argument is never boxed. */
  frameAt(
    instants: Float64Array,
    index: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    link: Link,
  ): void {
    this.#now[0] = instants[index]!;
    const reception = this.#reception;
    const verdict = receive(bytes, start, end, link, this.#output.ports[port]!.profile, reception);
    const router = reception.router === undefined ? undefined : this.#output.routers[reception.router.index];
    if (verdict !== Discard.None) this.#discard(port, verdict, router);
    else this.#accept(router!, bytes);
  }

  #discard(port: number, verdict: Discard, router: HostedRouter | undefined): void {
    this.#node[Column.Discards + verdict]!++;
    const protocolError = protocolErrorOf[verdict]!;
    if (protocolError !== 0) this.#node[Column.LastProtocolError] = protocolError;
    if (router !== undefined) router.row[Column.Discards + verdict]!++;
    const effect = this.effects.append(EffectKind.Discarded, router === undefined ? -1 : router.index, port);
    effect.reason = verdict;
    effect.sourceStart = this.#reception.sourceStart;
    effect.sourceEnd = this.#reception.sourceEnd;
  }

  #accept(router: HostedRouter, bytes: Uint8Array): void {
    const { row, settings } = router;
    const { priority, intervalUs, sourceStart, sourceEnd, addressLength, ahSequence, warnings } = this.#reception;
    // FSM-I-03: in Initialize an advert is not even counted.
    if (row[Column.State] === RouterState.Initialize) return;
    if (warnings !== 0) this.#warn(router, warnings);
    row[Column.AdvertisementsReceived]!++;
    if (priority === 0) row[Column.PriorityZeroReceived]!++;
    row[Column.EventAt] = this.#now[0]!;
    row[Column.LastAdvertAt] = this.#now[0]!;
    row[Column.LastAdvertPriority] = priority;
    writeAddress(row, Column.LastAdvertSource, bytes, sourceStart, sourceEnd);
    if (settings.family === 4 && settings.version === 3) {
      row[Column.ChecksumFormsSeen]! |= this.#reception.checksumForm;
    }
    if (ahSequence > 0) {
      router.profile.lastAhSequence = ahSequence;
      if (ahSequence > row[Column.AhSequence]!) row[Column.AhSequence] = ahSequence;
    }
    this.#output.sourceStart = sourceStart;
    this.#output.sourceEnd = sourceEnd;
    const comparison = compareAddresses(bytes, sourceStart, router.source, 0, addressLength);
    machine.advertReceived(router, priority, intervalUs, comparison, this.#output);
  }

  #warn(router: HostedRouter, warnings: number): void {
    const { sourceStart, sourceEnd } = this.#reception;
    for (let rest = warnings; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      router.row[Column.Warnings + bit]!++;
      const effect = this.effects.append(EffectKind.Warned, router.index, router.settings.port);
      effect.reason = 1 << bit;
      effect.sourceStart = sourceStart;
      effect.sourceEnd = sourceEnd;
    }
  }

  /** Expires every timer that is due. */
  timers(now: Micros): void {
    this.#now[0] = now;
    this.timersAt(this.#now, 0);
  }

  /** As {@link timers}, at the instant in `instants[index]`. */
  timersAt(instants: Float64Array, index: number): void {
    this.#now[0] = instants[index]!;
    for (let id = this.#wheel.expireAt(this.#now, 0); id >= 0; id = this.#wheel.expireAt(this.#now, 0)) {
      const role = (id % TIMER_ROLES) as TimerRole;
      const router = this.#output.routers[(id - role) / TIMER_ROLES]!;
      router.row[Column.EventAt] = this.#now[0]!;
      this.#noteLateness(router, role);
      if (role === TimerRole.Adver) machine.adverTimerFired(router, this.#output);
      else this.#otherTimerFired(router, role);
    }
  }

  #otherTimerFired(router: HostedRouter, role: TimerRole): void {
    const output = this.#output;
    if (role === TimerRole.ActiveDown) machine.activeDownTimerFired(router, output);
    else if (role === TimerRole.Announcement) announcement.continueAnnouncing(router, output);
    else if (role === TimerRole.Refresh) announcement.refresh(router, output);
    else if (role === TimerRole.SecondBurst) announcement.secondBurst(router, output);
    else if (role === TimerRole.LowerPriorityBurst) announcement.lowerPriorityBurst(router, output);
    else {
      stopTimer(router, TimerRole.Startup, output);
      this.#startIfReady(this.#now[0]!, router, TransitionReason.Startup);
    }
  }

  #noteLateness(router: HostedRouter, role: TimerRole): void {
    const lateUs = this.#now[0]! - router.row[Column.Deadlines + role]!;
    addLateness(this.#node, lateUs);
    addLateness(router.row, lateUs);
    if (lateUs <= this.#lateThresholdUs) return;
    const effect = this.effects.append(EffectKind.Late, router.index, router.settings.port);
    effect.lateUs = lateUs;
  }

  /** Sets the priority (1..254) that trackers have left a router; the address owner's never moves. */
  setPriority(_now: Micros, router: number, effectivePriority: number): void {
    const changed = this.#output.routers[router]!;
    if (!changed.isOwner) this.#changePriority(changed, effectivePriority);
  }

  #changePriority(router: HostedRouter, priority: number): void {
    if (router.row[Column.EffectivePriority] === priority) return;
    router.frames.setPriority(priority);
    machine.changePriority(router, priority, this.#output);
  }

  /** Announces a router's addresses again, because the host had to put them back. Only while it is Active. */
  announce(now: Micros, router: number): void {
    const active = this.#output.routers[router]!;
    if (active.row[Column.State] !== RouterState.Active) return;
    active.row[Column.EventAt] = now;
    announcement.announce(active, active.settings.announcement.repeat, this.#output);
  }

  /** Continues the AH sequence of a predecessor: the next advert's is above `sequence`. */
  continueAhSequence(router: number, sequence: number): void {
    const { row } = this.#output.routers[router]!;
    row[Column.AhSequence] = Math.max(row[Column.AhSequence]!, sequence);
  }

  /** The priority-0 frames of a router, for whoever must resign in its stead. Empty while it has no link. Allocates. */
  resignFrames(router: number): FrameBounds[] {
    const { frames } = this.#output.routers[router]!;
    if (!frames.isBuilt) return [];
    return Array.from({ length: frames.advertCount }, (_, copy) => {
      const start = frames.resignStart(copy);
      return { start, end: start + frames.advertBytes, routed: frames.routed };
    });
  }

  #portOf(router: HostedRouter): Port {
    return this.#output.ports[router.settings.port]!;
  }
}
