/**
 * What the engine lets others read: rows of doubles, written in place as things happen.
 *
 * Row 0 is the node's, row `index + 1` that of the router with that index. The memory may be the host's and shared
 * with another process, which then reads without asking; figures of one row may be a few instructions apart. The
 * columns are also where the state machine keeps its own numbers, so there is no second copy to go stale.
 * Instants and counts that do not exist are -Infinity or Infinity and read as undefined.
 */

import type { NewActiveReason, RouterState, TransitionReason } from '../machine/state.ts';
import { TimerRole } from '../machine/timer-role.ts';
import type { Micros } from '../units.ts';
import { DISCARD_COUNT, Discard, discardCode, Warning, warningCodes } from '../wire/discard.ts';
import type { Family } from './settings.ts';

const WARNING_COUNT = Object.keys(Warning).length;

/** Columns of a router's row. The node's row uses those from `MaxLatenessUs` on, and `DiscontinuityAt`. */
export const Column = {
  /** 1 while the row belongs to a router. */
  InUse: 0,
  Port: 1,
  Family: 2,
  Vrid: 3,
  Version: 4,
  State: 5,
  /** As configured. */
  Priority: 6,
  /** What is advertised and compared. */
  EffectivePriority: 7,
  /** The router's own interval: what it advertises. */
  AdvertisementIntervalUs: 8,
  /** Active_Adver_Interval: learned in Backup (v3), else the router's own. */
  ActiveAdverIntervalUs: 9,
  SkewTimeUs: 10,
  ActiveDownIntervalUs: 11,
  LastTransitionAt: 12,
  /** When the router left Initialize; -Infinity while it is there. */
  UpSince: 13,
  LastEvent: 14,
  NewActiveReason: 15,
  /** Source of our adverts: four 32-bit words, an IPv4 address in the first. */
  PrimaryAddress: 16,
  /** Source of the last accepted advert, likewise. */
  LastAdvertSource: 20,
  LastAdvertPriority: 24,
  LastAdvertAt: 25,
  /** Highest AH sequence sent or accepted; the next advert sent has a higher one. */
  AhSequence: 26,
  /** Mask of checksum forms seen in accepted v3/IPv4 adverts. */
  ChecksumFormsSeen: 27,
  /** What was heard since the last accepted advert; see machine/router.ts. */
  Heard: 28,
  /** End of the preempt delay; -Infinity when it does not run. */
  PreemptHoldUntil: 29,
  /** Last advert in answer to a losing one. */
  LastAssertAt: 30,
  /** Last advert in answer to priority 0. */
  LastPriorityZeroReplyAt: 31,
  /** Active that was away and listens before it asserts itself: when its advert was due; -Infinity otherwise. */
  AwaySince: 32,
  /** Instant of the event that the router deals with, or dealt with last. */
  EventAt: 33,
  /** Deadlines by TimerRole, eight columns; Infinity when the timer does not run. */
  Deadlines: 34,
  ActiveTransitions: 42,
  AdvertisementsReceived: 43,
  AdvertisementsSent: 44,
  PriorityZeroReceived: 45,
  PriorityZeroSent: 46,
  /** Times the router left Active, for whatever reason. */
  ActiveReleases: 47,
  LowerPriorityHeard: 48,
  /** Losing adverts that the storm guard left unanswered. */
  AssertsSuppressed: 49,
  GratuitousArpSent: 50,
  NeighborAdvertSent: 51,
  DiscontinuityAt: 52,
  MaxLatenessUs: 53,
  TotalLatenessUs: 54,
  TimersExpired: 55,
  /** Node only: the last node-level error, numbered as in RFC 6527: 1 TTL, 2 version, 3 checksum, 4 VRID. */
  LastProtocolError: 56,
  /** One column a Discard. The node's row counts every discard, a router's row those attributed to it. */
  Discards: 57,
  /** One column a Warning bit. */
  Warnings: 57 + DISCARD_COUNT,
} as const;

/** Doubles a row. */
export const ROW_COLUMNS = Column.Warnings + WARNING_COUNT;

/** Doubles needed for the node's row and those of `maxRouters` routers. */
export function rowsLength(maxRouters: number): number {
  return (maxRouters + 1) * ROW_COLUMNS;
}

/** First double of a router's row. */
export function rowStart(index: number): number {
  return (index + 1) * ROW_COLUMNS;
}

