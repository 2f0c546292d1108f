/**
 * A second decoder that shares no line with the shipped one: slow, full of objects, and strict.
 *
 * It takes an IP packet and gives the fields in the words of the vectors, or throws. What it accepts must be what the
 * ladder accepts, so that a wrong golden frame or a wrong reader cannot agree with itself.
 */
import { createHmac } from 'node:crypto';

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** One's complement sum of a whole buffer, the slow way. */
export function onesComplementSum(parts: readonly Buffer[]): number {
  const all = Buffer.concat(parts);
  const even = all.length % 2 === 0 ? all : Buffer.concat([all, Buffer.of(0)]);
  let sum = 0n;
  for (let at = 0; at < even.length; at += 2) sum += BigInt(even.readUInt16BE(at));
  while (sum > 0xffffn) sum = (sum % 0x10000n) + sum / 0x10000n;
  return Number(sum);
}

export interface NaiveAuthentication {
  readonly type: number;
  readonly key: string;
  readonly keepalived_ttl?: boolean;
}

interface Network {
  family: 'ipv4' | 'ipv6';
  source: Buffer;
  destination: Buffer;
  protocol: number;
  payload: Buffer;
}

function openIpv4(packet: Buffer): Network {
  const headerLength = (packet[0]! % 16) * 4;
  const header = packet.subarray(0, headerLength);
  check(headerLength >= 20 && header.length === headerLength, 'header length');
  check(onesComplementSum([header]) === 0xffff, 'header checksum');
  const total = packet.readUInt16BE(2);
  check(total <= packet.length && total >= headerLength, 'total length');
  const fragment = packet.readUInt16BE(6) & 0x3fff;
  check(fragment === 0, 'fragment');
  check(packet[8] === 255, 'ttl');
  return {
    family: 'ipv4',
    source: packet.subarray(12, 16),
    destination: packet.subarray(16, 20),
    protocol: packet[9]!,
    payload: packet.subarray(headerLength, total),
  };
}

function openIpv6(packet: Buffer): Network {
  check(packet.length >= 40, 'header');
  const length = packet.readUInt16BE(4);
  check(packet.length >= 40 + length, 'payload length');
  check(packet[7] === 255, 'hop limit');
  let protocol = packet[6]!;
  let payload = packet.subarray(40, 40 + length);
  while ([0, 43, 60].includes(protocol)) {
    check(payload.length >= 8, 'extension header');
    check(protocol !== 43 || payload[3] === 0, 'segments left');
    const extension = 8 + payload[1]! * 8;
    check(payload.length >= extension, 'extension length');
    protocol = payload[0]!;
    payload = payload.subarray(extension);
  }
  return {
    family: 'ipv6',
    source: packet.subarray(8, 24),
    destination: packet.subarray(24, 40),
    protocol,
    payload,
  };
}

function keyOf(authentication: NaiveAuthentication): Buffer {
  return Buffer.concat([Buffer.from(authentication.key), Buffer.alloc(8)]).subarray(0, 8);
}

/** The 12 octets that AH carries for a packet with a plain 20-octet IPv4 header. */
export function naiveIcv(packet: Buffer, total: number, key: Buffer, coversTtl: boolean): Buffer {
  const covered = Buffer.from(packet.subarray(0, total));
  covered[1] = 0;
  covered.fill(0, 6, 8);
  if (!coversTtl) covered[8] = 0;
  covered.fill(0, 10, 12);
  covered.fill(0, 32, 44);
  return createHmac('md5', key).update(covered).digest().subarray(0, 12);
}

function openAh(packet: Buffer, network: Network, authentication: NaiveAuthentication | undefined): Buffer {
  check(authentication?.type === 2, 'unexpected AH');
  const ah = network.payload.subarray(0, 24);
  check(ah.length === 24 && ah[0] === 112 && ah[1] === 4, 'AH header');
  check(ah.subarray(4, 8).equals(network.source), 'SPI');
  check(ah.readUInt32BE(8) > 0, 'sequence');
  const icv = naiveIcv(
    packet,
    packet.readUInt16BE(2),
    keyOf(authentication!),
    authentication?.keepalived_ttl !== false,
  );
  check(icv.equals(ah.subarray(12)), 'ICV');
  return network.payload.subarray(24);
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return [...octets].join('.');
  // The URL parser of the platform prints the canonical form.
  const groups = octets.toString('hex').match(/..../g)!.join(':');
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
}

export function naiveDecode(bytes: Uint8Array, authentication?: NaiveAuthentication): Record<string, unknown> {
  const packet = Buffer.from(bytes);
  check(packet.length > 0, 'empty');
  const version = packet[0]! >> 4;
  check(version === 4 || version === 6, 'IP version');
  const network = version === 4 ? openIpv4(packet) : openIpv6(packet);
  check(network.protocol === 112 || (version === 4 && network.protocol === 51), 'protocol');
  const hasAh = network.protocol === 51;
  const message = hasAh ? openAh(packet, network, authentication) : network.payload;

  const size = network.family === 'ipv4' ? 4 : 16;
  check(message.length >= 8, 'size');
  const vrrpVersion = Math.floor(message[0]! / 16);
  check(vrrpVersion === 3 || (vrrpVersion === 2 && size === 4), 'version');
  const count = message[3]!;
  const trailer = vrrpVersion === 2 ? 8 : 0;
  check(message.length === 8 + count * size + trailer, 'length');
  check(count > 0, 'count');
  const addresses: string[] = [];
  for (let index = 0; index < count; index++) {
    addresses.push(addressText(message.subarray(8 + index * size, 8 + (index + 1) * size)));
  }

  const pseudo = Buffer.concat([network.source, network.destination, Buffer.of(0, 112, 0, 0)]);
  pseudo.writeUInt16BE(message.length, pseudo.length - 2);
  const isPlain = onesComplementSum([message]) === 0xffff;
  const isPseudo = onesComplementSum([message, pseudo]) === 0xffff;
  const form = size === 4 && isPlain ? 'msg' : vrrpVersion === 3 && isPseudo ? 'pseudo' : undefined;
  check(form !== undefined, 'checksum');

  const common = {
    ok: true,
    family: network.family,
    version: vrrpVersion,
    type: message[0]! % 16,
    vrid: message[1],
    priority: message[2],
    count,
    addresses,
    checksum: message.readUInt16BE(6),
    checksum_form: form,
  };
  check(common.type === 1 && common.vrid !== 0, 'type or VRID');
  if (vrrpVersion === 2) {
    const wanted = authentication?.type ?? 0;
    check(message[4] === wanted && hasAh === (wanted === 2), 'authentication type');
    if (wanted === 1) check(message.subarray(-8).equals(keyOf(authentication!)), 'password');
    return { ...common, auth_type: message[4], adver_int_s: message[5] };
  }
  check(!hasAh, 'AH around v3');
  const word = message.readUInt16BE(4);
  check(word % 4096 > 0, 'interval');
  if (size === 16) check(/^fe[89ab]/.test(message.subarray(8, 10).toString('hex')), 'first address');
  return { ...common, max_adver_int_cs: word % 4096, reserved: Math.floor(word / 4096) };
}
