/**
 * What a receiver is configured with: the context of the receive ladder.
 *
 * The engine keeps one {@link RouterProfile} per virtual router and one {@link PortProfile} per port, and changes their
 * fields when settings or links change. Look-ups from the ladder allocate nothing: addresses are packed into byte
 * arrays and routers are found by index. Nothing here is persisted or logged; keys stay inside.
 */
import type { Authentication, ConfiguredRouter, Family, RouterSettings, UnicastPeer } from '../engine/settings.ts';
import { microsToCentiseconds, microsToWholeSeconds } from '../units.ts';
import { addressesEqual, packAddresses } from './address.ts';
import { ChecksumCoverage } from './advertisement.ts';
import { AuthType } from './authentication.ts';
import { HmacKey } from './md5.ts';

/** Bits of {@link RouterProfile.versions}. */
export const VersionBit = { V2: 4, V3: 8 } as const;

/** What a v3 owner (priority 255) does with an advert. A v2 owner always drops it (RFC 3768 section 7.1). */
export const OwnerPolicy = {
  /** Warn and process it, so that two owners settle it by address (erratum 8298). */
  Process: 0,
  /** Drop it (RFC 9568 section 7.1 as published). */
  Discard: 1,
} as const;
export type OwnerPolicy = (typeof OwnerPolicy)[keyof typeof OwnerPolicy];

/** Result of {@link PortProfile.relation}. */
export const Relation = { None: 0, WrongTtl: 1, Valid: 2 } as const;
export type Relation = (typeof Relation)[keyof typeof Relation];

/** Masks of accepted checksum forms by their names in the settings. */
export const checksumFormsAccepted: Readonly<Record<RouterSettings['acceptedChecksumForm'], number>> = {
  message: ChecksumCoverage.Message,
  'pseudo-header': ChecksumCoverage.PseudoHeader,
  either: ChecksumCoverage.Message | ChecksumCoverage.PseudoHeader,
};

const GROUP_IPV4 = Uint8Array.of(224, 0, 0, 18);
const GROUP_IPV6 = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
const EMPTY = new Uint8Array(0);

/** Configuration of one virtual router, as far as the ladder needs it. Fields may be changed at any time. */
export class RouterProfile {
  readonly family: Family;
  /** 1..255. */
  readonly vrid: number;
  /** The owner's own number for this router; the wire code only carries it. */
  index = -1;
  /** Accepted versions: a mask of {@link VersionBit}. */
  versions: number = VersionBit.V2 | VersionBit.V3;
  /** 1..255; 255 makes us the address owner. */
  priority = 100;
  /** v2 adverts with another interval are dropped. Whole seconds. */
  v2IntervalSeconds = 1;
  /** v3 adverts with another interval are warned about. Centiseconds. */
  v3IntervalCentiseconds = 100;
  ownerPolicy: OwnerPolicy = OwnerPolicy.Process;
  /** Accepted forms of a v3 checksum over IPv4: a mask of {@link ChecksumCoverage}. */
  acceptedChecksumForms: number = ChecksumCoverage.Message | ChecksumCoverage.PseudoHeader;
  /** False tolerates octets after the message, with a warning. They are never authenticated or summed. */
  exactLength = true;
  /** Compare the advertised addresses with {@link setAddresses}: v2 drops a difference, v3 warns. */
  checkAddressList = false;
  authType: AuthType = AuthType.None;
  /** Password octets or AH key, padded with zeroes to 8. */
  readonly key = new Uint8Array(8);
  readonly hmacKey = new HmacKey();
  /** True: the ICV covers the TTL as sent (keepalived, multicast). False: it counts as zero (keepalived, unicast; RFC 2402). */
  ahIcvCoversTtl = true;
  /**
   * AH adverts must have a sequence above this. The ladder only reads it: whoever takes an accepted advert sets it to
   * `Reception.ahSequence`, so that a packet which is looked at and not used cannot close the window.
   */
  lastAhSequence = 0;
  /** Destination of multicast adverts: 4 or 16 octets. */
  group: Uint8Array;
  /** Packed advertised addresses, `addressCount` of them. */
  addresses: Uint8Array = EMPTY;
  addressCount = 0;
  /** Packed unicast peers; none means multicast. */
  peers: Uint8Array = EMPTY;
  peerCount = 0;
  peerMinTtl: Uint8Array = EMPTY;
  peerMaxTtl: Uint8Array = EMPTY;

