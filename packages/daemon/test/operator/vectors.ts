/** The conformance vectors, and their contexts as options of `locum decode`. */
import { readFileSync } from 'node:fs';

export interface Expectation {
  readonly ok: boolean;
  readonly error?: string;
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
  readonly ttl: number;
  readonly ctx?: Context;
  readonly expect: Expectation;
  readonly alt?: readonly { readonly ctx: Context; readonly expect: Expectation }[];
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../../vectors/${name}`, import.meta.url), 'utf8')) as T;
}

export const adverts = load<readonly AdvertVector[]>('adverts.json');
export const announcements = load<readonly { readonly name: string; readonly hex: string }[]>('announcements.json');

/** How to say each part of a context on the command line; null and absent parts say nothing. */
const words: { readonly [Key in keyof Required<Context>]: (value: NonNullable<Context[Key]>) => string[] } = {
  vrids: (value) => ['--vrid', value.join()],
  versions: (value) => ['--versions', value.join()],
  auth: ({ type, key, keepalived_ttl }) => [
    type === 1 ? '--auth-pass' : '--auth-ah',
    key,
    ...(keepalived_ttl === false ? ['--ah-rfc2402'] : []),
  ],
  ah_last_seq: (value) => ['--ah-last-seq', String(value)],
  v2_adver: (value) => ['--v2-interval', String(value)],
  v3_adver: (value) => ['--v3-interval', String(value)],
  v3_ip4_checksum: (value) => ['--checksum', { either: 'either', msg: 'message', pseudo: 'pseudo-header' }[value]],
  local_priority: (value) => ['--priority', String(value)],
  owner_policy: (value) => ['--owner-policy', value === 'rfc9568' ? 'discard' : 'process'],
  exact_length: (value) => (value ? [] : ['--no-exact-length']),
  vips: (value) => ['--addresses', value.join()],
  unicast_peers: (value) => value.flatMap((peer) => ['--unicast-peer', peer]),
};

export function optionsOf(context: Context): string[] {
  return Object.entries(context).flatMap(([key, value]) => {
    const say = words[key as keyof Context] as ((value: unknown) => string[]) | undefined;
    if (say === undefined) throw new Error(`no option for context ${key}`);
    return value === null ? [] : say(value);
  });
}
