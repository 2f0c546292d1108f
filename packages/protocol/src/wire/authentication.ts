/**
 * VRRPv2 authentication (RFC 2338 sections 5.3.6 and 10): the simple password, and the authentication header (AH).
 *
 * Both are legacy: the password travels in clear text, and AH rests on HMAC-MD5. Comparisons take the same time wherever
 * the first difference is. Offsets of AH are relative to the end of the IPv4 header.
 */
import { writeWord } from './checksum.ts';
import { Discard } from './discard.ts';
import { IpProtocol } from './ipv4.ts';
import { type HmacKey, HmacMd5 } from './md5.ts';
import type { RouterProfile } from './profile.ts';
import type { Reception } from './reception.ts';
import { viewOf } from './view.ts';

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
/** Offset of the sequence inside AH. */
export const AH_SEQUENCE = SEQUENCE;
/** Header length in 32-bit words, minus 2. */
const AH_PAYLOAD_LENGTH = 4;

// What routers may change on the way, as octets of the first three words of the IP header, the first octet lowest.
const TYPE_OF_SERVICE = 0x0000ff00;
const FRAGMENT = 0xffff0000 | 0;
const TIME_TO_LIVE = 0x000000ff;
const IPV4_CHECKSUM = 0xffff0000 | 0;

const hmac = new HmacMd5();

/** Compares the 8 octets at `start` with `key`, in constant time. */
export function passwordMatches(view: DataView, start: number, key: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < AUTH_DATA_BYTES; index++) difference |= view.getUint8(start + index) ^ key[index]!;
  return difference === 0;
}

/**
 * Computes the ICV of an IPv4 packet, the first three words of `hmac.digest`. Covered: the IP header with TOS, flags,
 * offset and checksum as zero (and the TTL too, unless `coversTtl`), AH with a zero ICV, and the rest of the packet.
 * The difference to the ICV that the packet has is returned, in constant time.
 */
function computeIcv(
  view: DataView,
  packetStart: number,
  ahStart: number,
  packetEnd: number,
  key: HmacKey,
  coversTtl: boolean,
): number {
  const { message, digest } = hmac;
  hmac.load(view, packetStart, packetEnd);
  message[0]! &= ~TYPE_OF_SERVICE;
  message[1]! &= ~FRAGMENT;
  message[2]! &= coversTtl ? ~IPV4_CHECKSUM : ~(IPV4_CHECKSUM | TIME_TO_LIVE);
  const icv = (ahStart - packetStart + ICV) >> 2;
  const first = message[icv]!;
  const second = message[icv + 1]!;
  const third = message[icv + 2]!;
  message[icv] = 0;
  message[icv + 1] = 0;
  message[icv + 2] = 0;
  hmac.finish(key);
  return (digest[0]! ^ first) | (digest[1]! ^ second) | (digest[2]! ^ third);
}

/** The part of AH that needs no key: whole, of the one length that VRRP uses, and in front of VRRP (RX-15). */
export function checkAhHeader(view: DataView, start: number, end: number): Discard {
  if (end - start < AH_HEADER_BYTES) return Discard.AhTruncated;
  if (view.getUint8(start + NEXT_HEADER) !== IpProtocol.Vrrp) return Discard.AhNextHeader;
  if (view.getUint8(start + PAYLOAD_LENGTH) !== AH_PAYLOAD_LENGTH) return Discard.AhTruncated;
  return Discard.None;
}

/**
 * Verifies AH with the router's key: SPI (the IPv4 source, as keepalived has it), ICV, then replay. Notes the sequence
 * in `out.ahSequence`; the caller of the ladder decides whether it moves the replay window.
 */
export function verifyAh(view: DataView, start: number, end: number, router: RouterProfile, out: Reception): Discard {
  // Read where it is kept and compared: as a result of a function it might become an object.
  const sequence = view.getUint32(start + SEQUENCE);
  out.ahSequence = sequence;
  if (view.getInt32(start + SPI) !== view.getInt32(out.sourceStart)) return Discard.AhBadSpi;
  if (computeIcv(view, out.packetStart, start, end, router.hmacKey, router.ahIcvCoversTtl) !== 0) {
    return Discard.AuthFailure;
  }
  return sequence > router.lastAhSequence ? Discard.None : Discard.AhReplay;
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

/** Sets the sequence of the AH at `start` to `sequences[index]`. */
export function writeAhSequence(bytes: Uint8Array, start: number, sequences: Float64Array, index: number): void {
  viewOf(bytes).setUint32(start + SEQUENCE, sequences[index]!);
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
  viewOf(bytes).setUint32(ahStart + SEQUENCE, sequence);
  signAhAgain(bytes, packetStart, ahStart, packetEnd, key, coversTtl);
}

/** Sets the ICV of a packet whose other octets are final, the sequence included. */
export function signAhAgain(
  bytes: Uint8Array,
  packetStart: number,
  ahStart: number,
  packetEnd: number,
  key: HmacKey,
  coversTtl: boolean,
): void {
  const view = viewOf(bytes);
  computeIcv(view, packetStart, ahStart, packetEnd, key, coversTtl);
  const icv = ahStart + ICV;
  view.setInt32(icv, hmac.digest[0]!, true);
  view.setInt32(icv + 4, hmac.digest[1]!, true);
  view.setInt32(icv + 8, hmac.digest[2]!, true);
}