/** Counters under their RFC 8347 names, and some that the RFC does not have. */
export interface RouterStatistics {
  masterTransitions: number;
  advertisementRcvd: number;
  advertisementSent: number;
  intervalErrors: number;
  priorityZeroPktsRcvd: number;
  priorityZeroPktsSent: number;
  invalidTypePktsRcvd: number;
  addressListErrors: number;
  packetLengthErrors: number;
  ipTtlErrors: number;
  /** RFC 2787: vrrpStatsInvalidAuthType, -AuthTypeMismatch, -AuthFailures. */
  invalidAuthType: number;
  authTypeMismatch: number;
  authFailures: number;
  masterReleases: number;
  lowerPriorityRcvd: number;
  assertsSuppressed: number;
  gratuitousArpSent: number;
  neighborAdvertSent: number;
}

/** A router's row as a plain object. */
export interface RouterRow {
  index: number;
  port: number;
  family: Family;
  vrid: number;
  version: 2 | 3;
  state: RouterState;
  priority: number;
  effectivePriority: number;
  advertisementIntervalUs: Micros;
  activeAdverIntervalUs: Micros;
  skewTimeUs: Micros;
  activeDownIntervalUs: Micros;
  activeDownDeadline: Micros | undefined;
  adverDeadline: Micros | undefined;
  lastTransitionAt: Micros | undefined;
  upSince: Micros | undefined;
  lastEvent: TransitionReason;
  newActiveReason: NewActiveReason;
  /** 4 or 16 octets. */
  primaryAddress: Uint8Array | undefined;
  lastAdvertSource: Uint8Array | undefined;
  lastAdvertPriority: number | undefined;
  lastAdvertAt: Micros | undefined;
  ahSequence: number;
  checksumFormsSeen: number;
  discontinuityAt: Micros | undefined;
  maxLatenessUs: Micros;
  totalLatenessUs: Micros;
  timersExpired: number;
  statistics: RouterStatistics;
  /** By stable word, those above zero only. */
  discards: Record<string, number>;
  warnings: Record<string, number>;
}

/** The node's row as a plain object: totals over all routers and what could not be attributed to one. */
export interface NodeRow {
  checksumErrors: number;
  versionErrors: number;
  vridErrors: number;
  ipTtlErrors: number;
  lastProtocolError: number;
  discontinuityAt: Micros | undefined;
  maxLatenessUs: Micros;
  totalLatenessUs: Micros;
  timersExpired: number;
  discards: Record<string, number>;
}

/** The row of router `index`, or undefined when no router has that index. Allocates; not for the hot path. */
export function readRow(rows: Float64Array, index: number): RouterRow | undefined {
  const start = rowStart(index);
  const column = (which: number): number => rows[start + which]!;
  if (column(Column.InUse) !== 1) return undefined;
  const family = column(Column.Family) as Family;
  const heard = Number.isFinite(column(Column.LastAdvertAt));
  return {
    index,
    port: column(Column.Port),
    family,
    vrid: column(Column.Vrid),
    version: column(Column.Version) as 2 | 3,
    state: column(Column.State) as RouterState,
    priority: column(Column.Priority),
    effectivePriority: column(Column.EffectivePriority),
    advertisementIntervalUs: column(Column.AdvertisementIntervalUs),
    activeAdverIntervalUs: column(Column.ActiveAdverIntervalUs),
    skewTimeUs: column(Column.SkewTimeUs),
    activeDownIntervalUs: column(Column.ActiveDownIntervalUs),
    activeDownDeadline: known(column(Column.Deadlines + TimerRole.ActiveDown)),
    adverDeadline: known(column(Column.Deadlines + TimerRole.Adver)),
    lastTransitionAt: known(column(Column.LastTransitionAt)),
    upSince: known(column(Column.UpSince)),
    lastEvent: column(Column.LastEvent) as TransitionReason,
    newActiveReason: column(Column.NewActiveReason) as NewActiveReason,
    primaryAddress: readAddress(rows, start + Column.PrimaryAddress, family),
    lastAdvertSource: heard ? readAddress(rows, start + Column.LastAdvertSource, family) : undefined,
    lastAdvertPriority: heard ? column(Column.LastAdvertPriority) : undefined,
    lastAdvertAt: known(column(Column.LastAdvertAt)),
    ahSequence: column(Column.AhSequence),
    checksumFormsSeen: column(Column.ChecksumFormsSeen),
    discontinuityAt: known(column(Column.DiscontinuityAt)),
    maxLatenessUs: column(Column.MaxLatenessUs),
    totalLatenessUs: column(Column.TotalLatenessUs),
    timersExpired: column(Column.TimersExpired),
    statistics: readStatistics(rows, start),
    discards: readDiscards(rows, start),
    warnings: readWarnings(rows, start),
  };
}

