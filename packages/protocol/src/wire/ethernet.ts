/**
 * The Ethernet header and the MAC addresses that VRRP uses.
 *
 * Offsets first, then accessors, then emit. A frame is `[start, end)` of borrowed bytes; nothing is kept.
 */
import type { Family } from '../engine/settings.ts';
import { readWord, writeWord } from './checksum.ts';

const DESTINATION = 0;
const SOURCE = 6;
const ETHER_TYPE = 12;
/** Offset of the type in the header of an untagged frame. */
export const ETHER_TYPE_OFFSET = ETHER_TYPE;

export const ETHERNET_HEADER_BYTES = 14;
// A constant of this module is known to the compiler; an export is read from memory, and checked, at each use.
const HEADER_BYTES = ETHERNET_HEADER_BYTES;
/** Shortest frame on the wire without its check sequence; shorter ones are padded by the device. */
export const ETHERNET_MINIMUM_BYTES = 60;

export const EtherType = { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Ipv6: 0x86dd, ServiceVlan: 0x88a8 } as const;

export const BROADCAST_MAC = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
/** ff02::1 as a MAC address: destination of unsolicited neighbour advertisements. */
export const ALL_NODES_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

/** The virtual router's own MAC address (RFC 9568 section 7.3). */
export function virtualMac(family: Family, vrid: number): Uint8Array {
  return Uint8Array.of(0, 0, 0x5e, 0, family === 4 ? 1 : 2, vrid);
}

/** The MAC address of a multicast group: 4 octets (RFC 1112 section 6.4) or 16 octets (RFC 2464 section 7). */
export function groupMac(group: Uint8Array): Uint8Array {
  if (group.length === 4) return Uint8Array.of(0x01, 0, 0x5e, group[1]! & 0x7f, group[2]!, group[3]!);
  return Uint8Array.of(0x33, 0x33, group[12]!, group[13]!, group[14]!, group[15]!);
}

/** The EtherType of the frame, or -1 when the header is not complete. A tag is a type of its own. */
export function etherType(bytes: Uint8Array, start: number, end: number): number {
  return end - start < ETHERNET_HEADER_BYTES ? -1 : readWord(bytes, start + ETHER_TYPE);
}

/**
 * Offset of the network header behind any VLAN tags, for readers of captures, or -1 when the frame is cut short.
 * The receive ladder itself takes no tagged frame: on a port, a tag means another network.
 */
export function networkStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start + ETHER_TYPE;
  while (at + 2 <= end) {
    const type = readWord(bytes, at);
    if (type !== EtherType.Vlan && type !== EtherType.ServiceVlan) return at + 2;
    at += 4;
  }
  return -1;
}

/** Offset of the frame's source MAC address. */
export function sourceMacStart(start: number): number {
  return start + SOURCE;
}

/** Offset of the frame's destination MAC address. */
export function destinationMacStart(start: number): number {
  return start + DESTINATION;
}

/** Writes the header and returns its end. Both addresses are 6 octets. */
export function writeEthernetHeader(
  bytes: Uint8Array,
  start: number,
  destination: Uint8Array,
  source: Uint8Array,
  type: number,
): number {
  writeMac(bytes, start + DESTINATION, destination);
  writeMac(bytes, start + SOURCE, source);
  writeWord(bytes, start + ETHER_TYPE, type);
  return start + HEADER_BYTES;
}

function writeMac(bytes: Uint8Array, at: number, mac: Uint8Array): void {
  bytes[at] = mac[0]!;
  bytes[at + 1] = mac[1]!;
  bytes[at + 2] = mac[2]!;
  bytes[at + 3] = mac[3]!;
  bytes[at + 4] = mac[4]!;
  bytes[at + 5] = mac[5]!;
}
