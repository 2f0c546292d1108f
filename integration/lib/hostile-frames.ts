/**
 * Every kind of advert that must be dropped, as frames for a LAN whose routers are configured as the vectors assume:
 * the attacker is 192.0.2.1, the Active 192.0.2.2, the Backup 192.0.2.3. The data is in /vectors; what it cannot say
 * (broken Ethernet and IP headers) is made here.
 */
import { readFileSync } from 'node:fs';
import { parseAddress } from './address-text.ts';
import { ethernet, frameToGroup, internetChecksum, ipv4 } from './frames.ts';

/** Who is to drop the frame: for some, it is a sound one to the other. */
export type Target = 'both' | 'active' | 'backup';

export interface HostileFrame {
  readonly name: string;
  readonly target: Target;
  readonly frame: Uint8Array;
  /** Reason under which it must be counted; undefined where the kernel's filter keeps it from us. */
  readonly reason: string | undefined;
}

interface Vector {
  readonly name: string;
  readonly link: 'ip' | 'vrrp';
  readonly hex: string;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly ctx?: {
    readonly auth?: { readonly type: number };
    readonly local_priority?: number;
    readonly unicast_peers?: unknown;
  };
  readonly expect: { readonly ok: boolean; readonly error?: string };
}

export interface Macs {
  readonly attacker: string;
  readonly active: string;
  readonly backup: string;
}

/** VRIDs of the routers that stand for the contexts of the vectors. All IPv6 ones are for VRID 1 of that family. */
export const HostileVrid = { ah: 1, plain2: 2, plain3: 3, pass: 4, owner: 5, unicast: 6, ipv6: 1 } as const;

const AH_BYTES = 24;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const GROUP_MAC = '01:00:5e:00:00:12';
/** Comparing address lists cannot be configured, so the daemon takes this one for a sound advert. */
const NOT_CONFIGURABLE = ['v2-addr-list-mismatch'];
/** Sound to a router that has not heard a later sequence, as the Active has not. */
const TARGETS: Readonly<Record<string, Target>> = {
  'v2-ah-replay': 'backup',
  'v2-local-is-owner': 'active',
  'v3-ip4-own-source': 'active',
  'v3-ip4-pseudo-unicast-with-mcast-dst': 'active',
};

export function hostileFrames(macs: Macs): HostileFrame[] {
  const vectors = JSON.parse(
    readFileSync(new URL('../../../vectors/adverts.json', import.meta.url), 'utf8'),
  ) as Vector[];
  const dropped = vectors.filter(({ name, expect }) => !expect.ok && !NOT_CONFIGURABLE.includes(name));
  return [...dropped.map((vector) => fromVector(vector, macs)), ...handmade(macs), ...unseen(macs)];
}

function fromVector(vector: Vector, macs: Macs): HostileFrame {
  const octets = Uint8Array.from(Buffer.from(vector.hex, 'hex'));
  const packet =
    vector.link === 'ip' ? octets : ipv4(parseAddress(vector.src), parseAddress(vector.dst), 112, vector.ttl, octets);
  moveToVrid(packet, vridFor(vector));
  const target = TARGETS[vector.name] ?? 'both';
  const family = packet[0]! >> 4 === 6 ? 6 : 4;
  const frame =
    target === 'both'
      ? frameToGroup(macs.attacker, family, packet)
      : ethernet(macs.attacker, macs[target], ETHERTYPE_IPV4, packet);
  return { name: vector.name, target, frame, reason: vector.expect.error! };
}

function vridFor({ name, ctx }: Vector): number {
  if (ctx?.auth?.type === 2) return HostileVrid.ah;
  if (ctx?.auth?.type === 1) return HostileVrid.pass;
  if (ctx?.local_priority === 255) return HostileVrid.owner;
  if (ctx?.unicast_peers !== undefined) return HostileVrid.unicast;
  if (name.startsWith('v3-ip6')) return HostileVrid.ipv6;
  return name.startsWith('v2') ? HostileVrid.plain2 : HostileVrid.plain3;
}

