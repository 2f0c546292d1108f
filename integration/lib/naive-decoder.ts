/**
 * A second opinion on what is on the wire, written without a look at the shipped codec and without its speed: it
 * answers with plain objects. Judges of scenarios use this one, so that a mistake in the codec cannot acquit itself.
 */
import { formatAddress, formatMac } from './address-text.ts';

interface Envelope {
  readonly sourceMac: string;
  readonly destinationMac: string;
}

/** A VRRP advertisement. */
export interface Advert extends Envelope {
  readonly kind: 'advert';
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly family: 4 | 6;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  /** 0: none, 1: password in the advert; `ah` when the advert is inside an authentication header. */
  readonly authentication: number | 'ah';
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  /** Whether the checksum is right in the RFC's form, with a pseudo-header, or in neither (`wrong`). */
  readonly checksum: 'message' | 'pseudo-header' | 'wrong';
}

/** ARP of any kind. */
export interface Arp extends Envelope {
  readonly kind: 'arp';
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly sender: string;
  readonly targetMac: string;
  readonly target: string;
  /** Sender and target are the same address: an announcement. */
  readonly gratuitous: boolean;
}

/** IPv6 neighbour advertisement. */
export interface NeighbourAdvertisement extends Envelope {
  readonly kind: 'neighbour-advertisement';
  readonly source: string;
  readonly destination: string;
  readonly target: string;
  readonly linkLayer: string | undefined;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
}

/** ICMP or ICMPv6 echo. */
export interface Echo extends Envelope {
  readonly kind: 'echo-request' | 'echo-reply';
  readonly source: string;
  readonly destination: string;
  readonly identifier: number;
  readonly sequence: number;
}

export type Decoded = Advert | Arp | NeighbourAdvertisement | Echo;

/** What a frame is, from its Ethernet header on; undefined for what is none of the above. */
export function decode(frame: Uint8Array): Decoded | undefined {
  if (frame.length < 14) return undefined;
  const envelope: Envelope = {
    destinationMac: formatMac(frame.slice(0, 6)),
    sourceMac: formatMac(frame.slice(6, 12)),
  };
  const payload = frame.slice(14);
  switch (number(frame, 12, 2)) {
    case 0x0806:
      return decodeArp(envelope, payload);
    case 0x0800:
      return decodeIpv4(envelope, payload);
    case 0x86dd:
      return decodeIpv6(envelope, payload);
    default:
      return undefined;
  }
}

function decodeArp(envelope: Envelope, bytes: Uint8Array): Arp | undefined {
  if (bytes.length < 28 || number(bytes, 0, 2) !== 1 || number(bytes, 2, 2) !== 0x0800) return undefined;
  const sender = formatAddress(bytes.slice(14, 18));
  const target = formatAddress(bytes.slice(24, 28));
  return {
    kind: 'arp',
    ...envelope,
    operation: number(bytes, 6, 2) === 1 ? 'request' : 'reply',
    senderMac: formatMac(bytes.slice(8, 14)),
    sender,
    targetMac: formatMac(bytes.slice(18, 24)),
    target,
    gratuitous: sender === target,
  };
}

function decodeIpv4(envelope: Envelope, bytes: Uint8Array): Decoded | undefined {
  if (bytes.length < 20 || bytes[0]! >> 4 !== 4) return undefined;
  const packet = bytes.slice(0, number(bytes, 2, 2));
  const ip = {
    source: packet.slice(12, 16),
    destination: packet.slice(16, 20),
    ttl: packet[8]!,
    protocol: packet[9]!,
    authenticated: false,
  };
  let payload = packet.slice((packet[0]! & 15) * 4);
  if (ip.protocol === 51 && payload.length >= 12) {
    ip.protocol = payload[0]!;
    ip.authenticated = true;
    payload = payload.slice((payload[1]! + 2) * 4);
  }
  if (ip.protocol === 112) return decodeVrrp(envelope, ip, payload);
  if (ip.protocol === 1) return decodeEcho(envelope, ip, payload, 8, 0);
  return undefined;
}

function decodeIpv6(envelope: Envelope, bytes: Uint8Array): Decoded | undefined {
  if (bytes.length < 40 || bytes[0]! >> 4 !== 6) return undefined;
  const ip = {
    source: bytes.slice(8, 24),
    destination: bytes.slice(24, 40),
    ttl: bytes[7]!,
    protocol: bytes[6]!,
    authenticated: false,
  };
  const payload = bytes.slice(40, 40 + number(bytes, 4, 2));
  if (ip.protocol === 112) return decodeVrrp(envelope, ip, payload);
  if (ip.protocol !== 58) return undefined;
  if (payload[0] === 136 && payload.length >= 24) {
    const option = payload.slice(24);
    return {
      kind: 'neighbour-advertisement',
      ...envelope,
      source: formatAddress(ip.source),
      destination: formatAddress(ip.destination),
      target: formatAddress(payload.slice(8, 24)),
      linkLayer: option[0] === 2 ? formatMac(option.slice(2, 8)) : undefined,
      router: (payload[4]! & 0x80) !== 0,
      solicited: (payload[4]! & 0x40) !== 0,
      override: (payload[4]! & 0x20) !== 0,
    };
  }
  return decodeEcho(envelope, ip, payload, 128, 129);
}

interface Ip {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ttl: number;
  readonly authenticated: boolean;
}

function decodeVrrp(envelope: Envelope, ip: Ip, bytes: Uint8Array): Advert | undefined {
  if (bytes.length < 8 || (bytes[0]! & 15) !== 1) return undefined;
  const version = bytes[0]! >> 4;
  const addressBytes = ip.source.length;
  const addresses: string[] = [];
  for (let index = 0; index < bytes[3]!; index++) {
    const at = 8 + index * addressBytes;
    if (at + addressBytes <= bytes.length) addresses.push(formatAddress(bytes.slice(at, at + addressBytes)));
  }
  return {
    kind: 'advert',
    ...envelope,
    source: formatAddress(ip.source),
    destination: formatAddress(ip.destination),
    ttl: ip.ttl,
    family: addressBytes === 4 ? 4 : 6,
    version,
    vrid: bytes[1]!,
    priority: bytes[2]!,
    authentication: ip.authenticated ? 'ah' : version === 2 ? bytes[4]! : 0,
    intervalMs: version === 2 ? bytes[5]! * 1000 : (number(bytes, 4, 2) & 0x0fff) * 10,
    addresses,
    checksum: checksumForm(ip, version, bytes),
  };
}

function checksumForm(ip: Ip, version: number, bytes: Uint8Array): Advert['checksum'] {
  const pseudoHeader = [...ip.source, ...ip.destination, bytes.length >> 8, bytes.length & 255, 0, 112];
  // A sum over data that holds its own checksum is all ones.
  if (onesSum([...bytes]) === 0xffff && (ip.source.length === 4 || version === 2)) return 'message';
  return onesSum([...pseudoHeader, ...bytes]) === 0xffff ? 'pseudo-header' : 'wrong';
}

function onesSum(octets: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += octets[at]! * 256 + (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return sum;
}

function decodeEcho(envelope: Envelope, ip: Ip, bytes: Uint8Array, request: number, reply: number): Echo | undefined {
  if (bytes.length < 8 || (bytes[0] !== request && bytes[0] !== reply)) return undefined;
  return {
    kind: bytes[0] === request ? 'echo-request' : 'echo-reply',
    ...envelope,
    source: formatAddress(ip.source),
    destination: formatAddress(ip.destination),
    identifier: number(bytes, 4, 2),
    sequence: number(bytes, 6, 2),
  };
}

function number(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}
