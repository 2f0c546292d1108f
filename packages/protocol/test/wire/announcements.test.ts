import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  formatAddress,
  formatMac,
  groupMac,
  readArp,
  readNeighborAdvertisement,
  virtualMac,
  writeGratuitousArp,
  writeNeighborAdvertisement,
} from '../../src/index.ts';
import { onesComplementSum } from './naive-decoder.ts';
import { Random } from './random.ts';
import { address, announcements, hex } from './vectors.ts';

function golden(name: string): Uint8Array {
  const vector = announcements.find((candidate) => candidate.name === name);
  assert.ok(vector, name);
  return hex(vector.hex);
}

function patched(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy[at] = value;
  return copy;
}

/** A neighbour advertisement with one octet changed and its checksum made right again, the slow way. */
function resummed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Buffer.from(patched(frame, at, value));
  copy.writeUInt16BE(0, 56);
  const message = copy.subarray(54, 54 + copy.readUInt16BE(18));
  const pseudo = Buffer.concat([copy.subarray(22, 54), Buffer.of(0, message.length, 0, 58)]);
  copy.writeUInt16BE(0xffff - onesComplementSum([message, pseudo]), 56);
  return Uint8Array.from(copy);
}

test('MAC addresses of virtual routers and of groups [MAC-01]', () => {
  assert.equal(formatMac(virtualMac(4, 255)), '00:00:5e:00:01:ff');
  assert.equal(formatMac(virtualMac(6, 1)), '00:00:5e:00:02:01');
  assert.equal(formatMac(groupMac(address('224.0.0.18'))), '01:00:5e:00:00:12');
  assert.equal(formatMac(groupMac(address('239.255.1.2'))), '01:00:5e:7f:01:02');
  assert.equal(formatMac(groupMac(address('ff02::12'))), '33:33:00:00:00:12');
});

describe('gratuitous ARP', () => {
  const read = (frame: Uint8Array) => readArp(frame, 14, frame.length, 0);

  test('is the request form, octet for octet [ARP-02] [ARP-04]', () => {
    const bytes = new Random(1).bytes(100);
    const end = writeGratuitousArp(bytes, 5, virtualMac(4, 1), address('192.0.2.254'));
    assert.deepEqual(bytes.slice(5, end), golden('garp-request-tha-ff'));
  });

  test('is recognised in every form', () => {
    for (const name of ['garp-request-tha-ff', 'garp-request-tha-00', 'garp-reply']) {
      const frame = golden(name);
      const reading = read(frame);
      assert.deepEqual([reading.kind, reading.problem], ['gratuitous', undefined], name);
      assert.equal(reading.operation, name === 'garp-reply' ? 2 : 1);
      assert.equal(formatAddress(frame, reading.senderAddressStart, 4), '192.0.2.254');
      assert.equal(formatMac(frame, reading.senderMacStart), '00:00:5e:00:01:01');
    }
  });

  test('is told from other ARP and from nonsense', () => {
    const frame = golden('garp-request-tha-ff');
    assert.equal(read(patched(frame, 41, 1)).kind, 'other');
    assert.equal(read(frame.subarray(0, 41)).kind, 'malformed');
    assert.equal(read(patched(frame, 15, 6)).kind, 'malformed');
    assert.equal(read(patched(frame, 18, 8)).kind, 'malformed');
    assert.equal(read(patched(frame, 21, 3)).kind, 'malformed');
  });

  test('that nobody could use is named', () => {
    const frame = golden('garp-request-tha-ff');
    assert.match(read(patched(frame, 6, 2)).problem ?? '', /source of the frame/);
    assert.match(read(patched(frame, 0, 0)).problem ?? '', /not broadcast/);
    assert.match(read(patched(frame, 22, 1)).problem ?? '', /group address/);
  });
});

describe('unsolicited neighbour advertisement', () => {
  const read = (frame: Uint8Array) => readNeighborAdvertisement(frame, 14, frame.length);

  test('is written octet for octet [ND-02]', () => {
    for (const [name, text] of [
      ['una-global', '2001:db8::254'],
      ['una-link-local', 'fe80::5'],
    ] as const) {
      const bytes = new Random(2).bytes(200);
      const end = writeNeighborAdvertisement(bytes, 9, virtualMac(6, 1), address(text), true);
      assert.deepEqual(bytes.slice(9, end), golden(name));
    }
  });

  test('carries the router flag only where asked', () => {
    const bytes = new Uint8Array(86);
    const end = writeNeighborAdvertisement(bytes, 0, virtualMac(6, 1), address('fe80::5'), false);
    const reading = readNeighborAdvertisement(bytes, 14, end);
    assert.equal(reading.kind, 'unsolicited');
    assert.equal(reading.flags, 0x20);
    assert.match(reading.problem ?? '', /router flag/);
  });

  test('is read back', () => {
    const frame = golden('una-global');
    const reading = read(frame);
    assert.deepEqual([reading.kind, reading.problem, reading.flags], ['unsolicited', undefined, 0xa0]);
    assert.equal(formatAddress(frame, reading.targetStart, 16), '2001:db8::254');
    assert.equal(formatMac(frame, reading.macStart), '00:00:5e:00:02:01');
  });

  test('that leaves the old MAC in place is named [ND-02]', () => {
    const reading = read(golden('una-no-tlla'));
    assert.equal(reading.kind, 'unsolicited');
    assert.match(reading.problem ?? '', /keep the old MAC/);
    assert.match(read(resummed(golden('una-global'), 58, 0x80)).problem ?? '', /override/);
  });

  test('that hosts ignore is invalid, and why is named [ND-16]', () => {
    const frame = golden('una-global');
    const reasons: [Uint8Array, RegExp][] = [
      [patched(frame, 21, 254), /hop limit/],
      [patched(frame, 57, 0), /checksum/],
      [resummed(frame, 55, 1), /code/],
      [resummed(frame, 62, 0xff), /multicast address/],
      [resummed(frame, 58, 0xe0), /solicited flag/],
      [resummed(frame, 79, 0), /option/],
      [resummed(frame, 79, 2), /option/],
      [frame.subarray(0, 80), /cut short/],
      [patched(frame, 19, 20), /24 octets/],
    ];
    for (const [bytes, reason] of reasons) {
      const reading = read(bytes);
      assert.equal(reading.kind, 'invalid');
      assert.match(reading.problem ?? '', reason);
    }
  });

  test('is told from answers and from other packets', () => {
    const frame = golden('una-global');
    const toOneHost = Uint8Array.from(frame);
    toOneHost.set(address('2001:db8::7'), 38);
    assert.equal(read(resummed(toOneHost, 58, 0x60)).kind, 'solicited');
    assert.equal(read(patched(frame, 54, 135)).kind, 'other');
    assert.equal(read(patched(frame, 20, 112)).kind, 'other');
    assert.equal(readNeighborAdvertisement(frame, 14, 54).kind, 'other');
  });

  test('readers survive any octets', () => {
    const random = new Random(3);
    for (let round = 0; round < 50_000; round++) {
      const frame = Uint8Array.from(golden(random.pick(['una-global', 'garp-request-tha-ff', 'una-no-tlla'])));
      for (let flips = random.between(1, 4); flips > 0; flips--) {
        frame[random.between(0, frame.length - 1)] = random.next() & 0xff;
      }
      const end = random.between(14, frame.length);
      assert.ok(readArp(frame, 14, end, 0).kind);
      assert.ok(readNeighborAdvertisement(frame, 14, end).kind);
    }
  });
});
