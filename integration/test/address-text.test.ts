import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAddress, formatMac, parseAddress, parseMac } from '../lib/address-text.ts';

describe('address text', () => {
  for (const text of [
    '192.168.1.100',
    '::',
    '::1',
    'fe80::ff:fe00:2',
    '2001:db8::1',
    'ff02::12',
    '1:0:2::3:0:4',
    '1:2:3:4:5:6:7:8',
  ]) {
    it(`reads and writes ${text}`, () => assert.equal(formatAddress(parseAddress(text)), text));
  }

  it('reads and writes MACs', () => {
    assert.equal(formatMac(parseMac('00:00:5e:00:01:33')), '00:00:5e:00:01:33');
  });

  it('refuses what is none', () => {
    for (const text of ['', '1.2.3', '1.2.3.256', 'a.b.c.d', '1:2'])
      assert.throws(() => parseAddress(text), /not an address/);
  });
});