  constructor(family: Family, vrid: number) {
    this.family = family;
    this.vrid = vrid;
    this.group = family === 4 ? GROUP_IPV4 : GROUP_IPV6;
  }

  /** Everything from a router's settings, except the authentication, which {@link setAuthentication} begins anew. */
  apply(settings: ConfiguredRouter): void {
    this.versions = settings.version === 2 ? VersionBit.V2 : VersionBit.V3;
    this.priority = settings.priority;
    this.v2IntervalSeconds = microsToWholeSeconds(settings.advertisementIntervalUs);
    this.v3IntervalCentiseconds = microsToCentiseconds(settings.advertisementIntervalUs);
    this.ownerPolicy = settings.ownerPolicy === 'discard' ? OwnerPolicy.Discard : OwnerPolicy.Process;
    this.acceptedChecksumForms = checksumFormsAccepted[settings.acceptedChecksumForm];
    this.checkAddressList = settings.checkAddressList;
    this.group = settings.groupAddress;
    // keepalived counts the TTL as zero towards unicast peers.
    this.ahIcvCoversTtl = settings.unicastPeers.length === 0;
    this.setAddresses(settings.addresses);
    this.setUnicastPeers(settings.unicastPeers);
  }

  setAddresses(addresses: readonly Uint8Array[]): void {
    this.addresses = packAddresses(addresses);
    this.addressCount = addresses.length;
  }

  /** With at least one peer, adverts are accepted from peers only, sent to one of our own addresses. */
  setUnicastPeers(peers: readonly UnicastPeer[]): void {
    this.peers = packAddresses(peers.map((peer) => peer.address));
    this.peerCount = peers.length;
    this.peerMinTtl = Uint8Array.from(peers, (peer) => peer.minTtl);
    this.peerMaxTtl = Uint8Array.from(peers, (peer) => peer.maxTtl);
  }

  /** Copies the key. Also forgets the replay window, because sequences belong to a key. */
  setAuthentication(authentication: Authentication): void {
    this.key.fill(0);
    this.lastAhSequence = 0;
    if (authentication.type === 'none') {
      this.authType = AuthType.None;
    } else {
      this.authType = authentication.type === 'pass' ? AuthType.Pass : AuthType.Ah;
      this.key.set(authentication.key.subarray(0, 8));
    }
    this.hmacKey.set(this.key);
  }

  /** Whether the source is a peer of this router whose TTL range allows `ttl`. */
  peerRelation(bytes: Uint8Array, sourceStart: number, ttl: number): Relation {
    const length = this.family === 4 ? 4 : 16;
    for (let index = 0; index < this.peerCount; index++) {
      if (addressesEqual(this.peers, index * length, bytes, sourceStart, length)) {
        return ttl >= this.peerMinTtl[index]! && ttl <= this.peerMaxTtl[index]! ? Relation.Valid : Relation.WrongTtl;
      }
    }
    return Relation.None;
  }
}

/** Routers by VRID. */
type RouterTable = (RouterProfile | undefined)[];

/** What all families of all ports without routers have in common, for most ports of an engine have none. */
const NO_ROUTERS: RouterTable = new Array<RouterProfile | undefined>(256).fill(undefined);

/** Configuration of one port: its own addresses and the virtual routers on it, both families. */
export class PortProfile {
  readonly #byVrid: [RouterTable, RouterTable] = [NO_ROUTERS, NO_ROUTERS];
  #routers: readonly RouterProfile[] = [];
  #ipv4: Uint8Array = EMPTY;
  #ipv6: Uint8Array = EMPTY;

