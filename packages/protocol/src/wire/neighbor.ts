/**
 * Unsolicited neighbour advertisement (RFC 4861 sections 4.4 and 7.2.6): what gratuitous ARP is for IPv4.
 *
 * The reader verifies what every host does (section 7.1.2) and names what is wrong; it is for `locum decode` and tests.
 */
import { addressesEqual } from './address.ts';
import { addPseudoHeader, addWords, checksumOf, foldSum, readWord, writeLongWord, writeWord } from './checksum.ts';
import { ALL_NODES_MAC, EtherType, writeEthernetHeader } from './ethernet.ts';
import { IpProtocol } from './ipv4.ts';
import { IPV6_HEADER_BYTES, IPV6_SOURCE, writeIpv6Header } from './ipv6.ts';
import { viewOf } from './view.ts';

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const FLAGS = 4;
const TARGET = 8;
const OPTIONS = 24;

const NEIGHBOR_ADVERTISEMENT = 136;
const TARGET_LINK_LAYER_ADDRESS = 2;

export const NeighborFlag = { Router: 0x80, Solicited: 0x40, Override: 0x20 } as const;

/** Octets of the frame that {@link writeNeighborAdvertisement} writes. */
export const NEIGHBOR_ADVERTISEMENT_FRAME_BYTES = 86;
const MESSAGE_BYTES = 32;

const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/**
 * Writes a frame to all nodes that announces `address` (16 octets) at `mac` (6 octets) and returns its end. `router`
 * sets the R flag: true where this host forwards, which a virtual router does (RFC 9568 section 6.4.2).
 */
export function writeNeighborAdvertisement(
  bytes: Uint8Array,
  start: number,
  mac: Uint8Array,
  address: Uint8Array,
  router: boolean,
): number {
  const packet = writeEthernetHeader(bytes, start, ALL_NODES_MAC, mac, EtherType.Ipv6);
  const at = writeIpv6Header(bytes, packet, MESSAGE_BYTES, 0, 255, IpProtocol.IcmpV6, address, ALL_NODES);
  const end = at + MESSAGE_BYTES;
  bytes[at + TYPE] = NEIGHBOR_ADVERTISEMENT;
  bytes[at + CODE] = 0;
  writeWord(bytes, at + CHECKSUM, 0);
  writeLongWord(bytes, at + FLAGS, 0);
  bytes[at + FLAGS] = NeighborFlag.Override | (router ? NeighborFlag.Router : 0);
  for (let index = 0; index < 16; index++) bytes[at + TARGET + index] = address[index]!;
  bytes[at + OPTIONS] = TARGET_LINK_LAYER_ADDRESS;
  bytes[at + OPTIONS + 1] = 1;
  for (let index = 0; index < 6; index++) bytes[at + OPTIONS + 2 + index] = mac[index]!;
  writeWord(bytes, at + CHECKSUM, checksumOf(sumOf(bytes, packet, at, end)));
  return end;
}

function sumOf(bytes: Uint8Array, packet: number, at: number, end: number): number {
  const source = packet + IPV6_SOURCE;
  const view = viewOf(bytes);
  return addPseudoHeader(addWords(0, view, at, end), view, source, source + 16, 16, end - at, IpProtocol.IcmpV6);
}

/** What {@link readNeighborAdvertisement} says about an IPv6 packet. */
export interface NeighborReading {
  /** `other`: no neighbour advertisement. `solicited`: an answer to somebody. `invalid`: hosts ignore it. */
  readonly kind: 'unsolicited' | 'solicited' | 'invalid' | 'other';
  /** What is wrong with an invalid one, or what makes a valid one less than an announcement of a virtual router. */
  readonly problem: string | undefined;
  /** Mask of {@link NeighborFlag}. */
  readonly flags: number;
  /** Offset of the target address, or -1. */
  readonly targetStart: number;
  /** Offset of the MAC address in the target link-layer option, or -1 without one. */
  readonly macStart: number;
}

/** Reads the IPv6 packet in `[start, end)`. Extension headers are not followed: announcements have none. */
export function readNeighborAdvertisement(bytes: Uint8Array, start: number, end: number): NeighborReading {
  const at = start + IPV6_HEADER_BYTES;
  if (end - at < 1 || bytes[start]! >> 4 !== 6 || bytes[start + 6] !== IpProtocol.IcmpV6) return reading('other');
  if (bytes[at + TYPE] !== NEIGHBOR_ADVERTISEMENT) return reading('other');
  const messageEnd = at + readWord(bytes, start + 4);
  if (messageEnd > end) return reading('invalid', 'the packet is cut short');
  if (messageEnd - at < OPTIONS) return reading('invalid', 'shorter than 24 octets');
  const flags = bytes[at + FLAGS]!;
  const target = at + TARGET;
  const option = findOption(bytes, at + OPTIONS, messageEnd);
  const invalid = invalidity(bytes, start, at, messageEnd, option);
  if (invalid !== undefined) return reading('invalid', invalid, flags, target, -1);
  const kind = (flags & NeighborFlag.Solicited) !== 0 ? 'solicited' : 'unsolicited';
  return reading(kind, kind === 'unsolicited' ? weakness(flags, option) : undefined, flags, target, option);
}

function reading(
  kind: NeighborReading['kind'],
  problem: string | undefined = undefined,
  flags = 0,
  targetStart = -1,
  macStart = -1,
): NeighborReading {
  return { kind, problem, flags, targetStart, macStart };
}

/** RFC 4861 section 7.1.2, in its order. */
function invalidity(bytes: Uint8Array, start: number, at: number, end: number, option: number): string | undefined {
  if (bytes[start + 7] !== 255) return 'the hop limit is not 255';
  if (foldSum(sumOf(bytes, start, at, end)) !== 0xffff) return 'the checksum is wrong';
  if (bytes[at + CODE] !== 0) return 'the code is not 0';
  if (bytes[at + TARGET] === 0xff) return 'the target is a multicast address';
  const isMulticast = bytes[start + IPV6_SOURCE + 16] === 0xff;
  if (isMulticast && (bytes[at + FLAGS]! & NeighborFlag.Solicited) !== 0) {
    return 'the solicited flag is set and the destination is multicast';
  }
  return option === BROKEN_OPTIONS ? 'an option has no length or leaves the packet' : undefined;
}

function weakness(flags: number, option: number): string | undefined {
  if (option < 0) return 'no target link-layer address: receivers keep the old MAC';
  if ((flags & NeighborFlag.Override) === 0) return 'the override flag is clear: receivers keep the old MAC';
  if ((flags & NeighborFlag.Router) === 0) return 'the router flag is clear';
  return undefined;
}

const NO_OPTION = -1;
const BROKEN_OPTIONS = -2;

/** Offset of the MAC in the target link-layer option, NO_OPTION, or BROKEN_OPTIONS. */
function findOption(bytes: Uint8Array, start: number, end: number): number {
  let found = NO_OPTION;
  let at = start;
  while (at < end) {
    const length = at + 1 < end ? bytes[at + 1]! * 8 : 0;
    if (length === 0 || at + length > end) return BROKEN_OPTIONS;
    if (bytes[at] === TARGET_LINK_LAYER_ADDRESS && found === NO_OPTION) found = at + 2;
    at += length;
  }
  return found;
}

/** Whether the target that was announced is the source of the packet, as it is in our announcements. */
export function announcesItsSource(bytes: Uint8Array, start: number, targetStart: number): boolean {
  return addressesEqual(bytes, start + IPV6_SOURCE, bytes, targetStart, 16);
}
