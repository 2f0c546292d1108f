/**
 * Why a received packet is dropped, and what is odd about one that is accepted.
 *
 * Reasons are small integers in the order of the receive ladder (RFC 9568 section 7.1, RFC 3768 section 7.1): a packet
 * is counted under the first check that it fails. The words are stable; they are what operators and tools see.
 * Counting and logging are the caller's.
 */

/** Verdict of the receive ladder. 0 means accepted. The number is only an index; use {@link discardCode} for words. */
export const Discard = {
  None: 0,
  /** The IP header or what it promises does not fit into the octets received. */
  IpTruncated: 1,
  IpBadVersion: 2,
  IpBadChecksum: 3,
  IpFragment: 4,
  IpBadProto: 5,
  /** Neither the group nor a configured unicast relation. */
  BadDestination: 6,
  /** The source is one of our own addresses. */
  OwnAdvert: 7,
  BadTtl: 8,
  /** Shorter than 8 octets, or than its own address count says. */
  Truncated: 9,
  BadVersion: 10,
  BadType: 11,
  /** Octets after the message, inside the IP payload. */
  LengthMismatch: 12,
  BadChecksum: 13,
  /** VRID 0. */
  BadVrid: 14,
  /** No virtual router with this VRID and family here. */
  UnknownVrid: 15,
  LocalIsOwner: 16,
  CountZero: 17,
  /** A v3 interval of 0, which would make every Backup promote itself. */
  IntervalZero: 18,
  FirstNotLinkLocal: 19,
  AuthTypeInvalid: 20,
  AuthTypeMismatch: 21,
  AhTruncated: 22,
  AhNextHeader: 23,
  AhBadSpi: 24,
  /** Wrong password, or wrong integrity check value. */
  AuthFailure: 25,
  AhReplay: 26,
  AddressListMismatch: 27,
  IntervalMismatch: 28,
} as const;
export type Discard = (typeof Discard)[keyof typeof Discard];

/** How many values {@link Discard} has, for tables of counters indexed by reason. */
export const DISCARD_COUNT = 29;

const discardCodes: readonly string[] = [
  'ACCEPTED',
  'IP_TRUNCATED',
  'IP_BAD_VERSION',
  'IP_BAD_CHECKSUM',
  'IP_FRAGMENT',
  'IP_BAD_PROTO',
  'BAD_DST',
  'OWN_ADVERT',
  'BAD_TTL',
  'TRUNCATED',
  'BAD_VERSION',
  'BAD_TYPE',
  'LENGTH_MISMATCH',
  'BAD_CHECKSUM',
  'BAD_VRID',
  'UNKNOWN_VRID',
  'LOCAL_IS_OWNER',
  'COUNT_ZERO',
  'INTERVAL_ZERO',
  'FIRST_NOT_LINK_LOCAL',
  'AUTH_TYPE_INVALID',
  'AUTH_TYPE_MISMATCH',
  'AH_TRUNCATED',
  'AH_NEXT_HEADER',
  'AH_BAD_SPI',
  'AUTH_FAILURE',
  'AH_REPLAY',
  'ADDR_LIST_MISMATCH',
  'INTERVAL_MISMATCH',
];

/** The stable word of a reason, e.g. `BAD_CHECKSUM`. `ACCEPTED` for {@link Discard.None}. */
export function discardCode(reason: number): string {
  return discardCodes[reason] ?? 'UNKNOWN';
}

/** Bits of `Reception.warnings`: the packet is accepted, and the operator may want to know. */
export const Warning = {
  /** The advertised addresses are not the configured ones (only where the list is checked). */
  AddressListMismatch: 1,
  /** v3: the advertised interval is not the local one. A Backup learns it all the same. */
  IntervalMismatch: 2,
  /** v3: the reserved nibble before the interval is not zero. It is ignored. */
  ReservedNonzero: 4,
  /** The local router has priority 255 and heard an advert. */
  LocalIsOwner: 8,
  /** IPv6: the source is not a link-local address, as the sender must use. */
  SourceNotLinkLocal: 16,
  /** Octets after the message, tolerated because exact length was switched off. */
  TrailingBytes: 32,
} as const;
export type Warning = (typeof Warning)[keyof typeof Warning];

const warningCodeByBit: readonly string[] = [
  'ADDR_LIST_MISMATCH',
  'INTERVAL_MISMATCH',
  'RESERVED_NONZERO',
  'LOCAL_IS_OWNER',
  'SRC_NOT_LINK_LOCAL',
  'TRAILING_BYTES',
];

/** The stable words of a mask of {@link Warning} bits, lowest bit first. Allocates; not for the hot path. */
export function warningCodes(mask: number): string[] {
  return warningCodeByBit.filter((_, bit) => (mask & (1 << bit)) !== 0);
}
