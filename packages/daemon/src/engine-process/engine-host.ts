/**
 * The engine and its surroundings in one process: carries a plan out, feeds the engine with frames, links and time, and
 * stops in order.
 */
import {
  boottimeUs,
  Clock,
  findLink,
  lockAllMemory,
  lockedBytes,
  NetlinkMonitor,
  NetlinkSocket,
  PollEvent,
  type Poller,
  readClock,
  SchedulingPolicy,
  type SystemError,
  setNice,
  setProcessorAffinity,
  setSchedulingPolicy,
} from '@locum/linux';
import { Column, Engine, RouterState, rowStart } from '@locum/protocol';
import type { Board } from '../board/board.ts';
import { MAX_ROUTERS } from '../board/board.ts';
import { HostEvent } from '../board/event-ring.ts';
import { MAX_PORTS } from '../board/port-counters.ts';
import { ResignationArea } from '../board/resignation-area.ts';
import type { EngineMessage, PlanChange, PlanProblem, RouterPlan, SchedulingPlan } from '../channel/message.ts';
import { AddressKeeper } from './address-keeper.ts';
import { EffectExecutor } from './effect-executor.ts';
import { PortTable } from './port-table.ts';
import { StationTable } from './station-table.ts';

const OWNER_PRIORITY = 255;
const EVENTS: EngineMessage = { type: 'events' };
/** A change of plan gives way to frames and timers this often. */
const SLICE_US = 500;
/** To change a router takes up to two milliseconds: it waits for a moment at which no timer is due so soon. */
const PUT_US = 2_500;
/** To open a port takes so long, most of it in the kernel. */
const OPEN_US = 20_000;
/** A whole change waits no longer than this for such moments. */
const LONGEST_PUT_WAIT_US = 200_000;
/** Looking at an interface with many addresses takes some milliseconds, and waits likewise. */
const LOOK_US = 5_000;
const LONGEST_LOOK_WAIT_US = 1_000_000;
/** How often ports are asked what became of their frames. */
const COUNT_US = 1_000_000;

export class EngineHost {
  /** The plan asks for work that has to be awaited: see {@link catchUp}. */
  waiting = false;
  readonly engine: Engine;
  readonly #board: Board;
  readonly #netlink = new NetlinkSocket();
  readonly #monitor = new NetlinkMonitor([this.#netlink.portId]);
  readonly #monitorSlot: number;
  readonly #poller: Poller;
  readonly #ports: PortTable;
  readonly #addresses: AddressKeeper;
  readonly #stations: StationTable;
  readonly #executor: EffectExecutor;
  /** Where the resignation of one router is put together. */
  readonly #resignation = new ResignationArea(new Uint8Array(ResignationArea.byteCount(1)));
  /** The instant of the frame that is being dealt with. */
  readonly #frameInstant = new Float64Array(1);
  /** When the round began. */
  readonly #roundInstant = new Float64Array(1);
  readonly #linkUp: boolean[] = [];
  #plan: Pick<PlanChange, 'scheduling' | 'keepAddresses'> | undefined;
  /** All routers by their rows. */
  readonly #routers = new Map<number, RouterPlan>();
  /** When the slice of the change under way began. */
  #sliceAt = 0;
  /** Until when that change waits for moments without timers. */
  #patientUntil = 0;
  /** Since when addresses are not looked at that may be others' or ours now; Infinity when all have been. */
  #unseenSince = Infinity;

