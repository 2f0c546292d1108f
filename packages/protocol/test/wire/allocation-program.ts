/**
 * Run by allocation.test.ts: every way to read and write a packet.
 */
import {
  AdvertisementFields,
  AuthType,
  ChecksumCoverage,
  Discard,
  Link,
  patchAhSequenceFrom,
  patchPriority,
  Reception,
  receive,
  writeAdvertisementFrame,
  writeAdvertisementPacket,
  writeGratuitousArp,
  writeNeighborAdvertisement,
} from '../../src/index.ts';
import { printGrowth } from '../heap-growth.ts';
import { buildPacket, recipe } from './naive-packet.ts';
import { address, portOf } from './vectors.ts';

const KEY = Uint8Array.from(Buffer.from('s3cret\0\0'));

const out = new Reception();
const bytes = new Uint8Array(2048);

function receiving(packet: Uint8Array, port = portOf(), expected: Discard = Discard.None): () => void {
  return () => {
    if (receive(packet, 0, packet.length, Link.Ip, port, out) !== expected) throw new Error('another verdict');
  };
}

function writing(fields: AdvertisementFields): () => void {
  // AH ends where its sequence is patched below.
  const start = fields.authType === AuthType.Ah ? 1000 : 0;
  return () => {
    writeAdvertisementFrame(bytes, start, fields);
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

const pass = fieldsOf({ version: 2, interval: 1, authType: AuthType.Pass, key: KEY });
const v3Ipv6 = fieldsOf({
  family: 6,
  addresses: address('fe80::5'),
  source: address('fe80::1'),
  destination: address('ff02::12'),
});
const passPort = portOf({ auth: { type: 1, key: 's3cret' } });
const passPacket = buildPacket(recipe(4, 2, { authType: 1, authData: KEY }));

const cases: Record<string, () => void> = {
  'receive v2': receiving(buildPacket(recipe(4, 2))),
  'receive v2 PASS': receiving(passPacket, passPort),
  'receive v2 AH': receiving(ahPacket, ahPort),
  'receive v3/IPv4, message alone': receiving(buildPacket(recipe(4, 3))),
  'receive v3/IPv4, pseudo-header': receiving(buildPacket(recipe(4, 3, { checksum: 'pseudo' }))),
  'receive v3/IPv6': receiving(buildPacket(recipe(6, 3))),
  'receive v3/IPv6 with list': receiving(buildPacket(recipe(6, 3)), portOf({ vips: ['fe80::5'] })),
  'drop a forged v2': receiving(buildPacket(recipe(4, 2, { checksum: 'bad' })), portOf(), Discard.BadChecksum),
  'drop a forged v3/IPv4': receiving(buildPacket(recipe(4, 3, { checksum: 'bad' })), portOf(), Discard.BadChecksum),
  'drop a forged v3/IPv6': receiving(buildPacket(recipe(6, 3, { checksum: 'bad' })), portOf(), Discard.BadChecksum),
  'drop an AH with another key': receiving(ahPacket, portOf({ auth: { type: 2, key: 'other' } }), Discard.AuthFailure),
  'write v2': writing(fieldsOf({ version: 2, interval: 1 })),
  'write v2 PASS': writing(pass),
  'write v2 AH': writing(ah),
  'write v3/IPv4': writing(v3),
  'write v3/IPv4, pseudo-header': writing(fieldsOf({ checksumForm: ChecksumCoverage.PseudoHeader })),
  'write v3/IPv6': writing(v3Ipv6),
  'write a unicast v3/IPv4': () => {
    writeAdvertisementPacket(bytes, 400, v3);
  },
  'patch priority': () => {
    patchPriority(bytes, 14, v3, priority[0]!++);
  },
  'patch AH sequence': () => {
    sequence[0]!++;
    patchAhSequenceFrom(bytes, 1014, ah, sequence, 0);
  },
  'write a gratuitous ARP': () => {
    writeGratuitousArp(bytes, 200, mac, ipv4);
  },
  'write a Neighbour Advertisement': () => {
    writeNeighborAdvertisement(bytes, 300, mac, ipv6, true);
  },
};

printGrowth(cases);
