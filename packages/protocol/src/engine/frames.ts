/**
 * The frames of one router, built when settings or link change and lent out many times.
 *
 * They stand side by side in the engine's transmit arena: adverts (one, or one a unicast peer), the same with priority
 * 0, then one announcement an address. Unicast adverts are IP packets without a link header. A change of priority
 * patches the adverts; the octets are the same as if they had been built anew.
 */

import { microsToCentiseconds, microsToWholeSeconds } from '../units.ts';
import { packAddresses } from '../wire/address.ts';
import {
  AdvertisementFields,
  advertisementPacketBytes,
  ChecksumCoverage,
  patchAhSequenceFrom,
  patchPriority,
  writeAdvertisementFrame,
  writeAdvertisementPacket,
} from '../wire/advertisement.ts';
import { GRATUITOUS_ARP_FRAME_BYTES, writeGratuitousArp } from '../wire/arp.ts';
import { AuthType } from '../wire/authentication.ts';
import { ETHERNET_HEADER_BYTES, groupMac, virtualMac } from '../wire/ethernet.ts';
import { NEIGHBOR_ADVERTISEMENT_FRAME_BYTES, writeNeighborAdvertisement } from '../wire/neighbor.ts';
import type { LinkState, RouterSettings } from './settings.ts';

/** What the adverts of a router are sent from, or undefined when its link cannot carry it. */
export function primaryAddress(settings: RouterSettings, link: LinkState): Uint8Array | undefined {
  return settings.sourceAddress ?? (settings.family === 4 ? link.ipv4 : link.linkLocal);
}

export class RouterFrames {
  readonly #fields = new AdvertisementFields();
  #settings: RouterSettings;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #isBuilt = false;
  #announcementStarts = new Int32Array(1);

  constructor(settings: RouterSettings) {
    this.#settings = settings;
    this.apply(settings);
  }

  /** Takes over settings. The frames must be built again afterwards, possibly elsewhere: `byteLength` may change. */
  apply(settings: RouterSettings): void {
    this.#settings = settings;
    this.#isBuilt = false;
    const fields = this.#fields;
    const { authentication, version } = settings;
    fields.family = settings.family;
    fields.version = version;
    fields.vrid = settings.vrid;
    fields.interval = (version === 2 ? microsToWholeSeconds : microsToCentiseconds)(settings.advertisementIntervalUs);
    fields.addresses = packAddresses(settings.addresses);
    fields.checksumForm =
      settings.checksumForm === 'message' ? ChecksumCoverage.Message : ChecksumCoverage.PseudoHeader;
    fields.ttl = this.routed ? settings.unicastTtl : 255;
    fields.ahIcvCoversTtl = !this.routed;
    fields.key = new Uint8Array(8);
    fields.authType = AuthType.None;
    if (authentication.type !== 'none') {
      fields.key.set(authentication.key.subarray(0, 8));
      fields.authType = authentication.type === 'pass' ? AuthType.Pass : AuthType.Ah;
    }
    fields.hmacKey.set(fields.key);
    this.#placeAnnouncements();
  }

