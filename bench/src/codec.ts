/**
 * Codec: nanoseconds to judge a received advert with every check, to write one, and to patch one.
 *
 * Each case adds up something of what it did, so that a run which did nothing, or something else, is seen.
 */
import {
  AdvertisementFields,
  AuthType,
  ChecksumCoverage,
  Discard,
  Link,
  PortProfile,
  packAddresses,
  parseAddress,
  patchAhSequence,
  patchPriority,
  Reception,
  RouterProfile,
  receive,
  writeAdvertisementFrame,
} from '@locum/protocol';
import type { Row } from './main.ts';

const CASE_MILLISECONDS = 150;
const BATCH = 2000;
const WARM_UP = 20 * BATCH;
const ETHERNET_HEADER_BYTES = 14;

interface Case {
  readonly name: string;
  /** Runs once and returns a number that depends on the work. */
  readonly run: (round: number) => number;
  /** What the numbers of the first batch add up to when the work is right. */
  readonly expected: number;
}

function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

function fieldsOf(changes: Partial<AdvertisementFields>, addresses: readonly string[]): AdvertisementFields {
  const fields = new AdvertisementFields();
  const isIpv6 = changes.family === 6;
  fields.addresses = packAddresses(addresses.map(address));
  fields.source = address(isIpv6 ? 'fe80::1' : '192.0.2.1');
  fields.destination = address(isIpv6 ? 'ff02::12' : '224.0.0.18');
  fields.hmacKey.set(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  return Object.assign(fields, changes);
}

const fields = {
  v2: fieldsOf({ version: 2, interval: 1 }, ['192.0.2.254']),
  v3: fieldsOf({ checksumForm: ChecksumCoverage.PseudoHeader }, ['192.0.2.254']),
  v3of20: fieldsOf(
    {},
    Array.from({ length: 20 }, (_, index) => `192.0.2.${200 + index}`),
  ),
  v6: fieldsOf({ family: 6 }, ['fe80::5', '2001:db8::254']),
  ah: fieldsOf({ version: 2, interval: 1, authType: AuthType.Ah }, ['192.0.2.254']),
};

const out = new Reception();

function decoding(name: string, from: AdvertisementFields, spoil = false): Case {
  const port = new PortProfile();
  const router = new RouterProfile(from.family, from.vrid);
  if (from.authType === AuthType.Ah) {
    router.setAuthentication({ type: 'ah', key: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
  }
  port.add(router);
  const bytes = new Uint8Array(512);
  const end = writeAdvertisementFrame(bytes, 0, from);
  if (spoil) bytes[end - 1]! ^= 1;
  const verdict = spoil ? Discard.BadChecksum : Discard.None;
  const run = (): number => {
    if (receive(bytes, 0, end, Link.Ethernet, port, out) !== verdict) return Number.NaN;
    return out.vrid + out.count + out.interval;
  };
  const count = from.addresses.length / (from.family === 4 ? 4 : 16);
  return { name, run, expected: BATCH * (from.vrid + count + from.interval) };
}

function writing(name: string, from: AdvertisementFields): Case {
  const bytes = new Uint8Array(512);
  const end = writeAdvertisementFrame(bytes, 0, from);
  const last = bytes[end - 1]!;
  return {
    name,
    run: () => {
      const written = writeAdvertisementFrame(bytes, 0, from);
      return written + bytes[written - 1]!;
    },
    expected: BATCH * (end + last),
  };
}

/** Patches and reads back the last octet of the ICV or the priority, and compares with frames that were written. */
function patching(name: string, from: AdvertisementFields, kind: 'priority' | 'sequence'): Case {
  const bytes = new Uint8Array(512);
  writeAdvertisementFrame(bytes, 0, from);
  const packet = ETHERNET_HEADER_BYTES;
  const watched = packet + (kind === 'priority' ? 27 : 43);
  const run = (round: number): number => {
    if (kind === 'priority') patchPriority(bytes, packet, from, round & 0xff);
    else patchAhSequence(bytes, packet, from, round + 1);
    return bytes[watched]!;
  };
  const rebuilt = new Uint8Array(512);
  const again = Object.assign(new AdvertisementFields(), from);
  let expected = 0;
  for (let round = 0; round < BATCH; round++) {
    if (kind === 'priority') again.priority = round & 0xff;
    else again.ahSequence = round + 1;
    writeAdvertisementFrame(rebuilt, 0, again);
    expected += rebuilt[watched]!;
  }
  return { name, run, expected };
}

const cases: readonly Case[] = [
  decoding('receive v2', fields.v2),
  decoding('receive v3/IPv4, 1 address, pseudo-header', fields.v3),
  decoding('receive v3/IPv4, 20 addresses', fields.v3of20),
  decoding('receive v3/IPv6, 2 addresses', fields.v6),
  decoding('receive v2 with AH', fields.ah),
  decoding('drop v3/IPv4 with a bad checksum', fields.v3, true),
  writing('write v3/IPv4, 1 address', fields.v3),
  writing('write v3/IPv6, 2 addresses', fields.v6),
  writing('write v2 with AH', fields.ah),
  patching('patch the priority of v3/IPv4', fields.v3, 'priority'),
  patching('patch the AH sequence', fields.ah, 'sequence'),
];

function measure(subject: Case): Row {
  const samples: number[] = [];
  for (let round = 0; round < WARM_UP; round++) subject.run(round);
  let operations = 0;
  const stopAt = performance.now() + CASE_MILLISECONDS;
  while (performance.now() < stopAt) {
    const before = performance.now();
    let sum = 0;
    for (let round = 0; round < BATCH; round++) sum += subject.run(round);
    samples.push(((performance.now() - before) * 1e6) / BATCH);
    if (sum !== subject.expected) throw new Error(`${subject.name}: added up to ${sum}, not ${subject.expected}`);
    operations += BATCH;
  }
  samples.sort((first, second) => first - second);
  const at = (share: number): number => samples[Math.floor((samples.length - 1) * share)]!;
  return { name: subject.name, count: operations, median: at(0.5), p99: at(0.99), unit: 'ns' };
}

export async function run(): Promise<Row[]> {
  return cases.map(measure);
}
