/**
 * Builds VRRP packets, right or wrong in any respect, the slow way: plain Buffers and `node:crypto`.
 *
 * Shares nothing with the shipped emit functions, so that the two check each other.
 */
import { naiveIcv, onesComplementSum } from './naive-decoder.ts';

export interface Recipe {
  family: 4 | 6;
  version: number;
  type: number;
  vrid: number;
  priority: number;
  /** Advertised count; the length of `addresses` unless it lies. */
  count?: number;
  addresses: readonly Uint8Array[];
  /** v2 seconds or v3 centiseconds. */
  interval: number;
  reserved: number;
  authType: number;
  authData: Uint8Array;
  /** Add AH; `protocol` becomes 51. */
  ah?: { key: Uint8Array; sequence: number; coversTtl: boolean; spi?: Uint8Array; nextHeader?: number };
  checksum: 'msg' | 'pseudo' | 'bad';
  ttl: number;
  identification: number;
  protocol?: number;
  source: Uint8Array;
  destination: Uint8Array;
  /** Flags and offset word of IPv4; for IPv6 a non-zero value adds a fragment header. */
  fragment: number;
  badHeaderChecksum: boolean;
  /** Octets of IPv4 options (a multiple of 4), or of an IPv6 hop-by-hop header (a multiple of 8). */
  options: Uint8Array;
  /** Octets behind the message, inside the IP length. */
  trailing: Uint8Array;
  /** Octets of the message that are missing. */
  cut: number;
  /** Octets after the IP packet. */
  padding: Uint8Array;
}

export function recipe(family: 4 | 6, version: number, changes: Partial<Recipe> = {}): Recipe {
  const ipv6 = (last: number): Uint8Array => Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
  return {
    family,
    version,
    type: 1,
    vrid: 1,
    priority: 100,
    addresses: family === 4 ? [Uint8Array.of(192, 0, 2, 254)] : [ipv6(5)],
    interval: version === 2 ? 1 : 100,
    reserved: 0,
    authType: 0,
    authData: new Uint8Array(8),
    checksum: family === 6 ? 'pseudo' : 'msg',
    ttl: 255,
    identification: 1,
    source: family === 4 ? Uint8Array.of(192, 0, 2, 1) : ipv6(1),
    destination:
      family === 4 ? Uint8Array.of(224, 0, 0, 18) : Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12),
    fragment: 0,
    badHeaderChecksum: false,
    options: new Uint8Array(0),
    trailing: new Uint8Array(0),
    cut: 0,
    padding: new Uint8Array(0),
    ...changes,
  };
}

function buildMessage(from: Recipe): Buffer {
  const head = Buffer.alloc(8);
  head[0] = from.version * 16 + from.type;
  head[1] = from.vrid;
  head[2] = from.priority;
  head[3] = from.count ?? from.addresses.length;
  if (from.version === 2) {
    head[4] = from.authType;
    head[5] = from.interval;
  } else {
    head.writeUInt16BE(from.reserved * 4096 + from.interval, 4);
  }
  const tail = from.version === 2 ? [Buffer.from(from.authData)] : [];
  const message = Buffer.concat([head, ...from.addresses.map((address) => Buffer.from(address)), ...tail]);
  const pseudo = Buffer.concat([Buffer.from(from.source), Buffer.from(from.destination), Buffer.of(0, 112, 0, 0)]);
  pseudo.writeUInt16BE(message.length, pseudo.length - 2);
  const sum = onesComplementSum(from.checksum === 'pseudo' ? [message, pseudo] : [message]);
  message.writeUInt16BE(0xffff - sum, 6);
  if (from.checksum === 'bad') message[7] = message[7]! ^ 0x55;
  return message;
}

export function buildPacket(from: Recipe): Uint8Array {
  const whole = buildMessage(from);
  let payload = Buffer.concat([whole.subarray(0, whole.length - from.cut), Buffer.from(from.trailing)]);
  let protocol = from.protocol ?? 112;
  if (from.ah !== undefined) {
    const ah = Buffer.alloc(24);
    ah[0] = from.ah.nextHeader ?? 112;
    ah[1] = 4;
    Buffer.from(from.ah.spi ?? from.source).copy(ah, 4);
    ah.writeUInt32BE(from.ah.sequence, 8);
    payload = Buffer.concat([ah, payload]);
    protocol = from.protocol ?? 51;
  }
  const packet = from.family === 4 ? buildIpv4(from, protocol, payload) : buildIpv6(from, protocol, payload);
  if (from.ah !== undefined) {
    naiveIcv(packet, packet.length, Buffer.from(from.ah.key), from.ah.coversTtl).copy(packet, 32);
  }
  return Uint8Array.from(Buffer.concat([packet, Buffer.from(from.padding)]));
}

function buildIpv4(from: Recipe, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20 + from.options.length);
  header[0] = 0x40 + header.length / 4;
  header[1] = 0xc0;
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(from.identification, 4);
  header.writeUInt16BE(from.fragment, 6);
  header[8] = from.ttl;
  header[9] = protocol;
  Buffer.from(from.source).copy(header, 12);
  Buffer.from(from.destination).copy(header, 16);
  Buffer.from(from.options).copy(header, 20);
  header.writeUInt16BE(0xffff - onesComplementSum([header]), 10);
  if (from.badHeaderChecksum) header[11] = header[11]! ^ 0x55;
  return Buffer.concat([header, payload]);
}

function buildIpv6(from: Recipe, protocol: number, payload: Buffer): Buffer {
  let next = protocol;
  let body = payload;
  if (from.fragment !== 0) {
    body = Buffer.concat([Buffer.of(next, 0, from.fragment >> 8, from.fragment & 0xff, 0, 0, 0, 1), body]);
    next = 44;
  }
  if (from.options.length > 0) {
    const options = Buffer.from(from.options);
    options[0] = next;
    options[1] = options.length / 8 - 1;
    body = Buffer.concat([options, body]);
    next = 0;
  }
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6c000000, 0);
  header.writeUInt16BE(body.length, 4);
  header[6] = next;
  header[7] = from.ttl;
  Buffer.from(from.source).copy(header, 8);
  Buffer.from(from.destination).copy(header, 24);
  return Buffer.concat([header, body]);
}
