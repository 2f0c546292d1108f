/**
 * The receive ladder: every check on a received packet, in one order, one reason each.
 *
 * A packet is dropped under the first check that it fails (RFC 9568 section 7.1, RFC 3768 section 7.1, RFC 2338 section
 * 7.1). Nothing here has a side effect: the ladder fills the scratch record and returns a verdict; counters, logs, the AH
 * replay window and the state machine are the caller's. It trusts no length but those of the IP header, allocates
 * nothing and never throws.
 */
import { centisecondsToMicros, secondsToMicros } from '../units.ts';
import { addressesEqual, isLinkLocal } from './address.ts';
import {
  ADVERTISEMENT_HEADER_BYTES,
  ADVERTISEMENT_TYPE,
  AdvertisementOffset,
  ChecksumCoverage,
} from './advertisement.ts';
import {
  AH_HEADER_BYTES,
  AUTH_DATA_BYTES,
  AuthType,
  checkAhHeader,
  passwordMatches,
  verifyAh,
} from './authentication.ts';
import { addPseudoHeader, addWords, foldSum, readWord } from './checksum.ts';
import { Discard, Warning } from './discard.ts';
import { ETHERNET_HEADER_BYTES, EtherType, etherType } from './ethernet.ts';
import { IpProtocol, readIpv4 } from './ipv4.ts';
import { readIpv6 } from './ipv6.ts';
import { OwnerPolicy, type PortProfile, Relation, type RouterProfile, VersionBit } from './profile.ts';
import { Link, type Reception } from './reception.ts';

const OWNER_PRIORITY = 255;

/**
 * Judges the packet in `[start, end)`. Only octets inside these bounds are read, except for the addresses of
 * {@link Link.Vrrp}, which are where `out.prepare` was told.
 *
 * @param link what is at `start`. Ethernet frames of other types than IPv4 and IPv6 give `IpBadVersion`; a caller that
 * expects such frames sorts them out first.
 * @param out filled as far as the ladder got. When the verdict is `None`, `out.router` is set and all fields are valid.
 */
export function receive(
  bytes: Uint8Array,
  start: number,
  end: number,
  link: Link,
  port: PortProfile,
  out: Reception,
): Discard {
  out.clearMessage();
  if (link === Link.Vrrp) {
    out.messageStart = start;
    out.messageEnd = end;
  } else {
    out.clearNetwork();
    const verdict = link === Link.Ethernet ? openFrame(bytes, start, end, out) : openPacket(bytes, start, end, out);
    if (verdict !== Discard.None) return verdict;
  }
  const hasAh = out.protocol === IpProtocol.Ah;
  const router = nameRouter(bytes, hasAh, port, out);

  const relation = port.relation(bytes, out.sourceStart, out.destinationStart, out.addressLength, out.ttl, router);
  if (relation === Relation.None) return Discard.BadDestination;
  if (port.isLocal(bytes, out.sourceStart, out.addressLength)) return Discard.OwnAdvert;
  if (relation === Relation.WrongTtl) return Discard.BadTtl;

  if (hasAh) {
    const verdict = openAh(bytes, router, out);
    if (verdict !== Discard.None) return verdict;
  }
  const malformed = checkForm(bytes, port, out);
  if (malformed !== Discard.None) return malformed;
  if (out.vrid === 0) return Discard.BadVrid;
  if (router === undefined) return Discard.UnknownVrid;
  return checkContent(bytes, router, hasAh, out);
}

/** RX-00: the IP header that an Ethernet frame announces. */
function openFrame(bytes: Uint8Array, start: number, end: number, out: Reception): Discard {
  const type = etherType(bytes, start, end);
  const packetStart = start + ETHERNET_HEADER_BYTES;
  if (type < 0 || packetStart === end) return Discard.IpTruncated;
  const version = bytes[packetStart]! >> 4;
  if (type === EtherType.Ipv4 && version === 4) return readIpv4(bytes, packetStart, end, out);
  if (type === EtherType.Ipv6 && version === 6) return readIpv6(bytes, packetStart, end, out);
  return Discard.IpBadVersion;
}

/** RX-00: the IP header. */
function openPacket(bytes: Uint8Array, start: number, end: number, out: Reception): Discard {
  if (start >= end) return Discard.IpTruncated;
  const version = bytes[start]! >> 4;
  if (version === 4) return readIpv4(bytes, start, end, out);
  if (version === 6) return readIpv6(bytes, start, end, out);
  return Discard.IpBadVersion;
}

