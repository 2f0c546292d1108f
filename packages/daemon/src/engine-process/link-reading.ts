/**
 * What the kernel says about an interface, as the protocol engine wants to know it.
 */
import { HARDWARE_ETHERNET, type Link, type LinkAddress } from '@locum/linux';
import type { LinkState } from '@locum/protocol';
import type { Medium } from '@locum/transport';

const ADDRESS_TENTATIVE_OR_WORSE = 0x48;
const MAC_BYTES = 6;

/** @param own addresses of the interface, without those that a virtual router set */
export function linkStateOf(link: Link, own: readonly LinkAddress[], medium: Medium): LinkState {
  const usable = own.filter((address) => (address.flags & ADDRESS_TENTATIVE_OR_WORSE) === 0);
  const ipv4 = usable.find((address) => address.family === 4 && !address.secondary)?.address;
  const linkLocal = usable.find((address) => address.family === 6 && isLinkLocal(address.address))?.address;
  return {
    up: link.up && link.running && (medium === 'ip' || link.hardwareType === HARDWARE_ETHERNET),
    mac: link.mac.length === MAC_BYTES ? link.mac : new Uint8Array(MAC_BYTES),
    ipv4,
    linkLocal,
    otherAddresses: own.map(({ address }) => address).filter((address) => address !== ipv4 && address !== linkLocal),
  };
}

function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

/** Text that differs when a port could be opened on one of the two and not on the other. */
export function groundOf(link: Link | undefined, own: readonly LinkAddress[]): string {
  const addresses = own.map(({ address, tentative }) => `${Buffer.from(address).toString('hex')} ${tentative}`);
  return [link?.up, link?.running, ...addresses].join();
}

/** Text that differs when two states do. */
export function linkKeyOf(link: LinkState): string {
  const octets = [link.mac, link.ipv4, link.linkLocal, ...link.otherAddresses];
  return `${link.up} ${octets.map((bytes) => (bytes === undefined ? '-' : Buffer.from(bytes).toString('hex'))).join(' ')}`;
}
