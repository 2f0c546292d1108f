/**
 * VRRPv2 authentication (RFC 2338 sections 5.3.6 and 10): the simple password, and the authentication header (AH).
 *
 * Both are legacy: the password travels in clear text, and AH rests on HMAC-MD5. Comparisons take the same time wherever
 * the first difference is. Offsets of AH are relative to the end of the IPv4 header.
 */
import { addressesEqual } from './address.ts';
import { readLongWord, writeLongWord, writeWord } from './checksum.ts';
import { Discard } from './discard.ts';
import { IPV4_SOURCE, IpProtocol } from './ipv4.ts';
import { type HmacKey, HmacMd5 } from './md5.ts';
import type { RouterProfile } from './profile.ts';
import type { Reception } from './reception.ts';

/** The authentication type field of v2. */
export const AuthType = { None: 0, Pass: 1, Ah: 2 } as const;
export type AuthType = (typeof AuthType)[keyof typeof AuthType];

/** Octets behind the addresses of every v2 message, whatever the type. */
export const AUTH_DATA_BYTES = 8;

const NEXT_HEADER = 0;
const PAYLOAD_LENGTH = 1;
const RESERVED = 2;
const SPI = 4;
const SEQUENCE = 8;
const ICV = 12;

export const AH_HEADER_BYTES = 24;
const ICV_BYTES = 12;
/** Header length in 32-bit words, minus 2. */
const AH_PAYLOAD_LENGTH = 4;

const TIME_TO_LIVE = 8;
const PROTOCOL = 9;
const IPV4_CHECKSUM = 10;

const hmac = new HmacMd5();

/** Compares the 8 octets at `start` with `key`, in constant time. */
export function passwordMatches(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < AUTH_DATA_BYTES; index++) difference |= bytes[start + index]! ^ key[index]!;
  return difference === 0;
}

/**
 * Computes the ICV of an IPv4 packet into `hmac.digest`. Covered: the IP header with TOS, flags, offset and checksum as
 * zero (and the TTL too, unless `coversTtl`), AH with a zero ICV, and the rest of the packet.
 */
function computeIcv(
  bytes: Uint8Array,
  packetStart: number,
  ahStart: number,
  packetEnd: number,
  key: HmacKey,
  coversTtl: boolean,
): void {
  hmac.begin(key);
  hmac.update(bytes, packetStart, packetStart + 1);
  hmac.updateZeroes(1);
  hmac.update(bytes, packetStart + 2, packetStart + 6);
  hmac.updateZeroes(2);
  if (coversTtl) hmac.update(bytes, packetStart + TIME_TO_LIVE, packetStart + PROTOCOL);
  else hmac.updateZeroes(1);
  hmac.update(bytes, packetStart + PROTOCOL, packetStart + IPV4_CHECKSUM);
  hmac.updateZeroes(2);
  hmac.update(bytes, packetStart + IPV4_SOURCE, ahStart + ICV);
  hmac.updateZeroes(ICV_BYTES);
  hmac.update(bytes, ahStart + AH_HEADER_BYTES, packetEnd);
  hmac.finish(key);
}

/** The part of AH that needs no key: whole, of the one length that VRRP uses, and in front of VRRP (RX-15). */
export function checkAhHeader(bytes: Uint8Array, start: number, end: number): Discard {
  if (end - start < AH_HEADER_BYTES) return Discard.AhTruncated;
  if (bytes[start + NEXT_HEADER] !== IpProtocol.Vrrp) return Discard.AhNextHeader;
  if (bytes[start + PAYLOAD_LENGTH] !== AH_PAYLOAD_LENGTH) return Discard.AhTruncated;
  return Discard.None;
}

/**
 * Verifies AH with the router's key: SPI (the IPv4 source, as keepalived has it), ICV, then replay. Notes the sequence
 * in `out.ahSequence`; the caller of the ladder decides whether it moves the replay window.
 */
export function verifyAh(
  bytes: Uint8Array,
  start: number,
  end: number,
  router: RouterProfile,
  out: Reception,
): Discard {
  out.ahSequence = readLongWord(bytes, start + SEQUENCE);
  if (!addressesEqual(bytes, start + SPI, bytes, out.sourceStart, 4)) return Discard.AhBadSpi;
  computeIcv(bytes, out.packetStart, start, end, router.hmacKey, router.ahIcvCoversTtl);
  let difference = 0;
  for (let index = 0; index < ICV_BYTES; index++) difference |= bytes[start + ICV + index]! ^ hmac.digest[index]!;
  if (difference !== 0) return Discard.AuthFailure;
  return out.ahSequence > router.lastAhSequence ? Discard.None : Discard.AhReplay;
}

/** The sequence of the AH at `start`. */
export function readAhSequence(bytes: Uint8Array, start: number): number {
  return readLongWord(bytes, start + SEQUENCE);
}

/** Writes AH with a zero sequence and ICV, for {@link signAh} to complete, and returns its end. */
export function writeAhHeader(bytes: Uint8Array, start: number, source: Uint8Array): number {
  bytes[start + NEXT_HEADER] = IpProtocol.Vrrp;
  bytes[start + PAYLOAD_LENGTH] = AH_PAYLOAD_LENGTH;
  writeWord(bytes, start + RESERVED, 0);
  for (let index = 0; index < 4; index++) bytes[start + SPI + index] = source[index]!;
  for (let index = SEQUENCE; index < AH_HEADER_BYTES; index++) bytes[start + index] = 0;
  return start + AH_HEADER_BYTES;
}

/** Sets the sequence (1..2^32-1) and the ICV of a packet whose other octets are final. */
export function signAh(
  bytes: Uint8Array,
  packetStart: number,
  ahStart: number,
  packetEnd: number,
  sequence: number,
  key: HmacKey,
  coversTtl: boolean,
): void {
  writeLongWord(bytes, ahStart + SEQUENCE, sequence);
  computeIcv(bytes, packetStart, ahStart, packetEnd, key, coversTtl);
  for (let index = 0; index < ICV_BYTES; index++) bytes[ahStart + ICV + index] = hmac.digest[index]!;
}
