/**
 * The receive ladder: every check on a received packet, in one order, one reason each.
 *
 * A packet is dropped under the first check that it fails (RFC 9568 section 7.1, RFC 3768 section 7.1, RFC 2338 section
 * 7.1). Nothing here has a side effect: the ladder fills the scratch record and returns a verdict; counters, logs, the AH
 * replay window and the state machine are the caller's. It trusts no length but those of the IP header, allocates
 * nothing and never throws.
 */
import { MICROS_PER_CENTISECOND, MICROS_PER_SECOND } from '../units.ts';
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
import { addPseudoHeader, addWords, foldSum } from './checksum.ts';
import { Discard, Warning } from './discard.ts';
import { ETHER_TYPE_OFFSET, ETHERNET_HEADER_BYTES, EtherType } from './ethernet.ts';
import { IpProtocol, readIpv4 } from './ipv4.ts';
import { readIpv6 } from './ipv6.ts';
import { OwnerPolicy, type PortProfile, Relation, type RouterProfile } from './profile.ts';
import { Link, type Reception } from './reception.ts';
import { sameWords, viewOf } from './view.ts';

const OWNER_PRIORITY = 255;

// A constant of this module is known to the compiler; one of another is read from memory, and checked, at each use.
const Verdict = Discard;
const Oddity = Warning;
const ACCEPTED = Discard.None;
const ANY_VERSION = 0;
const VALID = Relation.Valid;
const LINK_VRRP = Link.Vrrp;
const LINK_ETHERNET = Link.Ethernet;
const HEADER_BYTES = ADVERTISEMENT_HEADER_BYTES;
const MESSAGE_TYPE = ADVERTISEMENT_TYPE;
const FRAME_HEADER_BYTES = ETHERNET_HEADER_BYTES;
const TRAILER_BYTES = AUTH_DATA_BYTES;
const AH_BYTES = AH_HEADER_BYTES;
const AUTH_PASS = AuthType.Pass;
const AUTH_AH = AuthType.Ah;
const ETHER_TYPE = ETHER_TYPE_OFFSET;
const IPV4 = EtherType.Ipv4;
const IPV6 = EtherType.Ipv6;
const VRRP = IpProtocol.Vrrp;
const AH = IpProtocol.Ah;
const MESSAGE = ChecksumCoverage.Message;
const PSEUDO_HEADER = ChecksumCoverage.PseudoHeader;
const US_PER_SECOND = MICROS_PER_SECOND;
const US_PER_CENTISECOND = MICROS_PER_CENTISECOND;
const {
  VersionAndType: VERSION_AND_TYPE,
  Vrid: VRID,
  Priority: PRIORITY,
  Count: COUNT,
  AuthType: AUTH_TYPE,
  Interval: INTERVAL,
  ReservedAndInterval: RESERVED_AND_INTERVAL,
  Checksum: CHECKSUM,
  Addresses: ADDRESSES,
} = AdvertisementOffset;

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
  const view = viewOf(bytes);
  out.clearMessage();
  if (link === LINK_VRRP) {
    out.messageStart = start;
    out.messageEnd = end;
  } else {
    out.family = 0;
    const packetStart = link === LINK_ETHERNET ? start + FRAME_HEADER_BYTES : start;
    const announced = link === LINK_ETHERNET ? announcedVersion(view, start, end) : ANY_VERSION;
    const unreadable = openPacket(view, packetStart, end, announced, out);
    if (unreadable !== ACCEPTED) {
      if (out.family === 0) out.clearNetwork();
      return unreadable;
    }
  }

  // The VRID is read ahead of its turn: peers, counters and keys belong to a router. Nothing is concluded from it yet.
  const hasAh = out.protocol === AH;
  const vridAt = out.messageStart + (hasAh ? AH_BYTES : 0) + VRID;
  if (vridAt < out.messageEnd) {
    const vrid = view.getUint8(vridAt);
    out.vrid = vrid;
    out.router = port.router(out.family === 6 ? 6 : 4, vrid);
  }
  const { router } = out;

  const relation = port.relation(view, out);
  if (relation !== VALID) return misdirected(relation);
  if (hasAh) {
    const untrusted = openAh(view, router, out);
    if (untrusted !== ACCEPTED) return untrusted;
  }
  const malformed = checkForm(view, port, out);
  if (malformed !== ACCEPTED) return malformed;
  if (out.vrid === 0) return Verdict.BadVrid;
  if (router === undefined) return Verdict.UnknownVrid;

  if (router.priority === OWNER_PRIORITY) {
    if (out.version === 2 || router.ownerPolicy === OwnerPolicy.Discard) return Verdict.LocalIsOwner;
    out.warnings |= Oddity.LocalIsOwner;
  }
  if (out.count === 0) return Verdict.CountZero;
  return out.version === 2 ? checkVersion2(view, router, out) : checkVersion3(view, router, out);
}

