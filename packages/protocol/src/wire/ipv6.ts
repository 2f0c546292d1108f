/**
 * The IPv6 header and its extension headers: what the receive ladder asks of them, and how adverts are sent.
 *
 * The payload length bounds everything; octets after it are padding of the link. The flow label is never compared.
 */
import { writeAddresses } from './address.ts';
import { writeWord } from './checksum.ts';
import { Discard } from './discard.ts';
import { IpProtocol } from './ipv4.ts';
import type { Reception } from './reception.ts';

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const DESTINATION = 24;

/** Offset of the source address; the destination follows it. */
export const IPV6_SOURCE = 8;

const ROUTING_SEGMENTS_LEFT = 3;

export const IPV6_HEADER_BYTES = 40;

// A constant of this module is known to the compiler; an export or import is read from memory, and checked, at each use.
const HEADER_BYTES = IPV6_HEADER_BYTES;
const SOURCE = IPV6_SOURCE;
const Verdict = Discard;
const Protocol = IpProtocol;

/**
 * Checks the headers at `start` (RX-00), skips hop-by-hop, destination and finished routing headers, and notes
 * addresses, hop limit and payload bounds in `out`. AH counts as a foreign protocol: VRRP has it over IPv4 only.
 */
export function readIpv6(view: DataView, start: number, end: number, out: Reception): Discard {
  if (end - start < HEADER_BYTES) return Verdict.IpTruncated;
  const payloadBytes = view.getUint16(start + PAYLOAD_LENGTH);
  if (payloadBytes > end - start - HEADER_BYTES) return Verdict.IpTruncated;
  const packetEnd = start + HEADER_BYTES + payloadBytes;
  let at = start + HEADER_BYTES;
  let next = view.getUint8(start + NEXT_HEADER);
  out.setNetwork(6, start, view.getUint8(start + HOP_LIMIT), next, start + SOURCE, start + DESTINATION);
  while (next === Protocol.HopByHop || next === Protocol.Destination || next === Protocol.Routing) {
    if (packetEnd - at < 8) return Verdict.IpTruncated;
    const headerBytes = (view.getUint8(at + 1) + 1) * 8;
    if (headerBytes > packetEnd - at) return Verdict.IpTruncated;
    // With segments left the destination is only a stop on the way, so the packet is not addressed to us.
    if (next === Protocol.Routing && view.getUint8(at + ROUTING_SEGMENTS_LEFT) !== 0) return Verdict.BadDestination;
    next = view.getUint8(at);
    at += headerBytes;
  }
  out.protocol = next;
  if (next === Protocol.Fragment) return Verdict.IpFragment;
  if (next !== Protocol.Vrrp) return Verdict.IpBadProto;
  out.messageStart = at;
  out.messageEnd = packetEnd;
  return Verdict.None;
}

/** Writes a header with flow label 0 and returns its end. Addresses are 16 octets. */
export function writeIpv6Header(
  bytes: Uint8Array,
  start: number,
  payloadBytes: number,
  trafficClass: number,
  hopLimit: number,
  nextHeader: number,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  bytes[start] = 0x60 | (trafficClass >> 4);
  bytes[start + 1] = (trafficClass & 0x0f) << 4;
  writeWord(bytes, start + 2, 0);
  writeWord(bytes, start + PAYLOAD_LENGTH, payloadBytes);
  bytes[start + NEXT_HEADER] = nextHeader;
  bytes[start + HOP_LIMIT] = hopLimit;
  writeAddresses(bytes, start + SOURCE, source);
  writeAddresses(bytes, start + DESTINATION, destination);
  return start + HEADER_BYTES;
}
