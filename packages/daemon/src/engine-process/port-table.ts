/**
 * The ports of the engine process: opened through their transports, watched for link changes, opened again when their
 * interface comes back or their transport may have recovered.
 *
 * Ports of transports that come with Locum are waited for. Those of others are opened beside the work of the rest.
 */
import {
  boottimeUs,
  findLink,
  type Link as KernelLink,
  type LinkAddress,
  listAddresses,
  type NetlinkSocket,
  PollEvent,
  type Poller,
} from '@locum/linux';
import { Link, type LinkState } from '@locum/protocol';
import type { Frame, Port } from '@locum/transport';
import type { PortCounters } from '../board/port-counters.ts';
import { type PlanProblem, type PortPlan, type PortState, portKey } from '../channel/message.ts';
import { isBuiltIn } from '../configuration/built-in-transport.ts';
import { groundOf, linkKeyOf, linkStateOf } from './link-reading.ts';
import type { GuardedPort } from './plug-in/guarded-port.ts';
import { isDue, newPortEntry, noteChange, noteGround, type PortEntry, stateOf } from './port-entry.ts';
import { isHopeless, type OpenedPort, openPort, portProblem } from './port-opening.ts';

const IP_PROTOCOL_VRRP = 112;
const IP_PROTOCOL_AH = 51;
/** Frames that one port may deliver before the others get their turn. */
const DRAIN_BUDGET = 256;
/** Far more than the ports can hold at once: a port that never runs dry does not keep timers from expiring. */
const MOST_DRAIN_ROUNDS = 64;

/** What the table tells the engine. */
export interface PortTableHandler {
  onFrame(port: number, frame: Frame, link: Link): void;
  onLink(port: number, link: LinkState | undefined): void;
  /** A port is open that was not when the plan was applied. */
  onOpened(port: number): void;
}

export class PortTable {
  /** A port changed its state. Reset by whoever reads {@link states}. */
  changed = false;
  readonly #entries: PortEntry[] = [];
  readonly #poller: Poller;
  readonly #netlink: NetlinkSocket;
  readonly #isVirtual: (address: LinkAddress) => boolean;
  readonly #handler: PortTableHandler;
  #sending = false;

  constructor(
    poller: Poller,
    netlink: NetlinkSocket,
    isVirtual: (address: LinkAddress) => boolean,
    handler: PortTableHandler,
  ) {
    this.#poller = poller;
    this.#netlink = netlink;
    this.#isVirtual = isVirtual;
    this.#handler = handler;
  }

  /**
   * Opens what the plan has and is not open. What it no longer has stays open until {@link closeRetired}. A port keeps its
   * index for as long as a plan has it. Returns the index of each planned port, and what could not be opened.
   *
   * @param giveWay called before each port: to open it takes milliseconds, which others may not have
   */
  async apply(
    plans: readonly PortPlan[],
    giveWay: () => void,
  ): Promise<{ readonly indexes: number[]; readonly problems: PlanProblem[] }> {
    for (const entry of this.#entries) entry.retired = true;
    const indexes: number[] = [];
    // Those that go on come first, so that none of them loses its index to one that is added.
    for (const plan of plans) indexes.push(this.#entries.findIndex((entry) => portKey(entry.plan) === portKey(plan)));
    for (const index of indexes) if (index >= 0) this.#entries[index]!.retired = false;
    for (const [position, plan] of plans.entries()) {
      const index = indexes[position]! >= 0 ? indexes[position]! : this.#freeIndex();
      indexes[position] = index;
      const before = this.#entries[index];
      const replaces = before !== undefined && !before.retired;
      if (replaces && hasGroups(before.plan, plan) && (before.port !== undefined || before.opening)) {
        // A membership too many harms nobody; to open the port anew might.
        before.plan = { ...plan, groups: before.plan.groups };
        continue;
      }
      giveWay();
      const entry = newPortEntry(plan, before?.linkKey ?? '');
      // Not to be missed while another one is opened in its place.
      if (before !== undefined) this.#close(before);
      this.#entries[index] = entry;
      const opened = this.#open(index, entry, replaces || !isBuiltIn(plan.transport.name));
      if (isBuiltIn(plan.transport.name)) await opened;
    }
    this.changed = true;
    const problems = indexes.flatMap((index) => this.#entries[index]?.problem ?? []);
    return { indexes, problems };
  }

  /** Closes what the last plan does not have. */
  closeRetired(): void {
    for (const [index, entry] of this.#entries.entries()) {
      if (!entry.retired) continue;
      this.#close(entry);
      // Whoever gets the index next has another link.
      if (entry.linkKey !== '') this.#handler.onLink(index, undefined);
      entry.linkKey = '';
    }
  }

  /** Every port by its index. */
  get states(): PortState[] {
    return this.#entries.map((entry) => {
      const { plan, openings, capabilities, problem, tally } = entry;
      return {
        ...{ plan, state: stateOf(entry), openings },
        ...(capabilities === undefined ? {} : { capabilities }),
        ...(problem === undefined ? {} : { problem }),
        ...(tally.reasons.length === 0 ? {} : { dropReasons: tally.reasons }),
      };
    });
  }

  /** Writes down what became of frames. */
  count(counters: PortCounters): void {
    for (const [index, { tally }] of this.#entries.entries()) counters.write(index, tally.row);
  }

  /** A port is heard in turns of the event loop only, or will be open after one, or belongs to a plug-in that may need them. */
  get needsEventLoop(): boolean {
    return this.#entries.some(
      ({ port, opening, guard }) => opening || guard !== undefined || (port !== undefined && port.fd < 0),
    );
  }

  /** The port to send by. */
  get(index: number): Port | undefined {
    this.#sending = true;
    return this.#entries[index]?.port;
  }

  /** Whether a port was wanted for sending since this was last asked. */
  takeSending(): boolean {
    const sending = this.#sending;
    this.#sending = false;
    return sending;
  }

  /** Whether the interface of a port was there when it was last looked at. */
  hasInterface(index: number): boolean {
    return this.#entries[index]!.seenIndex !== 0;
  }

  /** How often a port has been opened, if it is closed; 0 for one that is open. */
  openingsOfClosed(index: number): number {
    const { port, openings } = this.#entries[index]!;
    return port === undefined ? openings : 0;
  }

  interfaceName(index: number): string {
    return this.#entries[index]!.plan.interfaceName;
  }

  /** Delivers every frame that has arrived on any port. */
  drain(): void {
    let delivered: number;
    let rounds = 0;
    do {
      delivered = 0;
      for (let index = 0; index < this.#entries.length; index++) {
        const entry = this.#entries[index]!;
        if (entry.port === undefined) continue;
        const count = entry.port.poll(DRAIN_BUDGET);
        delivered += count;
        if (entry.guard !== undefined && entry.pollerSlot >= 0) this.#watchDescriptor(entry, entry.guard, count);
      }
    } while (delivered >= DRAIN_BUDGET && ++rounds < MOST_DRAIN_ROUNDS);
  }

  #watchDescriptor({ pollerSlot }: PortEntry, guard: GuardedPort, delivered: number): void {
    const events = this.#poller.ready(pollerSlot);
    if (events !== 0) guard.woken((events & PollEvent.Invalid) === 0, delivered);
  }