/** Reads the VRID ahead of its turn: peers, counters and keys belong to a router. Nothing is concluded from it yet. */
function nameRouter(bytes: Uint8Array, hasAh: boolean, port: PortProfile, out: Reception): RouterProfile | undefined {
  const at = out.messageStart + (hasAh ? AH_HEADER_BYTES : 0) + AdvertisementOffset.Vrid;
  if (at >= out.messageEnd) return undefined;
  out.vrid = bytes[at]!;
  out.router = port.router(out.family === 6 ? 6 : 4, out.vrid);
  return out.router;
}

/**
 * RX-15 for AH, ahead of RX-02 (RX-21): nothing inside is trusted before the ICV is verified. The VRID is read only to
 * find the key. Leaves `out.messageStart` at the VRRP message.
 */
function openAh(bytes: Uint8Array, router: RouterProfile | undefined, out: Reception): Discard {
  const start = out.messageStart;
  const malformed = checkAhHeader(bytes, start, out.messageEnd);
  if (malformed !== Discard.None) return malformed;
  out.messageStart = start + AH_HEADER_BYTES;
  if (router === undefined) {
    if (out.vrid < 0) return Discard.Truncated;
    return out.vrid === 0 ? Discard.BadVrid : Discard.UnknownVrid;
  }
  if (router.authType !== AuthType.Ah) return Discard.AuthTypeMismatch;
  return verifyAh(bytes, start, out.messageEnd, router, out);
}

/** RX-02 to RX-07: what can be said about the message without knowing which router it is for. */
function checkForm(bytes: Uint8Array, port: PortProfile, out: Reception): Discard {
  const start = out.messageStart;
  const available = out.messageEnd - start;
  if (available < ADVERTISEMENT_HEADER_BYTES) return Discard.Truncated;
  readFixedPart(bytes, start, out);
  const versionBit = out.version === 2 ? VersionBit.V2 : out.version === 3 ? VersionBit.V3 : 0;
  const enabled = out.router === undefined ? port.versions(out.family) : out.router.versions;
  if ((versionBit & enabled) === 0 || (out.version === 2 && out.family === 6)) return Discard.BadVersion;
  if (out.type !== ADVERTISEMENT_TYPE) return Discard.BadType;

  const trailer = out.version === 2 ? AUTH_DATA_BYTES : 0;
  const needed = ADVERTISEMENT_HEADER_BYTES + out.count * out.addressLength + trailer;
  if (available < needed) return Discard.Truncated;
  if (available > needed) {
    if (out.router?.exactLength !== false) return Discard.LengthMismatch;
    out.warnings |= Warning.TrailingBytes;
    out.messageEnd = start + needed;
  }
  out.addressesStart = start + AdvertisementOffset.Addresses;
  return checkChecksum(bytes, out);
}

function readFixedPart(bytes: Uint8Array, start: number, out: Reception): void {
  out.version = bytes[start + AdvertisementOffset.VersionAndType]! >> 4;
  out.type = bytes[start + AdvertisementOffset.VersionAndType]! & 0x0f;
  out.priority = bytes[start + AdvertisementOffset.Priority]!;
  out.count = bytes[start + AdvertisementOffset.Count]!;
  out.checksum = readWord(bytes, start + AdvertisementOffset.Checksum);
  if (out.version === 2) {
    out.authType = bytes[start + AdvertisementOffset.AuthType]!;
    out.interval = bytes[start + AdvertisementOffset.Interval]!;
    out.intervalUs = secondsToMicros(out.interval);
  } else {
    const word = readWord(bytes, start + AdvertisementOffset.ReservedAndInterval);
    out.reserved = word >> 12;
    out.interval = word & 0x0fff;
    out.intervalUs = centisecondsToMicros(out.interval);
  }
}

