import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AdvertisementFields,
  AuthType,
  advertisementPacketBytes,
  ChecksumCoverage,
  Discard,
  Link,
  PortProfile,
  packAddresses,
  patchAdvertisementIdentification,
  patchAhSequence,
  patchPriority,
  Reception,
  RouterProfile,
  receive,
  writeAdvertisementFrame,
  writeAdvertisementPacket,
} from '../../src/index.ts';
import { naiveDecode } from './naive-decoder.ts';
import { buildPacket, type Recipe, recipe } from './naive-packet.ts';
import { Random } from './random.ts';
import { address, adverts, hex } from './vectors.ts';

/** The packet that `fields` describe, as the naive builder makes it. */
function naivePacket(fields: AdvertisementFields): Uint8Array {
  const length = fields.family === 4 ? 4 : 16;
  const addresses: Uint8Array[] = [];
  for (let at = 0; at < fields.addresses.length; at += length) addresses.push(fields.addresses.slice(at, at + length));
  const changes: Partial<Recipe> = {
    vrid: fields.vrid,
    priority: fields.priority,
    addresses,
    interval: fields.interval,
    ttl: fields.ttl,
    identification: fields.identification,
    source: fields.source,
    destination: fields.destination,
  };
  if (fields.version === 2) {
    changes.authType = fields.authType;
    if (fields.authType === AuthType.Pass) changes.authData = fields.key;
    if (fields.authType === AuthType.Ah) {
      changes.ah = { key: fields.key, sequence: fields.ahSequence, coversTtl: fields.ahIcvCoversTtl };
    }
  } else if (fields.family === 6 || fields.checksumForm === ChecksumCoverage.PseudoHeader) {
    changes.checksum = 'pseudo';
  }
  return buildPacket(recipe(fields.family, fields.version, changes));
}

function randomFields(random: Random): AdvertisementFields {
  const fields = new AdvertisementFields();
  fields.version = random.pick([2, 3]);
  fields.family = fields.version === 2 ? 4 : random.pick([4, 6]);
  fields.vrid = random.between(1, 255);
  fields.priority = random.between(0, 255);
  fields.interval = random.between(1, fields.version === 2 ? 255 : 4095);
  const length = fields.family === 4 ? 4 : 16;
  const most = fields.family === 4 ? 255 : 90;
  const addresses = Array.from({ length: random.chance(10) ? most : random.between(1, 5) }, () => random.bytes(length));
  if (fields.family === 6) addresses[0]!.set([0xfe, 0x80]);
  fields.addresses = packAddresses(addresses);
  fields.sourceMac = random.bytes(6);
  fields.destinationMac = random.bytes(6);
  fields.source = fields.family === 4 ? random.bytes(4) : Uint8Array.of(0xfe, 0x80, ...random.bytes(14));
  fields.destination = address(fields.family === 4 ? '224.0.0.18' : 'ff02::12');
  fields.identification = random.between(0, 0xffff);
  fields.checksumForm = random.pick([ChecksumCoverage.Message, ChecksumCoverage.PseudoHeader]);
  fields.authType = fields.version === 2 ? random.pick([AuthType.None, AuthType.Pass, AuthType.Ah]) : AuthType.None;
  fields.key = Uint8Array.from(random.bytes(8), (octet) => 32 + (octet % 95));
  fields.hmacKey.set(fields.key);
  fields.ahSequence = random.between(1, 0xffffffff);
  fields.ahIcvCoversTtl = random.chance(50);
  return fields;
}

/** Writes into the middle of a dirty array and checks that nothing around it changed. */
function write(random: Random, fields: AdvertisementFields): Uint8Array {
  const bytes = random.bytes(2000);
  const before = Uint8Array.from(bytes);
  const start = random.between(0, 100);
  const end = writeAdvertisementPacket(bytes, start, fields);
  assert.equal(end, start + advertisementPacketBytes(fields));
  assert.deepEqual(bytes.subarray(0, start), before.subarray(0, start));
  assert.deepEqual(bytes.subarray(end), before.subarray(end));
  return bytes.slice(start, end);
}