  constructor(poller: Poller, board: Board) {
    this.#poller = poller;
    this.#board = board;
    this.engine = new Engine({ maxRouters: MAX_ROUTERS, maxPorts: MAX_PORTS, rows: board.rows });
    this.#addresses = new AddressKeeper(this.#netlink, (kind, router, value, detail) => {
      board.events.write(boottimeUs(), kind, router, -1, value, detail);
      this.#executor.newsPending = true;
    });
    this.#ports = new PortTable(poller, this.#netlink, (address) => this.#addresses.isVirtual(address), {
      onFrame: (port, frame, link) => {
        // A frame may have arrived while the timers of the last round ran; the engine's time does not go back.
        this.#frameInstant[0] = Math.max(frame.at, this.#board.heartbeatAt);
        this.engine.frameAt(this.#frameInstant, 0, port, frame.bytes, frame.start, frame.end, link);
        if (this.engine.effects.count > 0) this.#executor.executeAt(this.#frameInstant, 0, frame.bytes);
      },
      onLink: (port, link) => {
        const now = boottimeUs();
        const openings = this.#ports.openingsOfClosed(port);
        // Before what its routers make of it.
        if (openings > 0) this.#note(HostEvent.PortClosed, port, openings);
        this.engine.setLink(now, port, link);
        this.#executor.execute(now);
        // A port that is closed says nothing about its interface.
        if (link !== undefined || !this.#ports.hasInterface(port)) this.#noteLink(port, link?.up === true);
        this.#publishResignations(port);
      },
      onOpened: (port) => this.#settle(port),
    });
    const indexOf = (name: string): number => findLink(this.#netlink, name)?.index ?? 0;
    this.#stations = new StationTable(this.#ports, this.#addresses, indexOf);
    this.#executor = new EffectExecutor(this.engine, this.#ports, this.#stations, board);
    this.#monitor.ignoreAddressesOf(this.#netlink.portId);
    this.#monitorSlot = poller.add(this.#monitor.fd, PollEvent.Readable);
  }

  /** Whether there has been a plan. */
  get configured(): boolean {
    return this.#plan !== undefined;
  }

  /** How long the reactor spins before a deadline. */
  get busyWaitUs(): number {
    return this.#plan?.scheduling.busyWaitUs ?? 0;
  }

  /** A port delivers in turns of the event loop only. */
  get needsEventLoop(): boolean {
    return this.#ports.needsEventLoop;
  }

  /** Whether a port was wanted for sending since this was last asked. */
  takeSending(): boolean {
    return this.#ports.takeSending();
  }

  /** What the supervisor should hear of, if anything has happened. Reading it resets it. */
  takeNews(): EngineMessage | undefined {
    if (!this.#executor.newsPending && !this.#ports.changed) return undefined;
    this.#executor.newsPending = false;
    if (!this.#ports.changed) return EVENTS;
    this.#ports.changed = false;
    return { type: 'events', ports: this.#ports.states };
  }

  /**
   * Goes over to another plan, a slice at a time: between two slices frames and timers have their turn. Routers that did
   * not change go on undisturbed.
   */
  async configure({ ports: portPlans, routers, kept, scheduling, keepAddresses }: PlanChange): Promise<EngineMessage> {
    const first = this.#plan === undefined;
    const problems: PlanProblem[] = first ? applyScheduling(scheduling) : [];
    this.#plan = { scheduling, keepAddresses };
    this.#sliceAt = boottimeUs();
    this.#patientUntil = first ? 0 : this.#sliceAt + LONGEST_PUT_WAIT_US;
    const ports = await this.#ports.apply(portPlans, () => this.#giveWay(OPEN_US));
    problems.push(...ports.problems);
    const wanted = routers.map(
      (router): RouterPlan => ({
        ...router,
        settings: { ...router.settings, port: ports.indexes[router.settings.port]! },
      }),
    );
    this.#sliceAt = boottimeUs();
    this.#patientUntil = first ? 0 : this.#sliceAt + LONGEST_PUT_WAIT_US;
    // Who leaves gives its addresses back before another can take them, and its row only when all is done.
    const staying = new Set([...kept, ...wanted.map(({ settings }) => this.engine.find(settings))]);
    const leaving = [...this.#routers.keys()].filter((slot) => !staying.has(slot));
    for (const slot of leaving) this.#retire(slot);
    const slots = wanted.map((router) => this.#put(router));
    for (const slot of leaving) this.engine.remove(slot);
    this.#ports.closeRetired();
    this.#ports.refreshUnknown();
    if (first) {
      this.engine.startup(boottimeUs());
      this.#executor.execute(boottimeUs());
      this.#unseenSince = Infinity;
    }
    const locked = first && scheduling.noSwap ? { lockedBytes: lockedBytes() } : {};
    return { type: 'configured', slots, ports: this.#ports.states, problems, ...locked };
  }

  #retire(slot: number): void {
    this.#giveWay();
    const now = boottimeUs();
    this.engine.retire(now, slot);
    this.#executor.execute(now);
    this.#addresses.forget(slot);
    this.#stations.forget(slot);
    this.#board.resignations.clear(slot);
    this.#routers.delete(slot);
    this.#unseenSince = Math.min(this.#unseenSince, now);
  }

  #put(router: RouterPlan): number {
    this.#giveWay();
    const now = boottimeUs();
    const { settings, ahSequence } = router;
    const isOwner = settings.priority === OWNER_PRIORITY;
    const slot = this.engine.put(now, { ...settings, virtualMac: this.#stations.isVirtual(settings.port) });
    const addresses = this.#stations.place(slot, router);
    // What an earlier process left behind may lie where addresses without a station are.
    if (addresses !== router.addresses && !this.#routers.has(slot)) {
      this.#addresses.configure(slot, router.addresses, isOwner);
    }
    const changed = this.#addresses.configure(slot, addresses, isOwner);
    if (changed) this.#unseenSince = Math.min(this.#unseenSince, now);
    if (ahSequence !== undefined) this.engine.continueAhSequence(slot, ahSequence);
    this.#executor.execute(now);
    this.#routers.set(slot, router);
    this.#publishResignation(slot);
    return slot;
  }

  /** A port has been opened after its routers were put: now it is known whether they have a MAC of their own. */
  #settle(port: number): void {
    if (!this.#stations.isVirtual(port)) return;
    const routers = [...this.#routers].filter(([, { settings }]) => settings.port === port);
    for (const [slot, router] of routers) this.#stations.place(slot, router);
    this.#addresses.interfacesChanged();
    // The port was replaced under routers at work.
    this.#stations.acquire(routers.flatMap(([slot]) => (this.#isActive(slot) ? [slot] : [])));
    for (const [, { ahSequence, ...router }] of routers) this.#put(router);
  }

  /** Makes rounds when the slice has become long, or a timer is due in less than what comes next takes. */
  #giveWay(neededUs = PUT_US): void {
    let now = boottimeUs();
    let restUs = this.engine.deadline - now;
    while (now - this.#sliceAt >= SLICE_US || (restUs < neededUs && now < this.#patientUntil)) {
      this.#poller.wait(restUs < neededUs ? Math.max(0, restUs) : 0);
      this.step();
      now = boottimeUs();
      this.#sliceAt = now;
      restUs = this.engine.deadline - now;
    }
  }

  /** The process did not come to its work for `stalledUs`. */
  noteStall(stalledUs: number): void {
    this.#note(HostEvent.Stalled, -1, stalledUs);
  }

  /** One round: everything that has arrived, then every timer that was due when the round began. */
  step(): void {
    readClock(Clock.Boottime, this.#roundInstant, 0);
    this.#ports.drain();
    if (this.#poller.ready(this.#monitorSlot) !== 0) this.#readMonitor();
    // Not by the clock of this moment: had the process been stopped meanwhile, frames would be waiting again.
    this.engine.timersAt(this.#roundInstant, 0);
    if (this.engine.effects.count > 0) this.#executor.executeAt(this.#roundInstant, 0);
    this.#board.heartbeatAt = this.#roundInstant[0]!;
    if (this.#unseenSince !== Infinity) this.#lookAgain();
    if (this.#ports.hasWork()) this.waiting = true;
    this.#countFrames();
  }

  /** To ask a port for its counts takes a system call or two, at a moment at which no timer is due. */
  #countFrames(): void {
    const now = this.#roundInstant[0]!;
    const sinceUs = now - this.#board.countedAt;
    if (sinceUs < COUNT_US || (this.engine.deadline - now < PUT_US && sinceUs < 2 * COUNT_US)) return;
    this.#board.countedAt = now;
    this.#ports.count(this.#board.ports);
  }

  /** After a change of addresses: another one of an interface may be its own now, or no longer. */
  #lookAgain(): void {
    const now = boottimeUs();
    if (this.engine.deadline - now < LOOK_US && now - this.#unseenSince < LONGEST_LOOK_WAIT_US) return;
    this.#refreshPorts();
  }

  #refreshPorts(): void {
    this.#unseenSince = Infinity;
    if (this.#ports.refresh()) this.waiting = true;
  }

  /** Does what {@link step} could not do without waiting. */
  async catchUp(): Promise<void> {
    this.waiting = false;
    this.#patientUntil = boottimeUs() + LONGEST_PUT_WAIT_US;
    await this.#ports.reopen(() => this.#giveWay(OPEN_US));
  }

  /** Resigns every router in order and gives everything back. */
  stop(): void {
    const now = boottimeUs();
    if (this.#plan?.keepAddresses === true) for (const slot of this.#routers.keys()) this.#addresses.forget(slot);
    this.engine.shutdown(now);
    this.#executor.execute(now);
    this.#ports.close();
    this.#poller.remove(this.#monitorSlot);
    this.#monitor.close();
    this.#netlink.close();
  }

  #readMonitor(): void {
    // Hosts of containers have links come and go all the time, and whoever asks the kernel then waits for it.
    let ports = false;
    let interfaces = false;
    let removed = false;
    this.#monitor.drain({
      onLink: (link, gone) => {
        ports ||= this.#ports.concernsLink(link);
        interfaces ||= this.#addresses.isMovedBy(link, gone);
      },
      onAddress: (address, gone, own) => {
        if (own) return;
        ports ||= this.#ports.concernsAddress(address);
        removed ||= gone && this.#addresses.has(address);
      },
      onResync: () => {
        ports = true;
        interfaces = true;
        removed = true;
      },
    });
    if (interfaces) this.#addresses.interfacesChanged();
    if (ports) this.#refreshPorts();
    if (!removed) return;
    for (const router of this.#addresses.restore()) {
      const now = boottimeUs();
      this.engine.announce(now, router);
      this.#executor.execute(now);
    }
  }

  /** A port that is up when it is first seen is no news. */
  #noteLink(port: number, up: boolean): void {
    const before = this.#linkUp[port] ?? true;
    this.#linkUp[port] = up;
    if (up !== before) this.#note(HostEvent.LinkChanged, port, up ? 1 : 0);
  }

  #note(kind: number, port: number, value: number): void {
    this.#board.events.write(boottimeUs(), kind, -1, port, value, 0);
    this.#executor.newsPending = true;
  }

  /** The frames of all routers on `port` have been built anew. */
  #publishResignations(port: number): void {
    for (const slot of this.#routers.keys()) if (this.#portOf(slot) === port) this.#publishResignation(slot);
  }

  #publishResignation(slot: number): void {
    const port = this.#portOf(slot);
    this.#resignation.clear(0);
    for (const { start, end, routed } of this.engine.resignFrames(slot)) {
      this.#resignation.add(0, port, routed, this.engine.txBytes, start, end);
    }
    this.#board.resignations.take(slot, this.#resignation);
  }

  #isActive(slot: number): boolean {
    return this.#board.rows[rowStart(slot) + Column.State] === RouterState.Active;
  }

  #portOf(slot: number): number {
    return this.#board.rows[rowStart(slot) + Column.Port]!;
  }
}

function applyScheduling(scheduling: SchedulingPlan): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      const { code, message, hint } = error as SystemError;
      problems.push({ router: -1, code, message, ...(hint === undefined ? {} : { hint }) });
    }
  };
  const { realtimePriority, noSwap, nice, processors } = scheduling;
  if (processors.length > 0) attempt(() => setProcessorAffinity(processors));
  if (nice !== undefined) attempt(() => setNice(nice));
  if (realtimePriority !== undefined) {
    attempt(() => setSchedulingPolicy(SchedulingPolicy.RoundRobin, realtimePriority));
  }
  if (noSwap) attempt(lockAllMemory);
  return problems;
}
