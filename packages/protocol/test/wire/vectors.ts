/** The data in /vectors, typed, and receivers configured as its contexts say (see vectors/README.md). */
import { readFileSync } from 'node:fs';
import {
  ChecksumCoverage,
  Link,
  OwnerPolicy,
  PortProfile,
  parseAddress,
  type Reception,
  RouterProfile,
} from '../../src/index.ts';

export interface Expectation {
  readonly ok: boolean;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly [field: string]: unknown;
}

export interface Context {
  readonly vrids?: readonly number[];
  readonly versions?: readonly number[];
  readonly auth?: { readonly type: number; readonly key: string; readonly keepalived_ttl?: boolean } | null;
  readonly ah_last_seq?: number | null;
  readonly v2_adver?: number;
  readonly v3_adver?: number;
  readonly v3_ip4_checksum?: 'either' | 'msg' | 'pseudo';
  readonly local_priority?: number;
  readonly owner_policy?: string;
  readonly exact_length?: boolean;
  readonly vips?: readonly string[] | null;
  readonly unicast_peers?: readonly string[] | null;
}

export interface AdvertVector {
  readonly name: string;
  readonly link: 'ip' | 'vrrp';
  readonly hex: string;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number | null;
  readonly ctx?: Context;
  readonly expect: Expectation;
  readonly alt?: readonly { readonly ctx: Context; readonly expect: Expectation }[];
}

export interface FrameVector {
  readonly name: string;
  readonly hex: string;
}

export interface TieBreakVector {
  readonly local: string;
  readonly sender: string;
  readonly sender_wins: boolean;
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../../vectors/${name}`, import.meta.url), 'utf8')) as T;
}

export const adverts = load<readonly AdvertVector[]>('adverts.json');
export const announcements = load<readonly FrameVector[]>('announcements.json');
export const tieBreaks = load<readonly TieBreakVector[]>('tie-breaks.json');

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

const KNOWN = new Set(
  'vrids versions auth ah_last_seq v2_adver v3_adver v3_ip4_checksum local_priority owner_policy exact_length vips unicast_peers'.split(
    ' ',
  ),
);

/** A port as the default context describes it, changed by `context`. */
export function portOf(context: Context = {}): PortProfile {
  for (const key of Object.keys(context)) {
    if (!KNOWN.has(key)) throw new Error(`unknown context key ${key}`);
  }
  const port = new PortProfile();
  port.setLocalAddresses([address('192.0.2.2'), address('fe80::2')]);
  for (const vrid of context.vrids ?? [1]) {
    for (const family of [4, 6] as const) port.add(routerOf(family, vrid, context));
  }
  return port;
}

function routerOf(family: 4 | 6, vrid: number, context: Context): RouterProfile {
  const isOfFamily = (text: string): boolean => text.includes(':') === (family === 6);
  const router = new RouterProfile(family, vrid);
  router.versions = (context.versions ?? [2, 3]).reduce((mask, version) => mask | (1 << version), 0);
  router.priority = context.local_priority ?? 100;
  router.v2IntervalSeconds = context.v2_adver ?? 1;
  router.v3IntervalCentiseconds = context.v3_adver ?? 100;
  router.exactLength = context.exact_length ?? true;
  router.ownerPolicy = context.owner_policy === 'rfc9568' ? OwnerPolicy.Discard : OwnerPolicy.Process;
  const { Message, PseudoHeader } = ChecksumCoverage;
  const forms = { either: Message | PseudoHeader, msg: Message, pseudo: PseudoHeader };
  router.acceptedChecksumForms = forms[context.v3_ip4_checksum ?? 'either'];
  if (context.vips) {
    router.checkAddressList = true;
    router.setAddresses(context.vips.filter(isOfFamily).map(address));
  }
  const peers = (context.unicast_peers ?? []).filter(isOfFamily);
  router.setUnicastPeers(peers.map((text) => ({ address: address(text), minTtl: 255, maxTtl: 255 })));
  if (context.auth) {
    const key = new Uint8Array(8);
    key.set(Buffer.from(context.auth.key).subarray(0, 8));
    router.setAuthentication({ type: context.auth.type === 1 ? 'pass' : 'ah', key });
    router.ahIcvCoversTtl = context.auth.keepalived_ttl ?? true;
    router.lastAhSequence = context.ah_last_seq ?? 0;
  }
  return router;
}

/** The bytes of a vector and where the packet is in them. A bare message gets its addresses put in front of it. */
export interface Placed {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly link: Link;
}

export function place(vector: Pick<AdvertVector, 'link' | 'hex' | 'src' | 'dst' | 'ttl'>, out: Reception): Placed {
  const packet = hex(vector.hex);
  if (vector.link === 'ip') return { bytes: packet, start: 0, end: packet.length, link: Link.Ip };
  const source = address(vector.src);
  const bytes = Uint8Array.of(...source, ...address(vector.dst), ...packet);
  const start = source.length * 2;
  out.prepare(source.length === 4 ? 4 : 6, vector.ttl ?? -1, 0, source.length);
  return { bytes, start, end: bytes.length, link: Link.Vrrp };
}
