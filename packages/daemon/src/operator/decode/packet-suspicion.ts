/**
 * Which packets of a capture are shown to the receive ladder: those that are adverts, or were meant to be.
 *
 * The ladder would also drop a web page as "not VRRP", which nobody wants to read. So the rest of the traffic is passed
 * over, but not what only damage keeps from being an advert: a wrong protocol number on a packet to the VRRP group, a
 * header cut short, an impossible IP version.
 */
import { addressesEqual, IPV6_HEADER_BYTES, IpProtocol, parseAddress } from '@locum/protocol';

const IPV4_PROTOCOL = 9;
const IPV4_DESTINATION = 16;
const IPV6_NEXT_HEADER = 6;
const IPV6_DESTINATION = 24;

const GROUP_IPV4 = parseAddress('224.0.0.18')!;
const GROUP_IPV6 = parseAddress('ff02::12')!;

/** ICMP, IGMP, TCP, UDP, ICMPv6: hosts send these to the VRRP group too, and mean no advert. */
const ORDINARY_PROTOCOLS: readonly number[] = [1, 2, 6, 17, 58];

const SKIPPED_HEADERS: readonly number[] = [
  IpProtocol.HopByHop,
  IpProtocol.Routing,
  IpProtocol.Fragment,
  IpProtocol.Destination,
];

/** Whether the packet at `start`, which its link announced as IP, goes to the ladder. */
export function mayBeAdvert(bytes: Uint8Array, start: number): boolean {
  if (start >= bytes.length) return true;
  const version = bytes[start]! >> 4;
  if (version === 4) return mayBeAdvertOverIpv4(bytes, start);
  if (version === 6) return mayBeAdvertOverIpv6(bytes, start);
  return true;
}

/** Whether an IP header at `start` names the VRRP group as its destination. */
export function isToVrrpGroup(bytes: Uint8Array, start: number): boolean {
  return holds(bytes, start + IPV4_DESTINATION, GROUP_IPV4) || holds(bytes, start + IPV6_DESTINATION, GROUP_IPV6);
}

function mayBeAdvertOverIpv4(bytes: Uint8Array, start: number): boolean {
  const protocol = bytes[start + IPV4_PROTOCOL];
  if (protocol === undefined || protocol === IpProtocol.Vrrp) return true;
  const payload = start + (bytes[start]! & 0x0f) * 4;
  if (protocol === IpProtocol.Ah && bytes[payload] === IpProtocol.Vrrp) return true;
  return holds(bytes, start + IPV4_DESTINATION, GROUP_IPV4) && !ORDINARY_PROTOCOLS.includes(protocol);
}

function mayBeAdvertOverIpv6(bytes: Uint8Array, start: number): boolean {
  let next = bytes[start + IPV6_NEXT_HEADER];
  let at = start + IPV6_HEADER_BYTES;
  while (next !== undefined && SKIPPED_HEADERS.includes(next)) {
    const headerBytes = next === IpProtocol.Fragment ? 8 : ((bytes[at + 1] ?? 0) + 1) * 8;
    next = bytes[at];
    at += headerBytes;
  }
  if (next === IpProtocol.Vrrp) return true;
  if (next === undefined && bytes.length - start < IPV6_HEADER_BYTES) return true;
  return holds(bytes, start + IPV6_DESTINATION, GROUP_IPV6) && !ORDINARY_PROTOCOLS.includes(next ?? -1);
}

function holds(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
  return at + address.length <= bytes.length && addressesEqual(bytes, at, address, 0, address.length);
}
