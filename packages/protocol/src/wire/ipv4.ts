/**
 * The IPv4 header: what the receive ladder asks of it, and how adverts are sent with it.
 *
 * Offsets first, then the reader, then emit and patches. Lengths come from the header; octets after the total length are
 * padding of the link and are never looked at.
 */
import { addWords, adjustChecksum, checksumOf, foldSum, readWord, writeWord } from './checksum.ts';
import { Discard } from './discard.ts';
import type { Reception } from './reception.ts';

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

const MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

/** Checks the header at `start` (RX-00) and notes addresses, TTL, protocol and payload bounds in `out`. */
export function readIpv4(bytes: Uint8Array, start: number, end: number, out: Reception): Discard {
  if (end - start < IPV4_HEADER_BYTES) return Discard.IpTruncated;
  const headerBytes = (bytes[start + VERSION_AND_HEADER_LENGTH]! & 0x0f) * 4;
  const totalBytes = readWord(bytes, start + TOTAL_LENGTH);
  if (headerBytes < IPV4_HEADER_BYTES || totalBytes < headerBytes || totalBytes > end - start)
    return Discard.IpTruncated;
  if (foldSum(addWords(0, bytes, start, start + headerBytes)) !== 0xffff) return Discard.IpBadChecksum;
  if ((readWord(bytes, start + FRAGMENT) & MORE_FRAGMENTS_AND_OFFSET) !== 0) return Discard.IpFragment;
  const protocol = bytes[start + PROTOCOL]!;
  out.setNetwork(4, start, bytes[start + TIME_TO_LIVE]!, protocol, start + IPV4_SOURCE, start + DESTINATION);
  if (protocol !== IpProtocol.Vrrp && protocol !== IpProtocol.Ah) return Discard.IpBadProto;
  out.messageStart = start + headerBytes;
  out.messageEnd = start + totalBytes;
  return Discard.None;
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
  writeWord(bytes, start + TOTAL_LENGTH, IPV4_HEADER_BYTES + payloadBytes);
  writeWord(bytes, start + IDENTIFICATION, identification);
  writeWord(bytes, start + FRAGMENT, 0);
  bytes[start + TIME_TO_LIVE] = ttl;
  bytes[start + PROTOCOL] = protocol;
  writeWord(bytes, start + CHECKSUM, 0);
  for (let index = 0; index < 4; index++) {
    bytes[start + IPV4_SOURCE + index] = source[index]!;
    bytes[start + DESTINATION + index] = destination[index]!;
  }
  writeWord(bytes, start + CHECKSUM, checksumOf(addWords(0, bytes, start, start + IPV4_HEADER_BYTES)));
  return start + IPV4_HEADER_BYTES;
}

/** Changes the identification (0..65535) of the header at `start` and keeps its checksum right. */
export function patchIdentification(bytes: Uint8Array, start: number, identification: number): void {
  const before = readWord(bytes, start + IDENTIFICATION);
  writeWord(bytes, start + IDENTIFICATION, identification);
  writeWord(bytes, start + CHECKSUM, adjustChecksum(readWord(bytes, start + CHECKSUM), before, identification));
}