  /** The routers of this port, in order of addition. */
  get routers(): readonly RouterProfile[] {
    return this.#routers;
  }

  /** Adds a router, in place of an earlier one with the same family and VRID. */
  add(router: RouterProfile): void {
    this.remove(router.family, router.vrid);
    this.#tableOf(router.family)[router.vrid] = router;
    this.#routers = [...this.#routers, router];
  }

  remove(family: Family, vrid: number): void {
    if (this.router(family, vrid) !== undefined) this.#tableOf(family)[vrid] = undefined;
    this.#routers = this.#routers.filter((router) => router.family !== family || router.vrid !== vrid);
  }

  /** The table of `family`, made when there was none. */
  #tableOf(family: Family): RouterTable {
    const which = family === 4 ? 0 : 1;
    if (this.#byVrid[which] === NO_ROUTERS) this.#byVrid[which] = [...NO_ROUTERS];
    return this.#byVrid[which];
  }

  /** The router with this family and VRID, or undefined. */
  router(family: Family, vrid: number): RouterProfile | undefined {
    return this.#byVrid[family === 4 ? 0 : 1][vrid];
  }

  /** Versions that any router of `family` here accepts; both where there is none. */
  versions(family: Family | 0): number {
    let mask = 0;
    for (let index = 0; index < this.#routers.length; index++) {
      const router = this.#routers[index]!;
      if (router.family === family) mask |= router.versions;
    }
    return mask === 0 ? VersionBit.V2 | VersionBit.V3 : mask;
  }

  /** All addresses of the interface, either family: adverts from them are our own, unicast adverts must be to them. */
  setLocalAddresses(addresses: readonly Uint8Array[]): void {
    this.#ipv4 = packAddresses(addresses.filter((address) => address.length === 4));
    this.#ipv6 = packAddresses(addresses.filter((address) => address.length === 16));
  }

  isLocal(bytes: Uint8Array, start: number, length: number): boolean {
    const own = length === 4 ? this.#ipv4 : this.#ipv6;
    for (let at = 0; at < own.length; at += length) {
      if (addressesEqual(own, at, bytes, start, length)) return true;
    }
    return false;
  }

  /**
   * Whether a packet may be for us (RFC 9568 sections 5.1.1.2, 5.1.2.2 and the unicast extension): sent to the group
   * by anybody, or to one of our addresses by a unicast peer. With `router` known, only its own group and peers count.
   * Answers for the TTL as well: 255 for the group, the peer's range for unicast.
   */
  relation(
    bytes: Uint8Array,
    sourceStart: number,
    destinationStart: number,
    length: number,
    ttl: number,
    router: RouterProfile | undefined,
  ): Relation {
    const unicast = this.isLocal(bytes, destinationStart, length);
    if (router !== undefined) return relationTo(router, unicast, bytes, sourceStart, destinationStart, length, ttl);
    let best: Relation = Relation.None;
    for (let index = 0; index < this.#routers.length; index++) {
      const candidate = this.#routers[index]!;
      if ((candidate.family === 4) !== (length === 4)) continue;
      const found = relationTo(candidate, unicast, bytes, sourceStart, destinationStart, length, ttl);
      if (found > best) best = found;
    }
    if (best !== Relation.None) return best;
    const group = length === 4 ? GROUP_IPV4 : GROUP_IPV6;
    return addressesEqual(group, 0, bytes, destinationStart, length) ? multicastRelation(ttl) : Relation.None;
  }
}

function relationTo(
  router: RouterProfile,
  unicast: boolean,
  bytes: Uint8Array,
  sourceStart: number,
  destinationStart: number,
  length: number,
  ttl: number,
): Relation {
  if (router.peerCount > 0) return unicast ? router.peerRelation(bytes, sourceStart, ttl) : Relation.None;
  return addressesEqual(router.group, 0, bytes, destinationStart, length) ? multicastRelation(ttl) : Relation.None;
}

function multicastRelation(ttl: number): Relation {
  return ttl === 255 ? Relation.Valid : Relation.WrongTtl;
}
