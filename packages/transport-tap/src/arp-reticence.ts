/**
 * Keeps the host from speaking for a station's addresses on the physical interface, where it would name that
 * interface's MAC: it answers ARP there only for addresses that are set there (arp_ignore 1), and asks only in the name
 * of such (arp_announce 2). What was set before comes back in the end, unless somebody else has changed it since.
 */
import { changeIpv4Settings, Ipv4Setting, type NetlinkSocket, readIpv4Setting, SystemError } from '@locum/linux';

/** Settings with the least value that will do; a larger one is stricter. */
const LEAST = [
  [Ipv4Setting.ArpIgnore, 1],
  [Ipv4Setting.ArpAnnounce, 2],
] as const;

export class ArpReticence {
  readonly #netlink: NetlinkSocket;
  readonly #interfaceIndex: number;
  /** Settings that were raised, with what they were before. */
  readonly #raised = new Map<Ipv4Setting, { readonly before: number; readonly raisedTo: number }>();

  constructor(netlink: NetlinkSocket, interfaceIndex: number) {
    this.#netlink = netlink;
    this.#interfaceIndex = interfaceIndex;
  }

  /** Does nothing where it is in force. Throws NetlinkError. */
  begin(): void {
    for (const [setting, raisedTo] of LEAST) {
      const before = readIpv4Setting(this.#netlink, this.#interfaceIndex, setting);
      if (before === undefined || before >= raisedTo) continue;
      changeIpv4Settings(this.#netlink, this.#interfaceIndex, [[setting, raisedTo]]);
      this.#raised.set(setting, { before, raisedTo });
    }
  }

  end(): void {
    try {
      for (const [setting, { before, raisedTo }] of this.#raised)
        if (readIpv4Setting(this.#netlink, this.#interfaceIndex, setting) === raisedTo)
          changeIpv4Settings(this.#netlink, this.#interfaceIndex, [[setting, before]]);
    } catch (error) {
      // The interface is gone, and its settings with it.
      if (!(error instanceof SystemError)) throw error;
    }
    this.#raised.clear();
  }
}
