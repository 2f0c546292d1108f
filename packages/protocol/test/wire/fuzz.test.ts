import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISCARD_COUNT, Discard, discardCode, Link, Reception, receive } from '../../src/index.ts';
import { describeReception } from './described.ts';
import { naiveDecode, onesComplementSum } from './naive-decoder.ts';
import { buildPacket, recipe } from './naive-packet.ts';
import { Random } from './random.ts';
import { adverts, hex, portOf } from './vectors.ts';

const ROUNDS = 200_000;
const KEY = 's3cret';

const seeds: readonly Uint8Array[] = [
  ...adverts.filter((vector) => vector.link === 'ip').map((vector) => hex(vector.hex)),
  buildPacket(recipe(4, 3, { options: Uint8Array.of(1, 1, 1, 0) })),
  buildPacket(recipe(6, 3, { options: new Uint8Array(16) })),
  buildPacket(recipe(6, 3, { fragment: 1 })),
];

/** Changes a packet in a few places; often repairs the IP header checksum so that later checks are reached. */
function mutate(random: Random, seed: Uint8Array): Uint8Array {
  let packet = Buffer.from(seed);
  for (let changes = random.between(0, 3); changes > 0; changes--) {
    const kind = random.between(0, 9);
    if (kind === 0) packet = packet.subarray(0, random.between(0, packet.length));
    else if (kind === 1) packet = Buffer.concat([packet, random.bytes(random.between(1, 20))]);
    else if (packet.length > 0 && kind < 6) packet[random.between(0, packet.length - 1)] = random.next() & 0xff;
    else if (packet.length > 0)
      packet[random.between(0, Math.min(63, packet.length - 1))]! ^= 1 << random.between(0, 7);
  }
  if (packet.length >= 20 && packet[0]! >> 4 === 4 && random.chance(90)) {
    if (random.chance(50)) packet.writeUInt16BE(packet.length, 2);
    const header = packet.subarray(0, Math.min(packet.length, Math.max(20, (packet[0]! & 15) * 4)));
    header.writeUInt16BE(0, 10);
    header.writeUInt16BE(0xffff - onesComplementSum([header]), 10);
  }
  if (random.chance(30)) repairMessageChecksum(packet);
  return Uint8Array.from(packet);
}

/** Makes the message-only checksum right where the packet is IPv4 without options. */
function repairMessageChecksum(packet: Buffer): void {
  if (packet.length < 28 || packet[0] !== 0x45 || packet[9] !== 112) return;
  const message = packet.subarray(20, Math.min(packet.length, packet.readUInt16BE(2)));
  if (message.length < 8) return;
  message.writeUInt16BE(0, 6);
  message.writeUInt16BE(0xffff - onesComplementSum([message]), 6);
}

/** All of a reception, with offsets relative to `start`. */
function snapshot(out: Reception, start: number): unknown[] {
  const offsets = [out.packetStart, out.sourceStart, out.destinationStart, out.messageStart, out.messageEnd];
  return [
    ...offsets.map((offset) => (offset < 0 ? -1 : offset - start)),
    ...[out.family, out.ttl, out.protocol, out.version, out.type, out.vrid, out.priority, out.count, out.checksum],
    ...[out.checksumForm, out.reserved, out.interval, out.authType, out.ahSequence, out.warnings, out.addressesMatch],
    out.router,
  ];
}

test('no packet makes the ladder throw, and it accepts what the naive decoder accepts [RX-23]', () => {
  const random = new Random(20240515);
  const out = new Reception();
  const seen = new Uint32Array(DISCARD_COUNT);
  const ports = [
    { port: portOf(), auth: undefined },
    { port: portOf({ auth: { type: 1, key: KEY } }), auth: { type: 1, key: KEY } },
    { port: portOf({ auth: { type: 2, key: KEY } }), auth: { type: 2, key: KEY } },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const packet = mutate(random, random.pick(seeds));
    const { port, auth } = random.pick(ports);
    const verdict = receive(packet, 0, packet.length, Link.Ip, port, out);
    assert.ok(verdict >= 0 && verdict < DISCARD_COUNT);
    seen[verdict]!++;
    if (verdict !== Discard.None) continue;
    // Whoever accepts must be right; the other direction is below, for packets that are not broken by configuration.
    const naive = naiveDecode(packet, auth);
    const { warnings: _, ...fields } = describeReception(packet, verdict, out);
    assert.deepEqual(fields, naive, Buffer.from(packet).toString('hex'));
  }
  const reached = [...seen.keys()].filter((reason) => seen[reason]! > 0);
  const unreachable: number[] = [Discard.LocalIsOwner, Discard.AddressListMismatch, Discard.AhReplay];
  const missing = [...seen.keys()].filter((reason) => !reached.includes(reason) && !unreachable.includes(reason));
  assert.deepEqual(missing.map(discardCode), [], 'every reason is reached');
});

test('what the naive decoder accepts is accepted, unless the configuration forbids it [RX-23]', () => {
  const random = new Random(7);
  const out = new Reception();
  const port = portOf();
  const byConfiguration: number[] = [
    Discard.BadDestination,
    Discard.OwnAdvert,
    Discard.UnknownVrid,
    Discard.IntervalMismatch,
  ];
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const packet = mutate(random, random.pick(seeds));
    let isSound = true;
    try {
      naiveDecode(packet);
    } catch {
      isSound = false;
    }
    const verdict = receive(packet, 0, packet.length, Link.Ip, port, out);
    if (verdict === Discard.None) accepted++;
    if (isSound && !byConfiguration.includes(verdict)) {
      assert.equal(discardCode(verdict), 'ACCEPTED', Buffer.from(packet).toString('hex'));
    }
  }
  assert.ok(accepted > 500, `${accepted}`);
});

test('no octet outside the packet has a say in the verdict [IP-09] [RX-23]', () => {
  const random = new Random(99);
  const out = new Reception();
  const port = portOf({ auth: { type: 2, key: KEY } });
  for (let round = 0; round < 50_000; round++) {
    const packet = mutate(random, random.pick(seeds));
    const link = random.chance(50) ? Link.Ip : Link.Ethernet;
    const header = link === Link.Ip ? [] : [1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0, 1, 8, 0];
    const frame = Uint8Array.of(...header, ...packet);
    const results: unknown[] = [];
    for (const poison of [0x00, 0xff, 0x2f]) {
      const before = random.between(0, 40);
      const bytes = new Uint8Array(before + frame.length + 300).fill(poison);
      bytes.set(frame, before);
      const verdict = receive(bytes, before, before + frame.length, link, port, out);
      results.push([verdict, ...snapshot(out, before)]);
    }
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  }
});

test('bare messages of any length and content get a reason [RX-02] [RX-23]', () => {
  const random = new Random(5);
  const out = new Reception();
  const port = portOf();
  for (let round = 0; round < 50_000; round++) {
    const family = random.pick([4, 6] as const);
    const length = family === 4 ? 4 : 16;
    const head = buildPacket(recipe(family, 3)).slice(family === 4 ? 12 : 8, family === 4 ? 20 : 40);
    const bytes = Uint8Array.of(...head, ...random.bytes(random.between(0, 40)));
    if (random.chance(80)) bytes[2 * length] = random.pick([0x21, 0x31]);
    out.prepare(family, 255, 0, length);
    const verdict = receive(bytes, 2 * length, bytes.length, Link.Vrrp, port, out);
    assert.ok(verdict >= 0 && verdict < DISCARD_COUNT);
  }
});
