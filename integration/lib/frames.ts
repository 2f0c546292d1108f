/**
 * Frames for tests to inject, built in the plainest way and without a look at the shipped codec.
 */
import { parseAddress, parseMac } from './address-text.ts';

const EtherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const ICMP = 1;
const ICMPV6 = 58;
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const GROUP_MACS = { 4: '01:00:5e:00:00:12', 6: '33:33:00:00:00:12' } as const;

/** Who sends a frame. */
export interface Sender {
  readonly mac: string;
  readonly address: string;
}

export function ethernet(source: string, destination: string, type: number, payload: Uint8Array): Uint8Array {
  return concat(parseMac(destination), parseMac(source), word(type), payload);
}

/** An IP packet as it is, sound or not, in a frame to the VRRP group of the family that `family` says. */
export function frameToGroup(sourceMac: string, family: 4 | 6, packet: Uint8Array): Uint8Array {
  return ethernet(sourceMac, GROUP_MACS[family], family === 4 ? EtherType.ipv4 : EtherType.ipv6, packet);
}

/** Who has `target`? */
export function arpRequest(from: Sender, target: string): Uint8Array {
  const body = concat(
    Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1),
    parseMac(from.mac),
    parseAddress(from.address),
    new Uint8Array(6),
    parseAddress(target),
  );
  return ethernet(from.mac, BROADCAST_MAC, EtherType.arp, body);
}

/** Who has `target`? To its solicited-node group. */
export function neighbourSolicitation(from: Sender, target: string): Uint8Array {
  const octets = parseAddress(target);
  const group = concat(parseAddress('ff02::1:ff00:0').slice(0, 13), octets.slice(13));
  const message = concat(Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0), octets, Uint8Array.of(1, 1), parseMac(from.mac));
  const groupMac = `33:33:${[...group.slice(12)].map((octet) => octet.toString(16).padStart(2, '0')).join(':')}`;
  const packet = ipv6(parseAddress(from.address), group, ICMPV6, 255, withIcmpv6Checksum(from.address, group, message));
  return ethernet(from.mac, groupMac, EtherType.ipv6, packet);
}

/** A ping to `target`, for the machine with `destinationMac`. */
export function echoRequest(from: Sender, destinationMac: string, target: string, sequence = 1): Uint8Array {
  const destination = parseAddress(target);
  const rest = concat(word(0x1234), word(sequence), new Uint8Array(8));
  if (destination.length === 4) {
    const message = concat(Uint8Array.of(8, 0, 0, 0), rest);
    message.set(word(internetChecksum(message)), 2);
    const packet = ipv4(parseAddress(from.address), destination, ICMP, 64, message);
    return ethernet(from.mac, destinationMac, EtherType.ipv4, packet);
  }
  const message = withIcmpv6Checksum(from.address, destination, concat(Uint8Array.of(128, 0, 0, 0), rest));
  const packet = ipv6(parseAddress(from.address), destination, ICMPV6, 64, message);
  return ethernet(from.mac, destinationMac, EtherType.ipv6, packet);
}

export interface ForgedAdvert {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  /** The field as it stands on the wire: seconds in version 2, centiseconds in version 3. */
  readonly interval: number;
  readonly addresses: readonly string[];
  /** Default 255. */
  readonly ttl?: number;
}

/** An advert to the group. Everything in it is sound but for what `advert` says. */
export function advertFrame(from: Sender, advert: ForgedAdvert): Uint8Array {
  const source = parseAddress(from.address);
  const family = source.length === 4 ? 4 : 6;
  const destination = parseAddress(family === 4 ? '224.0.0.18' : 'ff02::12');
  const message = concat(
    Uint8Array.of(advert.version * 16 + 1, advert.vrid, advert.priority, advert.addresses.length),
    advert.version === 2 ? Uint8Array.of(0, advert.interval) : word(advert.interval),
    Uint8Array.of(0, 0),
    ...advert.addresses.map(parseAddress),
    ...(advert.version === 2 ? [new Uint8Array(8)] : []),
  );
  const pseudo = family === 4 ? concat(Uint8Array.of(0, 112), word(message.length)) : pseudoTail(message.length, 112);
  const covered = advert.version === 2 ? message : concat(source, destination, pseudo, message);
  message.set(word(internetChecksum(covered)), 6);
  const wrap = family === 4 ? ipv4 : ipv6;
  const packet = wrap(source, destination, 112, advert.ttl ?? 255, message);
  return frameToGroup(from.mac, family, packet);
}

/** An IPv4 packet with a right header checksum. */
export function ipv4(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  ttl: number,
  payload: Uint8Array,
): Uint8Array {
  const header = concat(
    Uint8Array.of(0x45, 0),
    word(20 + payload.length),
    Uint8Array.of(0, 1, 0, 0, ttl, protocol, 0, 0),
    source,
    destination,
  );
  header.set(word(internetChecksum(header)), 10);
  return concat(header, payload);
}

export function ipv6(
  source: Uint8Array,
  destination: Uint8Array,
  nextHeader: number,
  hopLimit: number,
  payload: Uint8Array,
): Uint8Array {
  const start = Uint8Array.of(0x60, 0, 0, 0);
  return concat(start, word(payload.length), Uint8Array.of(nextHeader, hopLimit), source, destination, payload);
}

/** RFC 1071 over octets whose checksum field is zero. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

function withIcmpv6Checksum(source: string, destination: Uint8Array, message: Uint8Array): Uint8Array {
  const covered = concat(parseAddress(source), destination, pseudoTail(message.length, ICMPV6), message);
  message.set(word(internetChecksum(covered)), 2);
  return message;
}

/** Length and next header of an IPv6 pseudo-header. */
function pseudoTail(length: number, nextHeader: number): Uint8Array {
  return concat(Uint8Array.of(0, 0), word(length), Uint8Array.of(0, 0, 0, nextHeader));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
