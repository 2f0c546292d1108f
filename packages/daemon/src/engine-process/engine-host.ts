/**
 * The engine and its surroundings in one process: carries a plan out, feeds the engine with frames, links and time, and
 * stops in order.
 */
import {
  boottimeUs,
  Clock,
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
import { Engine, Link, type RouterSettings } from '@locum/protocol';
import type { Board } from '../board/board.ts';
import { MAX_ROUTERS } from '../board/board.ts';
import { HostEvent } from '../board/event-ring.ts';
import type { EngineMessage, EnginePlan, PlanProblem, SchedulingPlan } from '../channel/message.ts';
import { AddressKeeper } from './address-keeper.ts';
import { EffectExecutor } from './effect-executor.ts';
import { PortTable } from './port-table.ts';
import { rehearse } from './rehearsal.ts';

const OWNER_PRIORITY = 255;

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
  readonly #executor: EffectExecutor;
  /** The instant of what is being dealt with. */
  readonly #instants = new Float64Array(1);
  readonly #linkUp: boolean[] = [];
  #plan: EnginePlan | undefined;
  #slots: readonly number[] = [];
  #settings: readonly RouterSettings[] = [];

  constructor(poller: Poller, board: Board) {
    this.#poller = poller;
    this.#board = board;
    this.engine = new Engine({ maxRouters: MAX_ROUTERS, rows: board.rows });
    this.#addresses = new AddressKeeper(this.#netlink, (kind, router, value, detail) => {
      board.events.write(boottimeUs(), kind, router, -1, value, detail);
      this.#executor.newsPending = true;
    });
    this.#ports = new PortTable(poller, this.#netlink, (address) => this.#addresses.isVirtual(address), {
      onFrame: (port, frame) => {
        // A frame may have arrived while the timers of the last round ran; the engine's time does not go back.
        this.#instants[0] = Math.max(frame.at, this.#board.heartbeatAt);
        this.engine.frameAt(this.#instants, 0, port, frame.bytes, frame.start, frame.end, Link.Ethernet);
        if (this.engine.effects.count > 0) this.#executor.executeAt(this.#instants, 0, frame.bytes);
      },
      onLink: (port, link) => {
        const now = boottimeUs();
        this.engine.setLink(now, port, link);
        this.#executor.execute(now);
        this.#noteLink(port, link?.up === true);
        this.#publishResignations();
      },
      onFault: (port, error) => this.#note(HostEvent.PortFault, port, error.errno ?? 0),
      onReopened: (port) => this.#note(HostEvent.PortReopened, port, 0),
    });
    this.#executor = new EffectExecutor(this.engine, this.#ports, this.#addresses, board);
    rehearse(this.#netlink);
    this.#monitorSlot = poller.add(this.#monitor.fd, PollEvent.Readable);
  }

  /** How long the reactor spins before a deadline. */
  get busyWaitUs(): number {
    return this.#plan?.scheduling.busyWaitUs ?? 0;
  }

  /** A port delivers in turns of the event loop only. */
  get needsEventLoop(): boolean {
    return this.#ports.needsEventLoop;
  }

  /** Something happened that the supervisor should read from the board. Reading it resets it. */
  takeNews(): boolean {
    const news = this.#executor.newsPending;
    this.#executor.newsPending = false;
    return news;
  }

  /** Carries out a plan: the first one, or one that differs from the last. Routers that did not change go on undisturbed. */
  async configure(plan: EnginePlan): Promise<EngineMessage> {
    const problems: PlanProblem[] = this.#plan === undefined ? applyScheduling(plan.scheduling) : [];
    const first = this.#plan === undefined;
    this.#plan = plan;
    const ports = await this.#ports.apply(plan.ports);
    problems.push(...ports.problems);
    const settings: RouterSettings[] = plan.routers.map((router) => ({
      ...router.settings,
      port: ports.indexes[router.settings.port]!,
    }));
    const now = boottimeUs();
    const slots = this.engine.configure(now, settings);
    for (const [index, slot] of slots.entries()) {
      const { addresses, ahSequence } = plan.routers[index]!;
      this.#addresses.configure(slot, addresses, settings[index]!.priority === OWNER_PRIORITY);
      if (ahSequence !== undefined) this.engine.continueAhSequence(slot, ahSequence);
    }
    this.#executor.execute(now);
    for (const slot of this.#slots) if (!slots.includes(slot)) this.#addresses.forget(slot);
    this.#slots = slots;
    this.#settings = settings;
    this.#ports.refresh();
    if (first) {
      this.engine.startup(boottimeUs());
      this.#executor.execute(boottimeUs());
    }
    this.#publishResignations();
    return { type: 'configured', slots, interfaceNames: this.#ports.interfaceNames, problems };
  }

  /** The process slept `stalledUs` longer than it wanted to. */
  noteStall(stalledUs: number): void {
    this.#note(HostEvent.Stalled, -1, stalledUs);
  }

  /** One round: everything that has arrived, then every timer that is due. */
  step(): void {
    this.#ports.drain();
    if (this.#poller.ready(this.#monitorSlot) !== 0) this.#readMonitor();
    readClock(Clock.Boottime, this.#instants, 0);
    this.engine.timersAt(this.#instants, 0);
    if (this.engine.effects.count > 0) this.#executor.executeAt(this.#instants, 0);
    this.#board.heartbeatAt = this.#instants[0]!;
  }

  /** Does what {@link step} could not do without waiting. */
  async catchUp(): Promise<void> {
    this.waiting = false;
    await this.#ports.reopen();
    this.#publishResignations();
  }

  /** Resigns every router in order and gives everything back. */
  stop(): void {
    const now = boottimeUs();
    if (this.#plan?.keepAddresses === true) for (const slot of this.#slots) this.#addresses.forget(slot);
    this.engine.shutdown(now);
    this.#executor.execute(now);
    this.#ports.close();
    this.#poller.remove(this.#monitorSlot);
    this.#monitor.close();
    this.#netlink.close();
  }

  #readMonitor(): void {
    let changed = false;
    let links = false;
    let removed = false;
    this.#monitor.drain({
      onLink: () => {
        changed = true;
        links = true;
      },
      onAddress: (_address, gone, own) => {
        if (own) return;
        changed = true;
        if (gone) removed = true;
      },
      onResync: () => {
        changed = true;
        links = true;
        removed = true;
      },
    });
    if (!changed) return;
    if (links) this.#addresses.interfacesChanged();
    if (this.#ports.refresh()) this.waiting = true;
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

  #publishResignations(): void {
    const { resignations } = this.#board;
    for (const [index, slot] of this.#slots.entries()) {
      resignations.clear(slot);
      for (const { start, end, routed } of this.engine.resignFrames(slot)) {
        resignations.add(slot, this.#settings[index]!.port, routed, this.engine.txBytes, start, end);
      }
    }
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
  if (noSwap) {
    // V8 gives back pages with madvise, which the kernel refuses for locked ones, and V8 then ends the process.
    problems.push({
      router: -1,
      code: 'NOT_SUPPORTED',
      message: 'vrrp_no_swap has no effect: a JavaScript engine cannot run with its memory locked',
      hint: 'Switch swapping off for the service, e.g. with MemorySwapMax=0 in its systemd unit.',
    });
  }
  return problems;
}
