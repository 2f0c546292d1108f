/**
 * The ports of the engine process: opened through their transports, watched for link changes, opened again when their
 * interface comes back.
 */
import {
  boottimeUs,
  findLink,
  HARDWARE_ETHERNET,
  type Link,
  type LinkAddress,
  listAddresses,
  type NetlinkSocket,
  PollEvent,
  type Poller,
} from '@locum/linux';
import type { LinkState } from '@locum/protocol';
import type { Frame, Port, TransportError } from '@locum/transport';
import type { PlanProblem, PortPlan } from '../channel/message.ts';
import { transportNamed } from './transports.ts';

const IP_PROTOCOL_VRRP = 112;
const IP_PROTOCOL_AH = 51;
const ADDRESS_TENTATIVE_OR_WORSE = 0x48;
/** Frames that one port may deliver before the others get their turn. */
const DRAIN_BUDGET = 256;

/** What the table tells the engine. */
export interface PortTableHandler {
  onFrame(port: number, frame: Frame): void;
  onLink(port: number, link: LinkState | undefined): void;
  onFault(port: number, error: TransportError): void;
  onReopened(port: number): void;
}

interface Entry {
  readonly plan: PortPlan;
  port: Port | undefined;
  pollerSlot: number;
  interfaceIndex: number;
  /** What `onLink` was last told, as text, so that only changes are passed on. */
  linkKey: string;
}

