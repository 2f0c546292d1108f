/**
 * What the receive ladder found out about one packet.
 *
 * One record is reused for every packet: no field survives the next `receive`. Offsets point into the bytes that were
 * handed to `receive`, and are valid as long as those are.
 */
import type { Family } from '../engine/settings.ts';
import type { Micros } from '../units.ts';
import type { ChecksumCoverage } from './advertisement.ts';
import type { RouterProfile } from './profile.ts';

/** What the octets at `start` are. */
export const Link = {
  /** An untagged Ethernet frame. */
  Ethernet: 1,
  /** An IPv4 or IPv6 packet. */
  Ip: 2,
  /** A VRRP message alone, as an IPv6 raw socket delivers it; see {@link Reception.prepare}. */
  Vrrp: 3,
} as const;
export type Link = (typeof Link)[keyof typeof Link];

/** How far the ladder got decides which fields are valid; the others hold their neutral value (0, -1, undefined). */
export class Reception {
  /** 0 until the IP version is known. */
  family: Family | 0 = 0;
  /** 4 or 16. */
  addressLength = 0;
  /** TTL or hop limit; -1 when unknown, which no check accepts. */
  ttl = -1;
  /** IP protocol in front of the message: 112, or 51 with AH. */
  protocol = 0;
  /** Offset of the IP header, or -1 without one. */
  packetStart = -1;
  /** Offset of the sender's address, and the offset after it; -1 when unknown. */
  sourceStart = -1;
  sourceEnd = -1;
  destinationStart = -1;
  /** The VRRP message: from the version octet to the end of the IP payload, or of the message when that is shorter. */
  messageStart = -1;
  messageEnd = -1;

  /**
   * The virtual router that the packet names, as soon as that can be read, also when the packet is dropped later or
   * was read from a packet that is not yet trusted. Attribute counters to it; change no state unless accepted.
   */
  router: RouterProfile | undefined = undefined;
  version = 0;
  type = 0;
  vrid = -1;
  /** 0..255. */
  priority = 0;
  /** Address count as advertised, and the first address. All `count` of them are there once the length is checked. */
  count = 0;
  addressesStart = -1;
  checksum = 0;
  /** A {@link ChecksumCoverage}, once the checksum is verified. */
  checksumForm: ChecksumCoverage | 0 = 0;
  /** v3: the nibble before the interval. */
  reserved = 0;
  /** Interval field as sent: v2 seconds, v3 centiseconds. */
  interval = 0;
  intervalUs: Micros = 0;
  /** v2: the authentication type field. */
  authType = 0;
  /** AH sequence, or 0 without AH. See `RouterProfile.lastAhSequence`. */
  ahSequence = 0;
  /** Mask of `Warning` bits; only meaningful when accepted. */
  warnings = 0;
  /** False when the address list was compared and differs. */
  addressesMatch = true;

  /**
   * For {@link Link.Vrrp}: what the IP header would have said. Call it before `receive`. Both addresses must be in the
   * same byte array as the message, at the given offsets. A `ttl` of -1 says that it is not known.
   */
  prepare(family: Family, ttl: number, sourceStart: number, destinationStart: number): void {
    this.setNetwork(family, -1, ttl, 112, sourceStart, destinationStart);
  }

  /** Called by the readers of IP headers. */
  setNetwork(
    family: Family,
    packetStart: number,
    ttl: number,
    protocol: number,
    sourceStart: number,
    destinationStart: number,
  ): void {
    const length = family === 4 ? 4 : 16;
    this.family = family;
    this.addressLength = length;
    this.packetStart = packetStart;
    this.ttl = ttl;
    this.protocol = protocol;
    this.sourceStart = sourceStart;
    this.sourceEnd = sourceStart + length;
    this.destinationStart = destinationStart;
  }

  /** Forgets the network layer. Called by `receive` where it reads an IP header itself. */
  clearNetwork(): void {
    this.family = 0;
    this.addressLength = 0;
    this.ttl = -1;
    this.protocol = 0;
    this.packetStart = -1;
    this.sourceStart = -1;
    this.sourceEnd = -1;
    this.destinationStart = -1;
  }

  /** Forgets everything above the network layer. Called by `receive`. */
  clearMessage(): void {
    this.messageStart = -1;
    this.messageEnd = -1;
    this.router = undefined;
    this.version = 0;
    this.type = 0;
    this.vrid = -1;
    this.priority = 0;
    this.count = 0;
    this.addressesStart = -1;
    this.checksum = 0;
    this.checksumForm = 0;
    this.reserved = 0;
    this.interval = 0;
    this.intervalUs = 0;
    this.authType = 0;
    this.ahSequence = 0;
    this.warnings = 0;
    this.addressesMatch = true;
  }
}