/** Rewrites VRID 1 and adjusts the checksum by the difference (RFC 1624), so that a wrong one stays as wrong as it was. */
function moveToVrid(packet: Uint8Array, vrid: number): void {
  const isIpv6 = packet[0]! >> 4 === 6;
  const header = isIpv6 ? 40 : (packet[0]! & 15) * 4;
  const message = header + (!isIpv6 && packet[9] === 51 ? AH_BYTES : 0);
  if (packet[message + 1] !== 1) return;
  packet[message + 1] = vrid;
  if (message + 8 > packet.length) return;
  const checksum = packet[message + 6]! * 256 + packet[message + 7]!;
  let sum = (~checksum & 0xffff) + (vrid - 1);
  sum = (sum & 0xffff) + (sum >> 16);
  packet[message + 6] = (~sum & 0xffff) >> 8;
  packet[message + 7] = ~sum & 0xff;
}

/** A sound packet of the vectors' kind, to break. */
function soundPacket(source: string): Uint8Array {
  const message = Uint8Array.of(0x31, HostileVrid.plain3, 100, 1, 0, 100, 0, 0, ...parseAddress('192.0.2.254'));
  const checksum = internetChecksum(message);
  message.set([checksum >> 8, checksum & 255], 6);
  return ipv4(parseAddress(source), parseAddress('224.0.0.18'), 112, 255, message);
}

function handmade({ attacker, backup }: Macs): HostileFrame[] {
  const version5 = soundPacket('192.0.2.1');
  version5[0] = 0x55;
  const version4InIpv6 = soundPacket('192.0.2.1');
  const group = parseAddress('224.0.0.18');
  const ahCut = ipv4(parseAddress('192.0.2.1'), group, 51, 255, Uint8Array.of(112, 4, 0, 0, 192, 0, 2, 1, 0, 0));
  return [
    { name: 'IP version 5', target: 'both', frame: frameToGroup(attacker, 4, version5), reason: 'IP_BAD_VERSION' },
    {
      name: 'IPv6 in an IPv4 frame',
      target: 'both',
      frame: ethernet(attacker, GROUP_MAC, ETHERTYPE_IPV4, withVersion(version4InIpv6, 6)),
      reason: 'IP_BAD_VERSION',
    },
    { name: 'AH cut short', target: 'both', frame: frameToGroup(attacker, 4, ahCut), reason: 'AH_TRUNCATED' },
    {
      name: "the Backup's own source",
      target: 'backup',
      frame: ethernet(attacker, backup, ETHERTYPE_IPV4, soundPacket('192.0.2.3')),
      reason: 'OWN_ADVERT',
    },
  ];
}

/** What the socket filter, or the interface, keeps out before it costs anything. */
function unseen({ attacker }: Macs): HostileFrame[] {
  const sound = soundPacket('192.0.2.1');
  const ospf = ipv4(parseAddress('192.0.2.1'), parseAddress('224.0.0.18'), 89, 255, sound.slice(20));
  const vlan = Uint8Array.of(0x00, 0x07, ETHERTYPE_IPV4 >> 8, ETHERTYPE_IPV4 & 255, ...sound);
  return [
    { name: 'another protocol', target: 'both', frame: frameToGroup(attacker, 4, ospf), reason: undefined },
    { name: 'another VLAN', target: 'both', frame: ethernet(attacker, GROUP_MAC, 0x8100, vlan), reason: undefined },
    {
      name: "somebody else's MAC",
      target: 'both',
      frame: ethernet(attacker, '02:00:00:00:99:99', ETHERTYPE_IPV4, sound),
      reason: undefined,
    },
    {
      name: 'IPv4 in an IPv6 frame',
      target: 'both',
      frame: ethernet(attacker, GROUP_MAC, ETHERTYPE_IPV6, sound),
      reason: undefined,
    },
    {
      name: 'a header cut before its protocol',
      target: 'both',
      frame: ethernet(attacker, GROUP_MAC, ETHERTYPE_IPV4, sound.slice(0, 9)),
      reason: undefined,
    },
  ];
}

function withVersion(packet: Uint8Array, version: number): Uint8Array {
  packet[0] = version * 16 + (packet[0]! & 15);
  return packet;
}