export class PortTable {
  readonly #entries: Entry[] = [];
  readonly #poller: Poller;
  readonly #netlink: NetlinkSocket;
  readonly #isVirtual: (address: LinkAddress) => boolean;
  readonly #handler: PortTableHandler;

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
   * Opens what the plan has and is not open, and closes what it no longer has. An interface keeps its index for as
   * long as the process lives. Returns the index of each planned port, and what could not be opened.
   */
  async apply(plans: readonly PortPlan[]): Promise<{ readonly indexes: number[]; readonly problems: PlanProblem[] }> {
    const problems: PlanProblem[] = [];
    const indexes: number[] = [];
    for (const plan of plans) {
      const known = this.#entries.findIndex((entry) => entry.plan.interfaceName === plan.interfaceName);
      const index = known >= 0 ? known : this.#entries.length;
      indexes.push(index);
      const entry = this.#entries[index];
      if (entry !== undefined && samePlan(entry.plan, plan) && entry.port !== undefined) continue;
      if (entry !== undefined) this.#close(entry);
      const fresh: Entry = { plan, port: undefined, pollerSlot: -1, interfaceIndex: 0, linkKey: entry?.linkKey ?? '' };
      this.#entries[index] = fresh;
      const problem = await this.#open(index, fresh);
      if (problem !== undefined) problems.push(problem);
    }
    for (const [index, entry] of this.#entries.entries()) if (!indexes.includes(index)) this.#close(entry);
    return { indexes, problems };
  }

  /** Interface names by index. */
  get interfaceNames(): string[] {
    return this.#entries.map((entry) => entry.plan.interfaceName);
  }

  /** An open port has no descriptor that the poller could watch. */
  get needsEventLoop(): boolean {
    return this.#entries.some(({ port }) => port !== undefined && port.fd < 0);
  }

  get(index: number): Port | undefined {
    return this.#entries[index]?.port;
  }

  /** Delivers every frame that has arrived on any port. */
  drain(): void {
    let delivered: number;
    do {
      delivered = 0;
      for (let index = 0; index < this.#entries.length; index++) {
        const port = this.#entries[index]!.port;
        if (port !== undefined) delivered += port.poll(DRAIN_BUDGET);
      }
    } while (delivered >= DRAIN_BUDGET);
  }

  /** Looks at every interface again and passes on what changed. True when a closed port's interface is back. */
  refresh(): boolean {
    let reopenable = false;
    for (const [index, entry] of this.#entries.entries()) {
      this.#readLink(index, entry);
      if (entry.port === undefined && this.#link(entry) !== undefined) reopenable = true;
    }
    return reopenable;
  }

  /** Looks at the interfaces of ports whose link is not known, as those are that were opened just now. */
  refreshUnknown(): void {
    for (const [index, entry] of this.#entries.entries()) if (entry.linkKey === '') this.#readLink(index, entry);
  }

  /** Opens ports whose interface has come back. */
  async reopen(): Promise<void> {
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.port !== undefined || this.#link(entry) === undefined) continue;
      if ((await this.#open(index, entry)) === undefined) this.#handler.onReopened(index);
      this.#readLink(index, entry);
    }
  }

  close(): void {
    for (const entry of this.#entries) this.#close(entry);
    this.#entries.length = 0;
  }

  async #open(index: number, entry: Entry): Promise<PlanProblem | undefined> {
    const { plan } = entry;
    const link = this.#link(entry);
    try {
      const transport = await transportNamed(plan.transport);
      const port = await transport.open(
        {
          interfaceName: plan.interfaceName,
          filter: { ipProtocols: [IP_PROTOCOL_VRRP, IP_PROTOCOL_AH] },
          groups: plan.groups,
        },
        {
          onFrame: (frame) => this.#handler.onFrame(index, frame),
          onFault: (error) => this.#fault(index, entry, error),
        },
        { now: boottimeUs },
      );
      entry.port = port;
      entry.interfaceIndex = link?.index ?? 0;
      entry.pollerSlot = port.fd >= 0 ? this.#poller.add(port.fd, PollEvent.Readable) : -1;
      return undefined;
    } catch (error) {
      const { code, message, hint } = error as TransportError;
      return {
        router: -1,
        interfaceName: plan.interfaceName,
        code: code ?? 'SYSTEM',
        message,
        ...(hint === undefined ? {} : { hint }),
      };
    }
  }

  #fault(index: number, entry: Entry, error: TransportError): void {
    this.#close(entry);
    this.#handler.onFault(index, error);
    this.#readLink(index, entry);
  }

  #close(entry: Entry): void {
    const { port } = entry;
    if (port === undefined) return;
    entry.port = undefined;
    if (entry.pollerSlot >= 0) this.#poller.remove(entry.pollerSlot);
    entry.pollerSlot = -1;
    port.close();
  }

  #link(entry: Entry): Link | undefined {
    return findLink(this.#netlink, entry.plan.interfaceName);
  }

  #readLink(index: number, entry: Entry): void {
    const link = this.#link(entry);
    // The interface was replaced by another of the same name, or renamed away: the port sits on the old one.
    if (entry.port !== undefined && link?.index !== entry.interfaceIndex) this.#close(entry);
    const state = entry.port === undefined || link === undefined ? undefined : this.#linkState(link);
    const key = state === undefined ? '' : keyOf(state);
    if (key === entry.linkKey) return;
    entry.linkKey = key;
    this.#handler.onLink(index, state);
  }

  #linkState(link: Link): LinkState {
    const own = listAddresses(this.#netlink, link.index).filter((address) => !this.#isVirtual(address));
    const usable = own.filter((address) => (address.flags & ADDRESS_TENTATIVE_OR_WORSE) === 0);
    const ipv4 = usable.find((address) => address.family === 4 && !address.secondary)?.address;
    const linkLocal = usable.find((address) => address.family === 6 && isLinkLocal(address.address))?.address;
    return {
      up: link.up && link.running && link.hardwareType === HARDWARE_ETHERNET,
      mac: link.mac,
      ipv4,
      linkLocal,
      otherAddresses: own.map(({ address }) => address).filter((address) => address !== ipv4 && address !== linkLocal),
    };
  }
}

function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

function keyOf(link: LinkState): string {
  const octets = [link.mac, link.ipv4, link.linkLocal, ...link.otherAddresses];
  return `${link.up} ${octets.map((bytes) => (bytes === undefined ? '-' : Buffer.from(bytes).toString('hex'))).join(' ')}`;
}

function samePlan(left: PortPlan, right: PortPlan): boolean {
  return (
    left.interfaceName === right.interfaceName &&
    left.transport === right.transport &&
    left.groups.length === right.groups.length &&
    left.groups.every((group, index) => Buffer.compare(group, right.groups[index]!) === 0)
  );
}
