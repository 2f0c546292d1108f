/**
 * The VRRP advertisement, versions 2 and 3: offsets, emit, and patches of a frame that has been built before.
 *
 * Who calls: the engine builds a frame when settings change, and patches it when only priority, AH sequence or
 * IP identification change. A patch gives the same octets as building again. Reading is the receive ladder's job.
 */
import type { Family } from '../engine/settings.ts';
import { writeAddresses } from './address.ts';
import {
  AH_HEADER_BYTES,
  AH_SEQUENCE,
  AUTH_DATA_BYTES,
  AuthType,
  signAh,
  signAhAgain,
  writeAhHeader,
  writeAhSequence,
} from './authentication.ts';
import { addPseudoHeader, addWords, adjustChecksum, checksumOf, readWord, writeWord } from './checksum.ts';
import { EtherType, writeEthernetHeader } from './ethernet.ts';
import {
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  IpProtocol,
  NETWORK_CONTROL,
  patchIdentification,
  writeIpv4Header,
} from './ipv4.ts';
import { IPV6_HEADER_BYTES, IPV6_SOURCE, writeIpv6Header } from './ipv6.ts';
import { HmacKey } from './md5.ts';
import { viewOf } from './view.ts';

/** Offsets inside the message. */
export const AdvertisementOffset = {
  VersionAndType: 0,
  Vrid: 1,
  Priority: 2,
  Count: 3,
  /** v2: authentication type, then the interval in seconds. v3: reserved nibble and 12 bits of centiseconds. */
  AuthType: 4,
  Interval: 5,
  ReservedAndInterval: 4,
  Checksum: 6,
  Addresses: 8,
} as const;

/** Octets before the addresses. */
export const ADVERTISEMENT_HEADER_BYTES = 8;
export const ADVERTISEMENT_TYPE = 1;

const NO_PASSWORD = new Uint8Array(AUTH_DATA_BYTES);

/** What a checksum covers, as a mask where several are accepted. v2 never has a pseudo-header, v3/IPv6 always. */
export const ChecksumCoverage = {
  /** The message alone (RFC 9568 section 5.2.8 for IPv4, RFC 3768 section 5.3.8). */
  Message: 1,
  /** The message and a pseudo-header of the IP version. */
  PseudoHeader: 2,
} as const;
export type ChecksumCoverage = (typeof ChecksumCoverage)[keyof typeof ChecksumCoverage];

/** Everything that decides the octets of an advert. Reused; ranges are the caller's responsibility. */
export class AdvertisementFields {
  family: Family = 4;
  version: 2 | 3 = 3;
  /** 1..255. */
  vrid = 1;
  /** 0 when resigning, 255 for the owner. */
  priority = 100;
  /** v2: 1..255 seconds. v3: 1..4095 centiseconds. */
  interval = 100;
  /** Packed addresses of the family; at most 255, and for IPv6 the first is link-local. */
  addresses: Uint8Array = new Uint8Array(0);
  /** 6 octets each. */
  sourceMac: Uint8Array = new Uint8Array(6);
  destinationMac: Uint8Array = new Uint8Array(6);
  /** 4 or 16 octets each. */
  source: Uint8Array = new Uint8Array(4);
  destination: Uint8Array = new Uint8Array(4);
  /** TTL or hop limit: 255, except towards unicast peers where configured otherwise. */
  ttl = 255;
  /** IPv4 identification, 0..65535. */
  identification = 0;
  /** v3 over IPv4 only. */
  checksumForm: ChecksumCoverage = ChecksumCoverage.Message;
  /** v2 only. */
  authType: AuthType = AuthType.None;
  /** 8 octets: the password of {@link AuthType.Pass}. */
  key: Uint8Array = new Uint8Array(8);
  /** The key of {@link AuthType.Ah}. */
  hmacKey: HmacKey = new HmacKey();
  /** AH sequence, 1..2^32-1. */
  ahSequence = 1;
  /** See `RouterProfile.ahIcvCoversTtl`. */
  ahIcvCoversTtl = true;
}

// A constant of this module is known to the compiler; an export or import is read from memory, and checked, at each use.
const Offset = AdvertisementOffset;
const Auth = AuthType;
const Protocol = IpProtocol;
const HEADER_BYTES = ADVERTISEMENT_HEADER_BYTES;
const MESSAGE_TYPE = ADVERTISEMENT_TYPE;
const TRAILER_BYTES = AUTH_DATA_BYTES;
const PSEUDO_HEADER = ChecksumCoverage.PseudoHeader;

function usesAh(fields: AdvertisementFields): boolean {
  return fields.version === 2 && fields.authType === Auth.Ah;
}

function messageBytes(fields: AdvertisementFields): number {
  return HEADER_BYTES + fields.addresses.length + (fields.version === 2 ? TRAILER_BYTES : 0);
}

/** Octets between the start of the IP header and the VRRP message. */
function messageOffset(fields: AdvertisementFields): number {
  if (fields.family === 6) return IPV6_HEADER_BYTES;
  return IPV4_HEADER_BYTES + (usesAh(fields) ? AH_HEADER_BYTES : 0);
}

/** Octets of the IP packet that {@link writeAdvertisementPacket} writes. */
export function advertisementPacketBytes(fields: AdvertisementFields): number {
  return messageOffset(fields) + messageBytes(fields);
}

/** Writes an Ethernet frame with the advert at `start` and returns its end. Short frames are not padded. */
export function writeAdvertisementFrame(bytes: Uint8Array, start: number, fields: AdvertisementFields): number {
  const type = fields.family === 4 ? EtherType.Ipv4 : EtherType.Ipv6;
  const packetStart = writeEthernetHeader(bytes, start, fields.destinationMac, fields.sourceMac, type);
  return writeAdvertisementPacket(bytes, packetStart, fields);
}