  /** Offsets of the announcements, relative to the first of them; the last entry is the end. */
  #placeAnnouncements(): void {
    const all = this.#announced();
    this.#announcementStarts = new Int32Array(all.length + 1);
    for (const [index, address] of all.entries()) {
      const length = address.length === 4 ? GRATUITOUS_ARP_FRAME_BYTES : NEIGHBOR_ADVERTISEMENT_FRAME_BYTES;
      this.#announcementStarts[index + 1] = this.#announcementStarts[index]! + length;
    }
  }

  #announced(): readonly Uint8Array[] {
    return [...this.#settings.addresses, ...this.#settings.unadvertisedAddresses];
  }

  /** True for unicast: adverts begin at the IP header and the host's routing finds the way. */
  get routed(): boolean {
    return this.#settings.unicastPeers.length > 0;
  }

  /** False until there is a link to build for. */
  get isBuilt(): boolean {
    return this.#isBuilt;
  }

  /** Where all frames begin. */
  get start(): number {
    return this.#start;
  }

  /** Copies of the advert: one, or one a unicast peer. */
  get advertCount(): number {
    return Math.max(1, this.#settings.unicastPeers.length);
  }

  /** Octets of one advert. */
  get advertBytes(): number {
    return this.#headerBytes + advertisementPacketBytes(this.#fields);
  }

  get #headerBytes(): number {
    return this.routed ? 0 : ETHERNET_HEADER_BYTES;
  }

  get announcementCount(): number {
    return this.#announcementStarts.length - 1;
  }

  /** Octets of all frames. */
  get byteLength(): number {
    return 2 * this.advertCount * this.advertBytes + this.#announcementStarts[this.announcementCount]!;
  }

  advertStart(copy: number): number {
    return this.#start + copy * this.advertBytes;
  }

  resignStart(copy: number): number {
    return this.#start + (this.advertCount + copy) * this.advertBytes;
  }

  announcementStart(index: number): number {
    return this.#start + 2 * this.advertCount * this.advertBytes + this.#announcementStarts[index]!;
  }

  announcementEnd(index: number): number {
    return this.announcementStart(index + 1);
  }

  isGratuitousArp(index: number): boolean {
    const length = this.#announcementStarts[index + 1]! - this.#announcementStarts[index]!;
    return length === GRATUITOUS_ARP_FRAME_BYTES;
  }

  /** Copies what has been built to another place, and lives there from now on. */
  moveTo(bytes: Uint8Array, start: number): void {
    bytes.set(this.#bytes.subarray(this.#start, this.#start + this.byteLength), start);
    this.#bytes = bytes;
    this.#start = start;
  }

  /** Builds all frames at `start` of `bytes`; without `link`, or without an address on it, only takes the place. */
  build(bytes: Uint8Array, start: number, link: LinkState | undefined, priority: number, ahSequence: number): void {
    this.#bytes = bytes;
    this.#start = start;
    const source = link === undefined ? undefined : primaryAddress(this.#settings, link);
    this.#isBuilt = link !== undefined && source !== undefined;
    if (link === undefined || source === undefined) return;
    this.#fields.source = source;
    const mac = this.#settings.virtualMac ? virtualMac(this.#settings.family, this.#settings.vrid) : link.mac;
    this.#fields.sourceMac = mac;
    this.#fields.ahSequence = ahSequence;
    for (let copy = 0; copy < this.advertCount; copy++) {
      this.#buildAdvert(this.advertStart(copy), copy, priority);
      this.#buildAdvert(this.resignStart(copy), copy, 0);
    }
    for (const [index, address] of this.#announced().entries()) {
      const at = this.announcementStart(index);
      if (address.length === 4) writeGratuitousArp(bytes, at, mac, address);
      else writeNeighborAdvertisement(bytes, at, mac, address, true);
    }
  }

  #buildAdvert(at: number, copy: number, priority: number): void {
    const fields = this.#fields;
    fields.priority = priority;
    const peer = this.#settings.unicastPeers[copy];
    if (peer !== undefined) {
      fields.destination = peer.address;
      writeAdvertisementPacket(this.#bytes, at, fields);
      return;
    }
    fields.destination = this.#settings.groupAddress;
    fields.destinationMac = groupMac(this.#settings.groupAddress);
    writeAdvertisementFrame(this.#bytes, at, fields);
  }

  /** Changes the priority of the adverts in place. */
  setPriority(priority: number): void {
    if (!this.#isBuilt) return;
    for (let copy = 0; copy < this.advertCount; copy++) {
      patchPriority(this.#bytes, this.advertStart(copy) + this.#headerBytes, this.#fields, priority);
    }
  }

  /** Whether adverts carry a sequence that must be set before each is sent. */
  get hasSequence(): boolean {
    return this.#fields.version === 2 && this.#fields.authType === AuthType.Ah;
  }

  /** Sets the AH sequence of the advert that begins at `start` to `sequences[index]`, and signs it. */
  setSequence(start: number, sequences: Float64Array, index: number): void {
    patchAhSequenceFrom(this.#bytes, start + this.#headerBytes, this.#fields, sequences, index);
  }
}
