/**
 * What a receiver is configured with: the context of the receive ladder.
 *
 * The engine keeps one {@link RouterProfile} per virtual router and one {@link PortProfile} per port, and changes their
 * fields when settings or links change. Look-ups from the ladder allocate nothing: addresses are packed into byte
 * arrays and routers are found by index. Nothing here is persisted or logged; keys stay inside.
 */
import type { Authentication, ConfiguredRouter, Family, RouterSettings, UnicastPeer } from '../engine/settings.ts';
import { microsToCentiseconds, microsToWholeSeconds } from '../units.ts';
import { packAddresses } from './address.ts';
import { ChecksumCoverage } from './advertisement.ts';
import { AuthType } from './authentication.ts';
import { HmacKey } from './md5.ts';
import type { Reception } from './reception.ts';
import { sameWords, viewOf } from './view.ts';

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

/** Result of {@link PortProfile.relation}. `Own`: it would be for us, and comes from one of our own addresses. */
export const Relation = { None: 0, WrongTtl: 1, Valid: 2, Own: 3 } as const;
export type Relation = (typeof Relation)[keyof typeof Relation];

/** Masks of accepted checksum forms by their names in the settings. */
export const checksumFormsAccepted: Readonly<Record<RouterSettings['acceptedChecksumForm'], number>> = {
  message: ChecksumCoverage.Message,
  'pseudo-header': ChecksumCoverage.PseudoHeader,
  either: ChecksumCoverage.Message | ChecksumCoverage.PseudoHeader,
};

const GROUP_IPV4 = viewOf(Uint8Array.of(224, 0, 0, 18));
const GROUP_IPV6 = viewOf(Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12));
const EMPTY = new Uint8Array(0);
const NO_ADDRESSES = viewOf(EMPTY);

// A constant of this module is known to the compiler; an export is read from memory, and checked, at each use.
const { None: NONE, WrongTtl: WRONG_TTL, Valid: VALID, Own: OWN } = Relation;

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
  group: DataView;
  /** Packed advertised addresses, `addressCount` of them. */
  addresses: DataView = NO_ADDRESSES;
  addressCount = 0;
  /** Packed unicast peers; none means multicast. */
  peers: DataView = NO_ADDRESSES;
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
    this.setGroup(settings.groupAddress);
    // keepalived counts the TTL as zero towards unicast peers.
    this.ahIcvCoversTtl = settings.unicastPeers.length === 0;
    this.setAddresses(settings.addresses);
    this.setUnicastPeers(settings.unicastPeers);
  }

  /** Takes 4 or 16 octets, which are not copied. */
  setGroup(group: Uint8Array): void {
    this.group = viewOf(group);
  }

  setAddresses(addresses: readonly Uint8Array[]): void {
    this.addresses = viewOf(packAddresses(addresses));
    this.addressCount = addresses.length;
  }

  /** With at least one peer, adverts are accepted from peers only, sent to one of our own addresses. */
  setUnicastPeers(peers: readonly UnicastPeer[]): void {
    this.peers = viewOf(packAddresses(peers.map((peer) => peer.address)));
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
  peerRelation(view: DataView, sourceStart: number, ttl: number): Relation {
    const length = this.family === 4 ? 4 : 16;
    for (let index = 0; index < this.peerCount; index++) {
      if (sameWords(this.peers, index * length, view, sourceStart, length)) {
        return ttl >= this.peerMinTtl[index]! && ttl <= this.peerMaxTtl[index]! ? VALID : WRONG_TTL;
      }
    }
    return NONE;
  }
}

/** Routers by VRID. */
type RouterTable = (RouterProfile | undefined)[];

/** What all families of all ports without routers have in common, for most ports of an engine have none. */
const NO_ROUTERS: RouterTable = new Array<RouterProfile | undefined>(256).fill(undefined);

/** Configuration of one port: its own addresses and the virtual routers on it, both families. */
export class PortProfile {
  #routersOfIpv4 = NO_ROUTERS;
  #routersOfIpv6 = NO_ROUTERS;
  #routers: readonly RouterProfile[] = [];
  #ipv4 = NO_ADDRESSES;
  #ipv6 = NO_ADDRESSES;

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
    if (family === 4) {
      if (this.#routersOfIpv4 === NO_ROUTERS) this.#routersOfIpv4 = [...NO_ROUTERS];
      return this.#routersOfIpv4;
    }
    if (this.#routersOfIpv6 === NO_ROUTERS) this.#routersOfIpv6 = [...NO_ROUTERS];
    return this.#routersOfIpv6;
  }

  /** The router with this family and VRID, or undefined. */
  router(family: Family, vrid: number): RouterProfile | undefined {
    return (family === 4 ? this.#routersOfIpv4 : this.#routersOfIpv6)[vrid];
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
    this.#ipv4 = viewOf(packAddresses(addresses.filter((address) => address.length === 4)));
    this.#ipv6 = viewOf(packAddresses(addresses.filter((address) => address.length === 16)));
  }

  isLocal(view: DataView, start: number, length: number): boolean {
    const own = length === 4 ? this.#ipv4 : this.#ipv6;
    for (let at = 0; at < own.byteLength; at += length) {
      if (sameWords(own, at, view, start, length)) return true;
    }
    return false;
  }

  /**
   * Whether a packet may be for us (RFC 9568 sections 5.1.1.2, 5.1.2.2 and the unicast extension): sent to the group
   * by anybody, or to one of our addresses by a unicast peer. With `out.router` known, only its own group and peers
   * count. Answers for the TTL as well: 255 for the group, the peer's range for unicast.
   */
  relation(view: DataView, out: Reception): Relation {
    const { router } = out;
    const relation = router === undefined ? this.#closestRelation(view, out) : relationTo(router, this, view, out);
    return relation !== NONE && this.isLocal(view, out.sourceStart, out.addressLength) ? OWN : relation;
  }

  #closestRelation(view: DataView, out: Reception): Relation {
    const { addressLength, destinationStart } = out;
    let best: Relation = NONE;
    for (let index = 0; index < this.#routers.length; index++) {
      const candidate = this.#routers[index]!;
      if ((candidate.family === 4) !== (addressLength === 4)) continue;
      const found = relationTo(candidate, this, view, out);
      if (found > best) best = found;
    }
    if (best !== NONE) return best;
    const group = addressLength === 4 ? GROUP_IPV4 : GROUP_IPV6;
    return sameWords(group, 0, view, destinationStart, addressLength) ? multicastRelation(out.ttl) : NONE;
  }
}

function relationTo(router: RouterProfile, port: PortProfile, view: DataView, out: Reception): Relation {
  const { addressLength, destinationStart, ttl } = out;
  if (router.peerCount > 0) {
    const unicast = port.isLocal(view, destinationStart, addressLength);
    return unicast ? router.peerRelation(view, out.sourceStart, ttl) : NONE;
  }
  return sameWords(router.group, 0, view, destinationStart, addressLength) ? multicastRelation(ttl) : NONE;
}

function multicastRelation(ttl: number): Relation {
  return ttl === 255 ? VALID : WRONG_TTL;
}