/** The node's row. Allocates; not for the hot path. */
export function readNodeRow(rows: Float64Array): NodeRow {
  const discard = (reason: number): number => rows[Column.Discards + reason]!;
  return {
    checksumErrors: discard(Discard.BadChecksum) + discard(Discard.IpBadChecksum),
    versionErrors: discard(Discard.BadVersion),
    vridErrors: discard(Discard.BadVrid) + discard(Discard.UnknownVrid),
    ipTtlErrors: discard(Discard.BadTtl),
    lastProtocolError: rows[Column.LastProtocolError]!,
    discontinuityAt: known(rows[Column.DiscontinuityAt]!),
    maxLatenessUs: rows[Column.MaxLatenessUs]!,
    totalLatenessUs: rows[Column.TotalLatenessUs]!,
    timersExpired: rows[Column.TimersExpired]!,
    discards: readDiscards(rows, 0),
  };
}

/** Stores an address of 4 or 16 octets into four columns. No allocation. */
export function writeAddress(row: Float64Array, column: number, bytes: Uint8Array, start: number, end: number): void {
  for (let word = 0; word < 4; word++) {
    const at = start + word * 4;
    row[column + word] =
      at < end ? bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) : 0;
  }
}

function readAddress(rows: Float64Array, start: number, family: Family): Uint8Array | undefined {
  const length = family === 4 ? 4 : 16;
  const address = new Uint8Array(length);
  for (let at = 0; at < length; at++) address[at] = rows[start + (at >> 2)]! / 2 ** (24 - 8 * (at & 3));
  return address.some((octet) => octet !== 0) ? address : undefined;
}

function readStatistics(rows: Float64Array, start: number): RouterStatistics {
  const column = (which: number): number => rows[start + which]!;
  const discards = (...reasons: number[]): number =>
    reasons.reduce((sum, reason) => sum + column(Column.Discards + reason), 0);
  const warning = (bit: number): number => column(Column.Warnings + 31 - Math.clz32(bit));
  return {
    masterTransitions: column(Column.ActiveTransitions),
    advertisementRcvd: column(Column.AdvertisementsReceived),
    advertisementSent: column(Column.AdvertisementsSent),
    intervalErrors: discards(Discard.IntervalZero, Discard.IntervalMismatch) + warning(Warning.IntervalMismatch),
    priorityZeroPktsRcvd: column(Column.PriorityZeroReceived),
    priorityZeroPktsSent: column(Column.PriorityZeroSent),
    invalidTypePktsRcvd: discards(Discard.BadType),
    addressListErrors:
      discards(Discard.CountZero, Discard.FirstNotLinkLocal, Discard.AddressListMismatch) +
      warning(Warning.AddressListMismatch),
    packetLengthErrors: discards(Discard.Truncated, Discard.LengthMismatch),
    ipTtlErrors: discards(Discard.BadTtl),
    invalidAuthType: discards(Discard.AuthTypeInvalid),
    authTypeMismatch: discards(Discard.AuthTypeMismatch),
    authFailures: discards(
      Discard.AuthFailure,
      Discard.AhTruncated,
      Discard.AhNextHeader,
      Discard.AhBadSpi,
      Discard.AhReplay,
    ),
    masterReleases: column(Column.ActiveReleases),
    lowerPriorityRcvd: column(Column.LowerPriorityHeard),
    assertsSuppressed: column(Column.AssertsSuppressed),
    gratuitousArpSent: column(Column.GratuitousArpSent),
    neighborAdvertSent: column(Column.NeighborAdvertSent),
  };
}

function readDiscards(rows: Float64Array, start: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let reason = 1; reason < DISCARD_COUNT; reason++) {
    const count = rows[start + Column.Discards + reason]!;
    if (count > 0) counts[discardCode(reason)] = count;
  }
  return counts;
}

function readWarnings(rows: Float64Array, start: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let bit = 0; bit < WARNING_COUNT; bit++) {
    const count = rows[start + Column.Warnings + bit]!;
    for (const word of warningCodes(1 << bit)) if (count > 0) counts[word] = count;
  }
  return counts;
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