  /** Whether a link is, was or may become the interface of a port: one that is missing may come under another name. */
  concernsLink({ index, name }: KernelLink): boolean {
    return this.#entries.some(
      ({ retired, plan, seenIndex }) =>
        !retired && (seenIndex === index || seenIndex === 0 || plan.interfaceName === name),
    );
  }

  /** Whether an address is on the interface of a port. */
  concernsAddress({ interfaceIndex }: LinkAddress): boolean {
    return this.#entries.some(({ retired, seenIndex }) => !retired && seenIndex === interfaceIndex);
  }

  /** Looks at every interface again and passes on what changed. True when a port can be opened. */
  refresh(): boolean {
    for (const [index, entry] of this.#entries.entries()) this.#readLink(index, entry);
    return this.hasWork();
  }

  /** Looks at the interfaces of ports whose link is not known, as those are that were opened just now. */
  refreshUnknown(): void {
    for (const [index, entry] of this.#entries.entries()) if (entry.linkKey === '') this.#readLink(index, entry);
  }

  /** Whether {@link reopen} would do something. Asked in every round: costs nothing while all ports are open. */
  hasWork(): boolean {
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      if ((entry.port === undefined || entry.stale) && isDue(entry, boottimeUs())) return true;
    }
    return false;
  }

  /** Opens ports whose interface has come back, whose pause is over, or whose interface has changed under them. */
  async reopen(giveWay: () => void): Promise<void> {
    const now = boottimeUs();
    for (const [index, entry] of [...this.#entries.entries()]) {
      if (!isDue(entry, now)) continue;
      giveWay();
      const opened = this.#open(index, entry, true);
      if (isBuiltIn(entry.plan.transport.name)) await opened;
    }
  }

  close(): void {
    for (const entry of this.#entries) {
      entry.retired = true;
      this.#close(entry);
    }
    this.#entries.length = 0;
  }

  /** What was to be done with an open port failed: it is closed, and tried again after a pause. */
  giveUp(index: number, error: unknown): void {
    const entry = this.#entries[index]!;
    if (entry.port !== undefined) this.#fail(index, entry, error);
  }

  #freeIndex(): number {
    const index = this.#entries.findIndex(({ retired, port, opening }) => retired && port === undefined && !opening);
    return index >= 0 ? index : this.#entries.length;
  }

  /** Never rejects. @param tell whether the handler hears of a success, and of the link then */
  async #open(index: number, entry: PortEntry, tell: boolean): Promise<void> {
    const { plan } = entry;
    // Looked at before: what comes while the port is being opened makes it stale, or another attempt worth it.
    const { link, addresses } = this.#look(plan.interfaceName);
    entry.ground = this.#groundOf(link, addresses);
    // A group that was joined before its interface lost IPv6 for a while is left, when it is left, for good.
    if (entry.stale) this.#close(entry);
    entry.opening = true;
    entry.stale = false;
    this.changed = true;
    let isLive = true;
    try {
      const opened = await openPort(
        plan,
        [IP_PROTOCOL_VRRP, IP_PROTOCOL_AH],
        {
          onFrame: (frame) => this.#handler.onFrame(index, frame, entry.link),
          onFault: (error) => {
            if (isLive) this.#fail(index, entry, error);
            isLive = false;
          },
        },
        { now: boottimeUs },
      );
      if (this.#entries[index] !== entry || entry.retired) opened.port.close();
      // One that failed meanwhile has said why.
      else if (!isLive) opened.port.close();
      else this.#adopt(entry, opened, link, addresses.some(isIpv6));
    } catch (error) {
      if (entry.port === undefined) {
        entry.problem = portProblem(plan, error);
        entry.pause.failed(boottimeUs(), isHopeless(error));
      }
    }
    entry.opening = false;
    this.changed = true;
    if (this.#entries[index] !== entry || (!tell && entry.port !== undefined)) return;
    if (entry.port !== undefined) this.#handler.onOpened(index);
    this.#readLink(index, entry);
  }

  #adopt(entry: PortEntry, { port, guard }: OpenedPort, link: KernelLink | undefined, ipv6: boolean): void {
    this.#close(entry);
    entry.port = port;
    entry.openings++;
    entry.tally.begin(port);
    entry.guard = guard;
    entry.capabilities = port.capabilities;
    entry.link = port.capabilities.medium === 'ip' ? Link.Ip : Link.Ethernet;
    entry.problem = undefined;
    entry.interfaceIndex = link?.index ?? 0;
    entry.seenIndex = entry.interfaceIndex;
    entry.mtu = link?.mtu ?? 0;
    entry.ipv6 = ipv6;
    entry.pollerSlot = port.fd >= 0 ? this.#poller.add(port.fd, PollEvent.Readable) : -1;
    entry.pause.opened(boottimeUs());
  }

  #fail(index: number, entry: PortEntry, error: unknown): void {
    this.#close(entry);
    entry.problem = portProblem(entry.plan, error);
    entry.pause.failed(boottimeUs(), false);
    const { link, addresses } = this.#look(entry.plan.interfaceName);
    entry.ground = this.#groundOf(link, addresses);
    this.#readLink(index, entry);
  }

  #close(entry: PortEntry): void {
    const { port } = entry;
    if (port === undefined) return;
    entry.port = undefined;
    entry.guard = undefined;
    this.changed = true;
    if (entry.pollerSlot >= 0) this.#poller.remove(entry.pollerSlot);
    entry.pollerSlot = -1;
    entry.tally.end();
    port.close();
  }

  #readLink(index: number, entry: PortEntry): void {
    if (entry.retired) return;
    const { link, addresses } = this.#look(entry.plan.interfaceName);
    if (link?.index !== entry.seenIndex) entry.pause.reset();
    entry.seenIndex = link?.index ?? 0;
    // The interface was replaced by another of the same name, or renamed away: the port sits on the old one.
    if (entry.port !== undefined && entry.seenIndex !== entry.interfaceIndex) this.#close(entry);
    noteGround(entry, this.#groundOf(link, addresses));
    if (link !== undefined) noteChange(entry, link.mtu, addresses.some(isIpv6));
    const own = this.#own(addresses);
    const state =
      entry.port === undefined || link === undefined ? undefined : linkStateOf(link, own, entry.capabilities!.medium);
    const key = state === undefined ? '' : linkKeyOf(state);
    if (key === entry.linkKey) return;
    entry.linkKey = key;
    this.#handler.onLink(index, state);
  }

  #look(interfaceName: string): { readonly link: KernelLink | undefined; readonly addresses: readonly LinkAddress[] } {
    const link = findLink(this.#netlink, interfaceName);
    return { link, addresses: link === undefined ? [] : listAddresses(this.#netlink, link.index) };
  }

  #own(addresses: readonly LinkAddress[]): readonly LinkAddress[] {
    return addresses.filter((address) => !this.#isVirtual(address));
  }

  #groundOf(link: KernelLink | undefined, addresses: readonly LinkAddress[]): string {
    return groundOf(link, this.#own(addresses));
  }
}

function isIpv6({ family }: LinkAddress): boolean {
  return family === 6;
}

/** Whether the groups of `wanted` are among those of `plan`. */
function hasGroups(plan: PortPlan, wanted: PortPlan): boolean {
  return wanted.groups.every((group) => plan.groups.some((known) => Buffer.compare(known, group) === 0));
}
