/**
 * Keeps the host from speaking for a station's addresses on the physical interface, where it would name that
 * interface's MAC: it answers ARP there only for addresses that are set there (arp_ignore 1), and asks only in the name
 * of such (arp_announce 2). What was set before comes back in the end, unless somebody else has changed it since.
 */
import { statSync } from 'node:fs';
import { changeIpv4Settings, Ipv4Setting, type NetlinkSocket, readIpv4Setting, SystemError } from '@locum/linux';

const OWN_NAMESPACE = '/proc/thread-self/ns/net';

/** Settings with the least value that will do; a larger one is stricter. */
const LEAST = [
  [Ipv4Setting.ArpIgnore, 1],
  [Ipv4Setting.ArpAnnounce, 2],
] as const;

/** What was raised on one interface, by all in this process that want it. */
interface Raising {
  /** How many want it. */
  count: number;
  /** Settings that were raised, with what they were before. */
  readonly raised: Map<Ipv4Setting, { readonly before: number; readonly raisedTo: number }>;
}

/** By namespace and index of the interface: several ports can be on one. */
const raisings = new Map<string, Raising>();

export class ArpReticence {
  readonly #netlink: NetlinkSocket;
  readonly #interfaceIndex: number;
  readonly #key: string;
  #begun = false;

  /** @param netlink opened in the namespace that the calling thread is in */
  constructor(netlink: NetlinkSocket, interfaceIndex: number) {
    this.#netlink = netlink;
    this.#interfaceIndex = interfaceIndex;
    this.#key = `${statSync(OWN_NAMESPACE).ino} ${interfaceIndex}`;
  }

  /** Does nothing where it is in force. Throws NetlinkError; {@link end} puts back what was done until then. */
  begin(): void {
    const raising = raisings.get(this.#key) ?? { count: 0, raised: new Map() };
    raisings.set(this.#key, raising);
    if (!this.#begun) raising.count++;
    this.#begun = true;
    for (const [setting, raisedTo] of LEAST) {
      const before = readIpv4Setting(this.#netlink, this.#interfaceIndex, setting);
      if (before === undefined || before >= raisedTo) continue;
      changeIpv4Settings(this.#netlink, this.#interfaceIndex, [[setting, raisedTo]]);
      raising.raised.set(setting, { before, raisedTo });
    }
  }

  /** Whoever ends last puts the settings back. Idempotent. */
  end(): void {
    const raising = raisings.get(this.#key);
    if (!this.#begun || raising === undefined) return;
    this.#begun = false;
    if (--raising.count > 0) return;
    raisings.delete(this.#key);
    try {
      for (const [setting, { before, raisedTo }] of raising.raised)
        if (readIpv4Setting(this.#netlink, this.#interfaceIndex, setting) === raisedTo)
          changeIpv4Settings(this.#netlink, this.#interfaceIndex, [[setting, before]]);
    } catch (error) {
      // The interface is gone, and its settings with it.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}
