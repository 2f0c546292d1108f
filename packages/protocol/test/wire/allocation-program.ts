/**
 * Run by allocation.test.ts: prints how many octets each case allocates in a million calls, as JSON.
 *
 * Needs --expose-gc, and --min-semi-space-size=64 so that no collection happens between the two readings of the heap:
 * garbage counts as well as what is kept.
 */
import {
  AdvertisementFields,
  AuthType,
  Discard,
  Link,
  patchAhSequenceFrom,
  patchPriority,
  Reception,
  receive,
  writeAdvertisementFrame,
  writeGratuitousArp,
  writeNeighborAdvertisement,
} from '../../src/index.ts';
import { buildPacket, recipe } from './naive-packet.ts';
import { address, portOf } from './vectors.ts';

const ROUNDS = 1_000_000;
const BATCHES = 3;
/** A batch that leaves less than this shows that a call costs nothing; otherwise another is tried. */
const QUIET_BYTES = 20_000;
const KEY = Uint8Array.from(Buffer.from('s3cret\0\0'));
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run with --expose-gc');

const out = new Reception();
const bytes = new Uint8Array(2048);

function receiving(packet: Uint8Array, port = portOf(), expected: Discard = Discard.None): () => void {
  return () => {
    if (receive(packet, 0, packet.length, Link.Ip, port, out) !== expected) throw new Error('another verdict');
  };
}

function fieldsOf(changes: Partial<AdvertisementFields>): AdvertisementFields {
  const fields = new AdvertisementFields();
  fields.addresses = address('192.0.2.254');
  Object.assign(fields, changes);
  fields.hmacKey.set(KEY);
  return fields;
}

const v3 = fieldsOf({});
const ah = fieldsOf({ version: 2, interval: 1, authType: AuthType.Ah });
const ahPort = portOf({ auth: { type: 2, key: 's3cret' } });
const ahPacket = buildPacket(recipe(4, 2, { authType: 2, ah: { key: KEY, sequence: 0xffffff00, coversTtl: true } }));
const mac = new Uint8Array(6);
const ipv4 = address('192.0.2.254');
const ipv6 = address('fe80::5');
const priority = Uint8Array.of(0);
/** Above 2^31, where a number that is handed around may become an object. */
const sequence = Float64Array.of(3_000_000_000);

const cases: Record<string, () => void> = {
  'receive v2': receiving(buildPacket(recipe(4, 2))),
  'receive v3/IPv4, pseudo-header': receiving(buildPacket(recipe(4, 3, { checksum: 'pseudo' }))),
  'receive v3/IPv6 with list': receiving(buildPacket(recipe(6, 3)), portOf({ vips: ['fe80::5'] })),
  'receive AH': receiving(ahPacket, ahPort),
  'drop a forged packet': receiving(buildPacket(recipe(4, 3, { checksum: 'bad' })), portOf(), Discard.BadChecksum),
  'write v3': () => {
    writeAdvertisementFrame(bytes, 0, v3);
  },
  'write AH': () => {
    writeAdvertisementFrame(bytes, 1000, ah);
  },
  'patch priority': () => {
    patchPriority(bytes, 14, v3, priority[0]!++);
  },
  'patch AH sequence': () => {
    sequence[0]!++;
    patchAhSequenceFrom(bytes, 1014, ah, sequence, 0);
  },
  'write announcements': () => {
    writeGratuitousArp(bytes, 200, mac, ipv4);
    writeNeighborAdvertisement(bytes, 300, mac, ipv6, true);
  },
};

// A function of its own, so that the runtime compiles it once and not the whole module again for every case.
function repeat(run: () => void, rounds: number): void {
  for (let round = 0; round < rounds; round++) run();
}

for (let batch = 0; batch < 200; batch++) {
  for (const run of Object.values(cases)) repeat(run, 200);
}
const growth: Record<string, number> = {};
for (const [name, run] of Object.entries(cases)) {
  growth[name] = Infinity;
  for (let batch = 0; batch < BATCHES && growth[name] > QUIET_BYTES; batch++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    repeat(run, ROUNDS);
    // The runtime compiles when it likes, which costs memory once: the best batch shows what a call costs.
    growth[name] = Math.min(growth[name], process.memoryUsage().heapUsed - before);
  }
}
process.stdout.write(`${JSON.stringify(growth)}\n`);
