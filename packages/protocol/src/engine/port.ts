/**
 * One port as the engine sees it: its link, whom it listens to, and when it may announce next.
 */
import type { Micros } from '../units.ts';
import { addressesEqual } from '../wire/address.ts';
import { PortProfile } from '../wire/profile.ts';
import type { LinkState, RouterSettings } from './settings.ts';

const ARP = 0;
const NEIGHBOR = 1;

export class Port {
  readonly profile = new PortProfile();
  link: LinkState | undefined = undefined;
  /** When the next gratuitous ARP, and the next NA, may be sent: gaps are per port, for all its routers together. */
  readonly #nextAnnouncementAt = new Float64Array(2);

  /** Takes over the link and the addresses by which our own adverts, come back, are known. */
  update(link: LinkState | undefined, routers: readonly RouterSettings[]): void {
    this.link = link;
    this.profile.setLocalAddresses(link === undefined ? [] : localAddresses(link, routers));
  }

  /** Keeps an instant free for an announcement: the first at or after the one in `row[column]`, which it replaces. */
  reserve(row: Float64Array, column: number, isArp: boolean, gapUs: Micros): void {
    const kind = isArp ? ARP : NEIGHBOR;
    row[column] = Math.max(row[column]!, this.#nextAnnouncementAt[kind]!);
    this.#nextAnnouncementAt[kind] = row[column]! + gapUs;
  }

  /** An announcement is sent at the instant in `row[column]`, perhaps later than it was planned: the gap counts from there. */
  announced(row: Float64Array, column: number, isArp: boolean, gapUs: Micros): void {
    const kind = isArp ? ARP : NEIGHBOR;
    if (gapUs > 0) this.#nextAnnouncementAt[kind] = Math.max(this.#nextAnnouncementAt[kind]!, row[column]! + gapUs);
  }
}

/**
 * A virtual address that we hold as Active is not ours in this sense: its owner, coming back, advertises from it, and
 * must be heard.
 */
function localAddresses(link: LinkState, routers: readonly RouterSettings[]): Uint8Array[] {
  const own: Uint8Array[] = link.otherAddresses.filter((address) => !isVirtual(address, routers));
  if (link.ipv4 !== undefined) own.push(link.ipv4);
  if (link.linkLocal !== undefined) own.push(link.linkLocal);
  for (const { sourceAddress } of routers) if (sourceAddress !== undefined) own.push(sourceAddress);
  return own;
}

function isVirtual(address: Uint8Array, routers: readonly RouterSettings[]): boolean {
  return routers.some(({ addresses, unadvertisedAddresses }) =>
    [...addresses, ...unadvertisedAddresses].some((virtual) => sameAddress(virtual, address)),
  );
}

/** Whether two addresses (IPv4, IPv6, MAC) are the same octets, or both missing. */
export function sameAddress(first: Uint8Array | undefined, second: Uint8Array | undefined): boolean {
  if (first === undefined || second === undefined) return first === second;
  return first.length === second.length && addressesEqual(first, 0, second, 0, first.length);
}