/** RX-00: the IP version that an Ethernet frame announces; -1 where it is another protocol. */
function announcedVersion(view: DataView, start: number, end: number): number {
  if (end - start < FRAME_HEADER_BYTES) return ANY_VERSION;
  const type = view.getUint16(start + ETHER_TYPE);
  return type === IPV4 ? 4 : type === IPV6 ? 6 : -1;
}

/** RX-00: the IP header. */
function openPacket(view: DataView, start: number, end: number, announced: number, out: Reception): Discard {
  if (start >= end) return Verdict.IpTruncated;
  const version = view.getUint8(start) >> 4;
  if (announced !== version && announced !== ANY_VERSION) return Verdict.IpBadVersion;
  if (version === 4) return readIpv4(view, start, end, out);
  if (version === 6) return readIpv6(view, start, end, out);
  return Verdict.IpBadVersion;
}

/** RX-01: the packet is not for us, from ourselves, or has been forwarded. */
function misdirected(relation: Relation): Discard {
  if (relation === Relation.None) return Verdict.BadDestination;
  return relation === Relation.Own ? Verdict.OwnAdvert : Verdict.BadTtl;
}

/**
 * RX-15 for AH, ahead of RX-02 (RX-21): nothing inside is trusted before the ICV is verified. The VRID is read only to
 * find the key. Leaves `out.messageStart` at the VRRP message.
 */
function openAh(view: DataView, router: RouterProfile | undefined, out: Reception): Discard {
  const start = out.messageStart;
  const malformed = checkAhHeader(view, start, out.messageEnd);
  if (malformed !== ACCEPTED) return malformed;
  out.messageStart = start + AH_BYTES;
  if (router === undefined) {
    if (out.vrid < 0) return Verdict.Truncated;
    return out.vrid === 0 ? Verdict.BadVrid : Verdict.UnknownVrid;
  }
  if (router.authType !== AUTH_AH) return Verdict.AuthTypeMismatch;
  return verifyAh(view, start, out.messageEnd, router, out);
}

/** RX-02 to RX-07: what can be said about the message without knowing which router it is for. */
function checkForm(view: DataView, port: PortProfile, out: Reception): Discard {
  const start = out.messageStart;
  const available = out.messageEnd - start;
  if (available < HEADER_BYTES) return Verdict.Truncated;
  const version = view.getUint8(start + VERSION_AND_TYPE) >> 4;
  const type = view.getUint8(start + VERSION_AND_TYPE) & 0x0f;
  const count = view.getUint8(start + COUNT);
  out.version = version;
  out.type = type;
  out.count = count;
  out.priority = view.getUint8(start + PRIORITY);
  out.checksum = view.getUint16(start + CHECKSUM);
  if (version === 2) {
    const interval = view.getUint8(start + INTERVAL);
    out.authType = view.getUint8(start + AUTH_TYPE);
    out.interval = interval;
    out.intervalUs = interval * US_PER_SECOND;
  } else {
    const word = view.getUint16(start + RESERVED_AND_INTERVAL);
    out.reserved = word >> 12;
    out.interval = word & 0x0fff;
    out.intervalUs = (word & 0x0fff) * US_PER_CENTISECOND;
  }
  const { router, family } = out;
  const enabled = router === undefined ? port.versions(family) : router.versions;
  if (version > 3 || ((1 << version) & enabled) === 0 || (version === 2 && family === 6)) return Verdict.BadVersion;
  if (type !== MESSAGE_TYPE) return Verdict.BadType;

  const needed = HEADER_BYTES + count * out.addressLength + (version === 2 ? TRAILER_BYTES : 0);
  if (available < needed) return Verdict.Truncated;
  if (available > needed) {
    if (router === undefined || router.exactLength) return Verdict.LengthMismatch;
    out.warnings |= Oddity.TrailingBytes;
    out.messageEnd = start + needed;
  }
  out.addressesStart = start + ADDRESSES;
  return checkChecksum(view, start, needed, out);
}

