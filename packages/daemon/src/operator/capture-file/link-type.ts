/**
 * Where the network packet is in a captured frame, by the link type of the capture.
 *
 * Numbers are LINKTYPE_ values of the tcpdump registry. VLAN tags are passed over.
 */
import { EtherType } from '@locum/protocol';

/** The network packet of a frame. */
export interface NetworkPacket {
  /** An EtherType; undefined where the link does not say and the packet's own version nibble decides. */
  readonly etherType: number | undefined;
  /** Offset of the network header. */
  readonly start: number;
  /** Offset of the Ethernet header, or -1 without one. */
  readonly frameStart: number;
  /** VLAN ids, outermost first. */
  readonly vlans: readonly number[];
}

/** Finds the packet in a frame. Undefined when the frame is too short to have one, or holds something else. */
type Locator = (bytes: Uint8Array) => NetworkPacket | undefined;

const ETHERNET_TYPE = 12;
const COOKED_HEADER_BYTES = 16;
const COOKED_TYPE = 14;
const COOKED_2_HEADER_BYTES = 20;
const LOOPBACK_HEADER_BYTES = 4;

/** Address families of the BSDs, Linux and Darwin, as the null and loopback links have them. */
const IPV4_FAMILY = 2;
const IPV6_FAMILIES: readonly number[] = [10, 24, 28, 30];

const locators: ReadonlyMap<number, Locator> = new Map<number, Locator>([
  [0, loopback],
  [1, (bytes) => behindTags(bytes, ETHERNET_TYPE, ETHERNET_TYPE + 2, 0)],
  [12, rawIp],
  [14, rawIp],
  [101, rawIp],
  [108, loopback],
  [113, (bytes) => behindTags(bytes, COOKED_TYPE, COOKED_HEADER_BYTES, -1)],
  [228, rawIp],
  [229, rawIp],
  [276, (bytes) => behindTags(bytes, 0, COOKED_2_HEADER_BYTES, -1)],
]);

/** Whether frames of this link type can be read at all. */
export function isKnownLinkType(linkType: number): boolean {
  return locators.has(linkType);
}

/** Undefined when the link type is not known, or the frame is too short or carries no network packet. */
export function locatePacket(linkType: number, bytes: Uint8Array): NetworkPacket | undefined {
  return locators.get(linkType)?.(bytes);
}

/** Reads the type at `typeAt` and goes through the VLAN tags, if any, from `start` on. */
function behindTags(bytes: Uint8Array, typeAt: number, start: number, frameStart: number): NetworkPacket | undefined {
  const vlans: number[] = [];
  let type = word(bytes, typeAt);
  let at = start;
  while (type === EtherType.Vlan || type === EtherType.ServiceVlan) {
    vlans.push((word(bytes, at) ?? 0) & 0x0fff);
    type = word(bytes, at + 2);
    at += 4;
  }
  return type === undefined || at > bytes.length ? undefined : { etherType: type, start: at, frameStart, vlans };
}

function rawIp(bytes: Uint8Array): NetworkPacket | undefined {
  return bytes.length === 0 ? undefined : { etherType: undefined, start: 0, frameStart: -1, vlans: [] };
}

/** Four octets of address family, in the byte order of whoever captured. */
function loopback(bytes: Uint8Array): NetworkPacket | undefined {
  if (bytes.length <= LOOPBACK_HEADER_BYTES) return undefined;
  const family = bytes[0] === 0 && bytes[1] === 0 ? bytes[3]! : bytes[0]!;
  const isIp = family === IPV4_FAMILY || IPV6_FAMILIES.includes(family);
  return isIp ? { etherType: undefined, start: LOOPBACK_HEADER_BYTES, frameStart: -1, vlans: [] } : undefined;
}

function word(bytes: Uint8Array, at: number): number | undefined {
  return at + 2 <= bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : undefined;
}