/** RX-07. The sum includes the checksum field, so both forms of zero verify; a zero field is a value like any other. */
function checkChecksum(bytes: Uint8Array, out: Reception): Discard {
  const length = out.messageEnd - out.messageStart;
  const sum = addWords(0, bytes, out.messageStart, out.messageEnd);
  const forms = acceptedForms(out);
  if ((forms & ChecksumCoverage.Message) !== 0 && foldSum(sum) === 0xffff) {
    out.checksumForm = ChecksumCoverage.Message;
    return Discard.None;
  }
  if ((forms & ChecksumCoverage.PseudoHeader) === 0) return Discard.BadChecksum;
  const { sourceStart, destinationStart, addressLength } = out;
  const all = addPseudoHeader(sum, bytes, sourceStart, destinationStart, addressLength, length, IpProtocol.Vrrp);
  if (foldSum(all) !== 0xffff) return Discard.BadChecksum;
  out.checksumForm = ChecksumCoverage.PseudoHeader;
  return Discard.None;
}

function acceptedForms(out: Reception): number {
  if (out.version === 2) return ChecksumCoverage.Message;
  if (out.family === 6) return ChecksumCoverage.PseudoHeader;
  return out.router?.acceptedChecksumForms ?? ChecksumCoverage.Message | ChecksumCoverage.PseudoHeader;
}

/** RX-09 to RX-19: what the message says, against the configuration of its router. */
function checkContent(bytes: Uint8Array, router: RouterProfile, hasAh: boolean, out: Reception): Discard {
  if (router.priority === OWNER_PRIORITY) {
    if (out.version === 2 || router.ownerPolicy === OwnerPolicy.Discard) return Discard.LocalIsOwner;
    out.warnings |= Warning.LocalIsOwner;
  }
  if (out.count === 0) return Discard.CountZero;
  if (out.version === 2) return checkVersion2(bytes, router, hasAh, out);

  if (out.interval === 0) return Discard.IntervalZero;
  if (out.family === 6 && !isLinkLocal(bytes, out.addressesStart)) return Discard.FirstNotLinkLocal;
  if (hasAh) return Discard.AuthTypeMismatch;
  if (out.reserved !== 0) out.warnings |= Warning.ReservedNonzero;
  if (out.interval !== router.v3IntervalCentiseconds) out.warnings |= Warning.IntervalMismatch;
  if (out.family === 6 && !isLinkLocal(bytes, out.sourceStart)) out.warnings |= Warning.SourceNotLinkLocal;
  if (!compareList(bytes, router, out)) out.warnings |= Warning.AddressListMismatch;
  return Discard.None;
}

/** RX-13 to RX-17. */
function checkVersion2(bytes: Uint8Array, router: RouterProfile, hasAh: boolean, out: Reception): Discard {
  if (out.authType > AuthType.Ah) return Discard.AuthTypeInvalid;
  if (out.authType !== router.authType || hasAh !== (out.authType === AuthType.Ah)) return Discard.AuthTypeMismatch;
  const authDataStart = out.messageEnd - AUTH_DATA_BYTES;
  if (out.authType === AuthType.Pass && !passwordMatches(bytes, authDataStart, router.key)) return Discard.AuthFailure;
  if (!compareList(bytes, router, out)) {
    if (out.priority !== OWNER_PRIORITY) return Discard.AddressListMismatch;
    out.warnings |= Warning.AddressListMismatch;
  }
  return out.interval === router.v2IntervalSeconds ? Discard.None : Discard.IntervalMismatch;
}

/** RX-16 and RX-19: whether both lists hold the same addresses, in any order. True where lists are not checked. */
function compareList(bytes: Uint8Array, router: RouterProfile, out: Reception): boolean {
  if (!router.checkAddressList) return true;
  const { addressLength: length, addressesStart: start, count } = out;
  const bytesOfList = count * length;
  out.addressesMatch =
    count === router.addressCount &&
    (addressesEqual(bytes, start, router.addresses, 0, bytesOfList) ||
      (containsAll(bytes, start, router.addresses, 0, bytesOfList, length) &&
        containsAll(router.addresses, 0, bytes, start, bytesOfList, length)));
  return out.addressesMatch;
}

/** Whether each address of the second list is in the first. Both lists have `bytesOfList` octets. */
function containsAll(
  first: Uint8Array,
  firstStart: number,
  second: Uint8Array,
  secondStart: number,
  bytesOfList: number,
  length: number,
): boolean {
  for (let wanted = 0; wanted < bytesOfList; wanted += length) {
    let at = 0;
    while (at < bytesOfList && !addressesEqual(first, firstStart + at, second, secondStart + wanted, length))
      at += length;
    if (at === bytesOfList) return false;
  }
  return true;
}