/** RX-07. The sum includes the checksum field, so both forms of zero verify; a zero field is a value like any other. */
function checkChecksum(view: DataView, start: number, length: number, out: Reception): Discard {
  const sum = addWords(0, view, start, start + length);
  const forms = acceptedForms(out);
  if ((forms & MESSAGE) !== 0 && foldSum(sum) === 0xffff) {
    out.checksumForm = MESSAGE;
    return ACCEPTED;
  }
  if ((forms & PSEUDO_HEADER) === 0) return Verdict.BadChecksum;
  const { sourceStart, destinationStart, addressLength } = out;
  const all = addPseudoHeader(sum, view, sourceStart, destinationStart, addressLength, length, VRRP);
  if (foldSum(all) !== 0xffff) return Verdict.BadChecksum;
  out.checksumForm = PSEUDO_HEADER;
  return ACCEPTED;
}

function acceptedForms(out: Reception): number {
  if (out.version === 2) return MESSAGE;
  if (out.family === 6) return PSEUDO_HEADER;
  return out.router === undefined ? MESSAGE | PSEUDO_HEADER : out.router.acceptedChecksumForms;
}

/** RX-10 to RX-12, RX-18 and RX-19. */
function checkVersion3(view: DataView, router: RouterProfile, out: Reception): Discard {
  const { interval, family } = out;
  if (interval === 0) return Verdict.IntervalZero;
  if (family === 6 && !isLinkLocal(view, out.addressesStart)) return Verdict.FirstNotLinkLocal;
  if (out.protocol === AH) return Verdict.AuthTypeMismatch;
  if (out.reserved !== 0) out.warnings |= Oddity.ReservedNonzero;
  if (interval !== router.v3IntervalCentiseconds) out.warnings |= Oddity.IntervalMismatch;
  if (family === 6 && !isLinkLocal(view, out.sourceStart)) out.warnings |= Oddity.SourceNotLinkLocal;
  if (!compareList(view, router, out)) out.warnings |= Oddity.AddressListMismatch;
  return ACCEPTED;
}

/** RX-13 to RX-17. */
function checkVersion2(view: DataView, router: RouterProfile, out: Reception): Discard {
  const { authType } = out;
  if (authType > AUTH_AH) return Verdict.AuthTypeInvalid;
  if (authType !== router.authType || (out.protocol === AH) !== (authType === AUTH_AH)) return Verdict.AuthTypeMismatch;
  const authDataStart = out.messageEnd - TRAILER_BYTES;
  if (authType === AUTH_PASS && !passwordMatches(view, authDataStart, router.key)) return Verdict.AuthFailure;
  if (!compareList(view, router, out)) {
    if (out.priority !== OWNER_PRIORITY) return Verdict.AddressListMismatch;
    out.warnings |= Oddity.AddressListMismatch;
  }
  return out.interval === router.v2IntervalSeconds ? ACCEPTED : Verdict.IntervalMismatch;
}

/** RX-16 and RX-19: whether both lists hold the same addresses, in any order. True where lists are not checked. */
function compareList(view: DataView, router: RouterProfile, out: Reception): boolean {
  if (!router.checkAddressList) return true;
  const { addressLength: length, addressesStart: start, count } = out;
  const { addresses } = router;
  const bytesOfList = count * length;
  if (count === router.addressCount && sameWords(view, start, addresses, 0, bytesOfList)) return true;
  out.addressesMatch =
    count === router.addressCount &&
    containsAll(view, start, addresses, 0, bytesOfList, length) &&
    containsAll(addresses, 0, view, start, bytesOfList, length);
  return out.addressesMatch;
}

/** Whether each address of the second list is in the first. Both lists have `bytesOfList` octets. */
function containsAll(
  first: DataView,
  firstStart: number,
  second: DataView,
  secondStart: number,
  bytesOfList: number,
  length: number,
): boolean {
  for (let wanted = 0; wanted < bytesOfList; wanted += length) {
    let at = 0;
    while (at < bytesOfList && !sameWords(first, firstStart + at, second, secondStart + wanted, length)) at += length;
    if (at === bytesOfList) return false;
  }
  return true;
}

/** Whether the IPv6 address at `start` is in fe80::/10. */
function isLinkLocal(view: DataView, start: number): boolean {
  return (view.getUint16(start) & 0xffc0) === 0xfe80;
}
