/**
 * The IPv4 header: what the receive ladder asks of it, and how adverts are sent with it.
 *
 * Offsets first, then the reader, then emit and patches. Lengths come from the header; octets after the total length are
 * padding of the link and are never looked at.
 */
import { writeAddresses } from './address.ts';
import { addWords, adjustChecksum, checksumOf, foldSum, readWord, writeWord } from './checksum.ts';
import { Discard } from './discard.ts';
import type { Reception } from './reception.ts';
import { viewOf } from './view.ts';

const VERSION_AND_HEADER_LENGTH = 0;
const TYPE_OF_SERVICE = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TIME_TO_LIVE = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const DESTINATION = 16;

/** Offset of the source address; the destination follows it. */
export const IPV4_SOURCE = 12;

export const IPV4_HEADER_BYTES = 20;

// A constant of this module is known to the compiler; an export or import is read from memory, and checked, at each use.
const HEADER_BYTES = IPV4_HEADER_BYTES;
const SOURCE = IPV4_SOURCE;
const Verdict = Discard;

/** IP protocol numbers that the codec knows. */
export const IpProtocol = {
  HopByHop: 0,
  Routing: 43,
  Fragment: 44,
  Ah: 51,
  IcmpV6: 58,
  Destination: 60,
  Vrrp: 112,
} as const;

/** Class selector 6, network control: what keepalived and FRR send. Never checked on receive. */
export const NETWORK_CONTROL = 0xc0;

const VRRP = IpProtocol.Vrrp;
const AH = IpProtocol.Ah;
const MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

/** Checks the header at `start` (RX-00) and notes addresses, TTL, protocol and payload bounds in `out`. */
export function readIpv4(view: DataView, start: number, end: number, out: Reception): Discard {
  if (end - start < HEADER_BYTES) return Verdict.IpTruncated;
  const headerBytes = (view.getUint8(start + VERSION_AND_HEADER_LENGTH) & 0x0f) * 4;
  const totalBytes = view.getUint16(start + TOTAL_LENGTH);
  if (headerBytes < HEADER_BYTES || totalBytes < headerBytes || totalBytes > end - start) return Verdict.IpTruncated;
  if (foldSum(addWords(0, view, start, start + headerBytes)) !== 0xffff) return Verdict.IpBadChecksum;
  if ((view.getUint16(start + FRAGMENT) & MORE_FRAGMENTS_AND_OFFSET) !== 0) return Verdict.IpFragment;
  const protocol = view.getUint8(start + PROTOCOL);
  out.setNetwork(4, start, view.getUint8(start + TIME_TO_LIVE), protocol, start + SOURCE, start + DESTINATION);
  if (protocol !== VRRP && protocol !== AH) return Verdict.IpBadProto;
  out.messageStart = start + headerBytes;
  out.messageEnd = start + totalBytes;
  return Verdict.None;
}

/** Octets of the header at `start`, options included. */
export function ipv4HeaderBytes(bytes: Uint8Array, start: number): number {
  return (bytes[start + VERSION_AND_HEADER_LENGTH]! & 0x0f) * 4;
}

/** Writes a header without options, "don't fragment" clear, and returns its end. Addresses are 4 octets. */
export function writeIpv4Header(
  bytes: Uint8Array,
  start: number,
  payloadBytes: number,
  identification: number,
  ttl: number,
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  bytes[start + VERSION_AND_HEADER_LENGTH] = 0x45;
  bytes[start + TYPE_OF_SERVICE] = NETWORK_CONTROL;
  writeWord(bytes, start + TOTAL_LENGTH, HEADER_BYTES + payloadBytes);
  writeWord(bytes, start + IDENTIFICATION, identification);
  writeWord(bytes, start + FRAGMENT, 0);
  bytes[start + TIME_TO_LIVE] = ttl;
  bytes[start + PROTOCOL] = protocol;
  writeWord(bytes, start + CHECKSUM, 0);
  writeAddresses(bytes, start + SOURCE, source);
  writeAddresses(bytes, start + DESTINATION, destination);
  writeWord(bytes, start + CHECKSUM, checksumOf(addWords(0, viewOf(bytes), start, start + HEADER_BYTES)));
  return start + HEADER_BYTES;
}

/** Changes the identification (0..65535) of the header at `start` and keeps its checksum right. */
export function patchIdentification(bytes: Uint8Array, start: number, identification: number): void {
  const before = readWord(bytes, start + IDENTIFICATION);
  writeWord(bytes, start + IDENTIFICATION, identification);
  writeWord(bytes, start + CHECKSUM, adjustChecksum(readWord(bytes, start + CHECKSUM), before, identification));
}