describe('emit', () => {
  test('writes what the naive builder writes, over any old octets [PKT-01] [PKT-02] [PKT-03] [PKT-04] [PKT-06] [PKT-07]', () => {
    const random = new Random(1);
    for (let round = 0; round < 2000; round++) {
      const fields = randomFields(random);
      assert.deepEqual(write(random, fields), naivePacket(fields), `round ${round}`);
    }
  });

  test('is accepted by the ladder and means the same to the naive decoder [PKT-05] [PKT-08] [V2-03]', () => {
    const random = new Random(2);
    const out = new Reception();
    for (let round = 0; round < 2000; round++) {
      const fields = randomFields(random);
      const packet = write(random, fields);
      const port = new PortProfile();
      const router = new RouterProfile(fields.family, fields.vrid);
      const type = (['none', 'pass', 'ah'] as const)[fields.authType];
      router.setAuthentication({ type, key: fields.key });
      router.ahIcvCoversTtl = fields.ahIcvCoversTtl;
      router.v2IntervalSeconds = fields.interval;
      router.v3IntervalCentiseconds = fields.interval;
      port.add(router);
      const verdict = receive(packet, 0, packet.length, Link.Ip, port, out);
      assert.equal(verdict, Discard.None, `round ${round}`);
      assert.equal(out.warnings, 0);
      const naive = naiveDecode(packet, {
        type: fields.authType,
        key: Buffer.from(fields.key).toString('latin1'),
        keepalived_ttl: fields.ahIcvCoversTtl,
      });
      assert.deepEqual(
        [naive.version, naive.vrid, naive.priority, naive.count],
        [fields.version, fields.vrid, fields.priority, out.count],
      );
      assert.equal(out.count, fields.addresses.length / out.addressLength);
      assert.equal(out.interval, fields.interval);
      assert.deepEqual(
        packet.slice(out.addressesStart, out.addressesStart + fields.addresses.length),
        fields.addresses,
      );
    }
  });

  test('sends TTL 255, class CS6, no fragmentation flags and the group [IP-05] [IP-07] [IP-08]', () => {
    for (const family of [4, 6] as const) {
      const fields = randomFields(new Random(family));
      fields.family = family;
      fields.version = 3;
      fields.addresses = Uint8Array.from(recipe(family, 3).addresses[0]!);
      fields.source = recipe(family, 3).source;
      fields.destination = recipe(family, 3).destination;
      const packet = write(new Random(3), fields);
      if (family === 4) {
        assert.deepEqual([packet[1], packet[6], packet[7], packet[8], packet[9]], [0xc0, 0, 0, 255, 112]);
      } else {
        assert.deepEqual([packet[0], packet[1], packet[6], packet[7]], [0x6c, 0, 112, 255]);
      }
    }
  });

  test('holds 255 IPv4 addresses, and 90 IPv6 addresses within an Ethernet MTU [PKT-11]', () => {
    const fields = new AdvertisementFields();
    fields.addresses = new Random(4).bytes(4 * 255);
    fields.destination = address('224.0.0.18');
    assert.equal(write(new Random(5), fields)[23], 255);
    fields.family = 6;
    fields.source = address('fe80::1');
    fields.destination = address('ff02::12');
    fields.addresses = Uint8Array.of(...address('fe80::5'), ...new Random(6).bytes(16 * 89));
    assert.ok(write(new Random(5), fields).length <= 1500);
    fields.addresses = Uint8Array.of(...fields.addresses, ...address('2001:db8::1'));
    assert.ok(write(new Random(5), fields).length > 1500);
  });

  test('puts an Ethernet header in front [PKT-10]', () => {
    const fields = randomFields(new Random(8));
    const bytes = new Random(9).bytes(2000);
    const end = writeAdvertisementFrame(bytes, 3, fields);
    assert.equal(end, 3 + 14 + advertisementPacketBytes(fields));
    assert.deepEqual(bytes.slice(3, 9), fields.destinationMac);
    assert.deepEqual(bytes.slice(9, 15), fields.sourceMac);
    assert.deepEqual(bytes.slice(15, 17), Uint8Array.of(...(fields.family === 4 ? [8, 0] : [0x86, 0xdd])));
    assert.deepEqual(bytes.slice(17, end), naivePacket(fields));
  });
});