/**
 * Writes an IP packet with the advert at `start` and returns its end (RFC 9568 sections 5.1 and 5.2, RFC 3768 section
 * 5.3, RFC 2338 section 5.3.6). Every octet is written, whatever was there before.
 */
export function writeAdvertisementPacket(bytes: Uint8Array, start: number, fields: AdvertisementFields): number {
  const payloadBytes = messageBytes(fields);
  let at: number;
  if (fields.family === 6) {
    const { source, destination, ttl } = fields;
    at = writeIpv6Header(bytes, start, payloadBytes, NETWORK_CONTROL, ttl, Protocol.Vrrp, source, destination);
  } else {
    at = writeIpv4(bytes, start, payloadBytes, fields);
  }
  const end = writeMessage(bytes, start, at, fields);
  if (usesAh(fields)) {
    // Written where it is read: as an argument it might become an object.
    viewOf(bytes).setUint32(start + IPV4_HEADER_BYTES + AH_SEQUENCE, fields.ahSequence);
    signAgain(bytes, start, fields);
  }
  return end;
}

function writeIpv4(bytes: Uint8Array, start: number, messageLength: number, fields: AdvertisementFields): number {
  const ah = usesAh(fields);
  const payloadBytes = messageLength + (ah ? AH_HEADER_BYTES : 0);
  const protocol = ah ? Protocol.Ah : Protocol.Vrrp;
  const { identification, ttl, source, destination } = fields;
  const at = writeIpv4Header(bytes, start, payloadBytes, identification, ttl, protocol, source, destination);
  return ah ? writeAhHeader(bytes, at, source) : at;
}

function writeMessage(bytes: Uint8Array, packetStart: number, start: number, fields: AdvertisementFields): number {
  const addressLength = fields.family === 4 ? 4 : 16;
  bytes[start + Offset.VersionAndType] = (fields.version << 4) | MESSAGE_TYPE;
  bytes[start + Offset.Vrid] = fields.vrid;
  bytes[start + Offset.Priority] = fields.priority;
  bytes[start + Offset.Count] = fields.addresses.length / addressLength;
  if (fields.version === 2) {
    bytes[start + Offset.AuthType] = fields.authType;
    bytes[start + Offset.Interval] = fields.interval;
  } else {
    writeWord(bytes, start + Offset.ReservedAndInterval, fields.interval & 0x0fff);
  }
  writeWord(bytes, start + Offset.Checksum, 0);
  let end = writeAddresses(bytes, start + Offset.Addresses, fields.addresses);
  if (fields.version === 2) {
    end = writeAddresses(bytes, end, fields.authType === Auth.Pass ? fields.key : NO_PASSWORD);
  }
  const view = viewOf(bytes);
  let sum = addWords(0, view, start, end);
  if (fields.version === 3 && (fields.family === 6 || fields.checksumForm === PSEUDO_HEADER)) {
    const source = packetStart + (fields.family === 4 ? IPV4_SOURCE : IPV6_SOURCE);
    sum = addPseudoHeader(sum, view, source, source + addressLength, addressLength, end - start, Protocol.Vrrp);
  }
  writeWord(bytes, start + Offset.Checksum, checksumOf(sum));
  return end;
}

/**
 * Changes the priority of a packet that was written with `fields` (other priority, identification or sequence allowed).
 * `packetStart` is the offset of the IP header. With AH the packet is signed again, with the sequence it has.
 */
export function patchPriority(
  bytes: Uint8Array,
  packetStart: number,
  fields: AdvertisementFields,
  priority: number,
): void {
  const at = packetStart + messageOffset(fields);
  const word = at + Offset.Priority;
  const checksum = at + Offset.Checksum;
  const before = readWord(bytes, word);
  bytes[word] = priority;
  writeWord(bytes, checksum, adjustChecksum(readWord(bytes, checksum), before, readWord(bytes, word)));
  if (usesAh(fields)) signAgain(bytes, packetStart, fields);
}

/** Sets the AH sequence of a packet that was written with `fields` and signs it. Nothing happens without AH. */
export function patchAhSequence(
  bytes: Uint8Array,
  packetStart: number,
  fields: AdvertisementFields,
  sequence: number,
): void {
  if (!usesAh(fields)) return;
  const end = packetStart + advertisementPacketBytes(fields);
  const ahStart = packetStart + IPV4_HEADER_BYTES;
  signAh(bytes, packetStart, ahStart, end, sequence, fields.hmacKey, fields.ahIcvCoversTtl);
}

/** As {@link patchAhSequence}, with the sequence in `sequences[index]`. What is never an argument is never boxed. */
export function patchAhSequenceFrom(
  bytes: Uint8Array,
  packetStart: number,
  fields: AdvertisementFields,
  sequences: Float64Array,
  index: number,
): void {
  if (!usesAh(fields)) return;
  writeAhSequence(bytes, packetStart + IPV4_HEADER_BYTES, sequences, index);
  signAgain(bytes, packetStart, fields);
}

/** Sets the IPv4 identification, and signs again where AH covers it. Nothing happens over IPv6. */
export function patchAdvertisementIdentification(
  bytes: Uint8Array,
  packetStart: number,
  fields: AdvertisementFields,
  identification: number,
): void {
  if (fields.family === 6) return;
  patchIdentification(bytes, packetStart, identification);
  if (usesAh(fields)) signAgain(bytes, packetStart, fields);
}

function signAgain(bytes: Uint8Array, packetStart: number, fields: AdvertisementFields): void {
  const ahStart = packetStart + IPV4_HEADER_BYTES;
  const end = packetStart + advertisementPacketBytes(fields);
  signAhAgain(bytes, packetStart, ahStart, end, fields.hmacKey, fields.ahIcvCoversTtl);
}
