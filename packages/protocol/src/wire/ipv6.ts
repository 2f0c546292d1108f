/**
 * The IPv6 header and its extension headers: what the receive ladder asks of them, and how adverts are sent.
 *
 * The payload length bounds everything; octets after it are padding of the link. The flow label is never compared.
 */
import { readWord, writeWord } from './checksum.ts';
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

/**
 * Checks the headers at `start` (RX-00), skips hop-by-hop, destination and finished routing headers, and notes
 * addresses, hop limit and payload bounds in `out`. AH counts as a foreign protocol: VRRP has it over IPv4 only.
 */
export function readIpv6(bytes: Uint8Array, start: number, end: number, out: Reception): Discard {
  if (end - start < IPV6_HEADER_BYTES) return Discard.IpTruncated;
  const payloadBytes = readWord(bytes, start + PAYLOAD_LENGTH);
  if (payloadBytes > end - start - IPV6_HEADER_BYTES) return Discard.IpTruncated;
  const packetEnd = start + IPV6_HEADER_BYTES + payloadBytes;
  let at = start + IPV6_HEADER_BYTES;
  let next = bytes[start + NEXT_HEADER]!;
  out.setNetwork(6, start, bytes[start + HOP_LIMIT]!, next, start + IPV6_SOURCE, start + DESTINATION);
  while (next === IpProtocol.HopByHop || next === IpProtocol.Destination || next === IpProtocol.Routing) {
    if (packetEnd - at < 8) return Discard.IpTruncated;
    const headerBytes = (bytes[at + 1]! + 1) * 8;
    if (headerBytes > packetEnd - at) return Discard.IpTruncated;
    // With segments left the destination is only a stop on the way, so the packet is not addressed to us.
    if (next === IpProtocol.Routing && bytes[at + ROUTING_SEGMENTS_LEFT] !== 0) return Discard.BadDestination;
    next = bytes[at]!;
    at += headerBytes;
  }
  out.protocol = next;
  if (next === IpProtocol.Fragment) return Discard.IpFragment;
  if (next !== IpProtocol.Vrrp) return Discard.IpBadProto;
  out.messageStart = at;
  out.messageEnd = packetEnd;
  return Discard.None;
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
  for (let index = 0; index < 16; index++) {
    bytes[start + IPV6_SOURCE + index] = source[index]!;
    bytes[start + DESTINATION + index] = destination[index]!;
  }
  return start + IPV6_HEADER_BYTES;
}