describe('golden adverts that we could have sent', () => {
  /** Rebuilds the vector from its own meaning; undefined when it has something that we never send. */
  function rebuild(vector: (typeof adverts)[number]): Uint8Array | undefined {
    const { expect } = vector;
    if (!expect.ok || vector.link !== 'ip' || (expect.reserved ?? 0) !== 0) return undefined;
    if (/ffff-alias|tos0|options|hop-by-hop|padding/.test(vector.name)) return undefined;
    const auth = vector.ctx?.auth;
    const fields = new AdvertisementFields();
    fields.family = expect.family === 'ipv4' ? 4 : 6;
    fields.version = expect.version as 2 | 3;
    fields.vrid = expect.vrid as number;
    fields.priority = expect.priority as number;
    fields.interval = (expect.adver_int_s ?? expect.max_adver_int_cs) as number;
    fields.addresses = packAddresses((expect.addresses as string[]).map(address));
    fields.source = address(vector.src);
    fields.destination = address(vector.dst);
    fields.identification = 1;
    fields.checksumForm = expect.checksum_form === 'pseudo' ? ChecksumCoverage.PseudoHeader : ChecksumCoverage.Message;
    fields.authType = (expect.auth_type ?? 0) as AuthType;
    fields.key = Uint8Array.from(Buffer.concat([Buffer.from(auth?.key ?? ''), Buffer.alloc(8)]).subarray(0, 8));
    fields.hmacKey.set(fields.key);
    fields.ahIcvCoversTtl = auth?.keepalived_ttl ?? true;
    const bytes = new Uint8Array(2000).fill(0xa5);
    return bytes.slice(0, writeAdvertisementPacket(bytes, 0, fields));
  }

  let rebuilt = 0;
  for (const vector of adverts) {
    const bytes = rebuild(vector);
    if (bytes === undefined) continue;
    rebuilt++;
    test(`${vector.name} is written octet for octet [CSUM-03] [CSUM-04]`, () => {
      assert.deepEqual(bytes, hex(vector.hex));
    });
  }
  test('there are enough of them', () => assert.ok(rebuilt >= 25, `${rebuilt}`));

  test('unicast AH of keepalived counts the TTL as zero [V2-A-03]', () => {
    const captured =
      '45c0004000010000ff3336c6c0000201c000020270040000c00002010000000150bebe4d2bfafc63a8f2e6e7213364010201b5cbc00002fe0000000000000000';
    const fields = new AdvertisementFields();
    fields.version = 2;
    fields.vrid = 51;
    fields.interval = 1;
    fields.addresses = address('192.0.2.254');
    fields.source = address('192.0.2.1');
    fields.destination = address('192.0.2.2');
    fields.identification = 1;
    fields.authType = AuthType.Ah;
    fields.hmacKey.set(Uint8Array.from(Buffer.from('s3cret\0\0')));
    fields.ahIcvCoversTtl = false;
    assert.equal(Buffer.from(write(new Random(10), fields)).toString('hex'), captured);
  });
});

describe('patches give the same octets as building again', () => {
  function checkPatch(
    seed: number,
    change: (fields: AdvertisementFields, random: Random) => (bytes: Uint8Array, start: number) => void,
  ): void {
    const random = new Random(seed);
    for (let round = 0; round < 2000; round++) {
      const fields = randomFields(random);
      const bytes = new Uint8Array(2000);
      const end = writeAdvertisementPacket(bytes, 7, fields);
      change(fields, random)(bytes, 7);
      assert.deepEqual(bytes.slice(7, end), naivePacket(fields), `round ${round}`);
    }
  }

  test('of the priority', () => {
    checkPatch(11, (fields, random) => {
      const priority = random.between(0, 255);
      return (bytes, start) => {
        patchPriority(bytes, start, fields, random.between(0, 255));
        patchPriority(bytes, start, fields, priority);
        fields.priority = priority;
      };
    });
  });

  test('of the AH sequence', () => {
    checkPatch(12, (fields, random) => {
      fields.ahSequence = random.between(1, 0xffffffff);
      return (bytes, start) => patchAhSequence(bytes, start, fields, fields.ahSequence);
    });
  });

  test('of the IPv4 identification', () => {
    checkPatch(13, (fields, random) => {
      fields.identification = random.between(0, 0xffff);
      return (bytes, start) => patchAdvertisementIdentification(bytes, start, fields, fields.identification);
    });
  });

  test('of everything, in any order', () => {
    checkPatch(14, (fields, random) => (bytes, start) => {
      for (let step = 0; step < 5; step++) {
        const kind = random.between(0, 2);
        if (kind === 0) {
          fields.priority = random.between(0, 255);
          patchPriority(bytes, start, fields, fields.priority);
        } else if (kind === 1) {
          fields.ahSequence = random.between(1, 0xffffffff);
          patchAhSequence(bytes, start, fields, fields.ahSequence);
        } else {
          fields.identification = random.between(0, 0xffff);
          patchAdvertisementIdentification(bytes, start, fields, fields.identification);
        }
      }
    });
  });
});
