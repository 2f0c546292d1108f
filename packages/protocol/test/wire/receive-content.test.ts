import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Discard, Link, receive } from '../../src/index.ts';
import { buildPacket, type Recipe } from './naive-packet.ts';
import { address, portOf } from './vectors.ts';
import { AH, ah, KEY, out, PASS, v2, v3, v6, verdictOf } from './verdict.ts';

describe('router and content', () => {
  test('finds the router by family and VRID [RX-08] [MAC-07]', () => {
    assert.equal(verdictOf(v3({ vrid: 0 })), 'BAD_VRID');
    assert.equal(verdictOf(v3({ vrid: 77 })), 'UNKNOWN_VRID');
    const port = portOf();
    port.remove(6, 1);
    assert.equal(verdictOf(v3(), port), 'ACCEPTED');
    assert.equal(out.router, port.router(4, 1));
    assert.equal(verdictOf(v6(), port), 'UNKNOWN_VRID');
  });

  test('names the router of a packet that is dropped, for its counters [RX-22]', () => {
    const port = portOf();
    for (const changes of [{ type: 2 }, { cut: 1 }, { ttl: 1 }, { interval: 0 }, { checksum: 'bad' as const }]) {
      assert.notEqual(verdictOf(v3(changes), port), 'ACCEPTED');
      assert.equal(out.router, port.router(4, 1));
    }
    assert.notEqual(verdictOf(v3({ vrid: 9 }), port), 'ACCEPTED');
    assert.equal(out.router, undefined);
  });

  test('an owner drops v2 adverts, and v3 adverts as configured [RX-09] [ELE-07] [ELE-08]', () => {
    assert.equal(verdictOf(v2(), { local_priority: 255 }), 'LOCAL_IS_OWNER');
    assert.equal(verdictOf(v3(), { local_priority: 255 }), 'ACCEPTED LOCAL_IS_OWNER');
    assert.equal(verdictOf(v3(), { local_priority: 255, owner_policy: 'rfc9568' }), 'LOCAL_IS_OWNER');
    assert.equal(verdictOf(v6(), { local_priority: 255, owner_policy: 'rfc9568' }), 'LOCAL_IS_OWNER');
    assert.equal(verdictOf(v3(), { owner_policy: 'rfc9568' }), 'ACCEPTED');
  });

  test('refuses an empty address list [RX-10]', () => {
    for (const base of [v2, v3, v6]) assert.equal(verdictOf(base({ addresses: [] })), 'COUNT_ZERO');
  });

  test('refuses a v3 interval of zero, whatever the reserved nibble holds [RX-11]', () => {
    for (const base of [v3, v6]) {
      assert.equal(verdictOf(base({ interval: 0 })), 'INTERVAL_ZERO');
      assert.equal(verdictOf(base({ interval: 0, reserved: 15 })), 'INTERVAL_ZERO');
    }
  });

  test('needs a link-local address first in an IPv6 list [RX-12]', () => {
    const other = address('2001:db8::254');
    assert.equal(verdictOf(v6({ addresses: [address('fe80::5'), other] })), 'ACCEPTED');
    assert.equal(verdictOf(v6({ addresses: [address('febf::5'), other] })), 'ACCEPTED');
    assert.equal(verdictOf(v6({ addresses: [address('fec0::5'), other] })), 'FIRST_NOT_LINK_LOCAL');
    assert.equal(verdictOf(v6({ addresses: [other, address('fe80::5')] })), 'FIRST_NOT_LINK_LOCAL');
  });

  test('masks the reserved nibble of v3 and says that it was set [RX-25]', () => {
    assert.equal(verdictOf(v3({ reserved: 15 })), 'ACCEPTED RESERVED_NONZERO');
    assert.deepEqual([out.interval, out.intervalUs, out.reserved], [100, 1_000_000, 15]);
  });

  test('accepts another v3 interval and warns [RX-18]', () => {
    assert.equal(verdictOf(v3({ interval: 4095 })), 'ACCEPTED INTERVAL_MISMATCH');
    assert.equal(out.intervalUs, 40_950_000);
  });

  test('drops another v2 interval [RX-17] [V2-04]', () => {
    for (const interval of [0, 2, 255]) assert.equal(verdictOf(v2({ interval })), 'INTERVAL_MISMATCH');
  });

  test('warns about an IPv6 source that is not link-local [RX-26]', () => {
    assert.equal(verdictOf(v6({ source: address('2001:db8::1') })), 'ACCEPTED SRC_NOT_LINK_LOCAL');
  });

  test('compares address lists as sets [RX-16] [RX-19]', () => {
    const list = ['192.0.2.254', '198.51.100.254'].map(address);
    const vips = { vips: ['198.51.100.254', '192.0.2.254'] };
    const twice = [list[0]!, list[0]!];
    const base = { addresses: list };
    assert.equal(verdictOf(v2(base), vips), 'ACCEPTED');
    assert.equal(verdictOf(v3(base), vips), 'ACCEPTED');
    for (const addresses of [twice, list.slice(0, 1), [...list, address('192.0.2.7')]]) {
      assert.equal(verdictOf(v2({ addresses }), vips), 'ADDR_LIST_MISMATCH');
      assert.equal(verdictOf(v2({ addresses, priority: 255 }), vips), 'ACCEPTED ADDR_LIST_MISMATCH');
      assert.equal(verdictOf(v3({ addresses }), vips), 'ACCEPTED ADDR_LIST_MISMATCH');
      assert.equal(out.addressesMatch, false);
      assert.equal(verdictOf(v2({ addresses })), 'ACCEPTED', 'unless the list is not checked');
    }
  });

  test('an accepted advert leaves everything that the state machine needs [RX-20]', () => {
    assert.equal(verdictOf(v6({ priority: 0, addresses: [address('fe80::5'), address('2001:db8::254')] })), 'ACCEPTED');
    const { version, family, vrid, priority, count, addressLength, sourceEnd, sourceStart } = out;
    assert.deepEqual([version, family, vrid, priority, count, addressLength], [3, 6, 1, 0, 2, 16]);
    assert.deepEqual([sourceStart, sourceEnd, out.destinationStart, out.addressesStart], [8, 24, 24, 48]);
    assert.deepEqual([out.messageStart, out.messageEnd], [40, 80]);
  });
});

describe('v2 authentication', () => {
  const pass = (password: string): Partial<Recipe> => {
    const authData = new Uint8Array(8);
    authData.set(Buffer.from(password));
    return { authType: 1, authData };
  };

  test('knows types 0, 1 and 2, and wants the local one [RX-13] [RX-14] [V2-08]', () => {
    for (const authType of [3, 254, 255]) assert.equal(verdictOf(v2({ authType }), PASS), 'AUTH_TYPE_INVALID');
    assert.equal(verdictOf(v2(), PASS), 'AUTH_TYPE_MISMATCH');
    assert.equal(verdictOf(v2(), AH), 'AUTH_TYPE_MISMATCH');
    assert.equal(verdictOf(v2(pass('s3cret'))), 'AUTH_TYPE_MISMATCH');
    assert.equal(verdictOf(v2({ authType: 2 }), AH), 'AUTH_TYPE_MISMATCH', 'type 2 without AH');
    assert.equal(verdictOf(ah({ authType: 0 }), AH), 'AUTH_TYPE_MISMATCH', 'AH around type 0');
    assert.equal(verdictOf(ah()), 'AUTH_TYPE_MISMATCH');
    assert.equal(verdictOf(ah(), PASS), 'AUTH_TYPE_MISMATCH');
  });

  test('ignores the authentication data of type 0 [V2-A-01]', () => {
    assert.equal(verdictOf(v2({ authData: new Uint8Array(8).fill(9) })), 'ACCEPTED');
  });

  test('compares all 8 octets of the password [V2-A-02] [RX-15]', () => {
    assert.equal(verdictOf(v2(pass('s3cret')), PASS), 'ACCEPTED');
    for (const wrong of ['', 's3cre', 's3crets', 's3cret\0x', 'S3cret']) {
      assert.equal(verdictOf(v2(pass(wrong)), PASS), 'AUTH_FAILURE');
    }
  });

  test('verifies AH before it believes anything inside [V2-A-03] [RX-15] [RX-21]', () => {
    assert.equal(verdictOf(ah(), AH), 'ACCEPTED');
    assert.equal(out.ahSequence, 1);
    const wrong = { ah: { key: Uint8Array.from(Buffer.from('S3cret\0\0')), sequence: 1, coversTtl: true } };
    for (const inner of [{}, { type: 3 }, { cut: 15 }, { checksum: 'bad' as const }, { interval: 9 }]) {
      assert.equal(verdictOf(ah({ ...inner, ...wrong }), AH), 'AUTH_FAILURE');
    }
    assert.equal(verdictOf(ah({ type: 3 }), AH), 'BAD_TYPE');
    assert.equal(verdictOf(ah({ checksum: 'bad' }), AH), 'BAD_CHECKSUM');
    assert.equal(verdictOf(ah({ interval: 9 }), AH), 'INTERVAL_MISMATCH');
    assert.equal(verdictOf(ah({ vrid: 9 }), AH), 'UNKNOWN_VRID', 'no key to try');
    assert.equal(verdictOf(ah({ version: 3, interval: 100 }), AH), 'AUTH_TYPE_MISMATCH', 'v3 has no AH');
  });

  test('names what is wrong with the AH header [RX-15]', () => {
    const sound = { key: KEY, sequence: 1, coversTtl: true };
    assert.equal(verdictOf(ah({ ah: { ...sound, nextHeader: 1 } }), AH), 'AH_NEXT_HEADER');
    assert.equal(verdictOf(ah({ ah: { ...sound, spi: Uint8Array.of(1, 2, 3, 4) } }), AH), 'AH_BAD_SPI');
    const packet = buildPacket(v2({ protocol: 51, cut: 1 }));
    assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(AH), out), Discard.AhTruncated);
  });

  test('the integrity check covers the TTL or not, as configured [V2-A-03]', () => {
    const zeroed = { ah: { key: KEY, sequence: 1, coversTtl: false } };
    assert.equal(verdictOf(ah(zeroed), AH), 'AUTH_FAILURE');
    assert.equal(verdictOf(ah(zeroed), { auth: { type: 2, key: 's3cret', keepalived_ttl: false } }), 'ACCEPTED');
  });

  test('refuses a sequence that is not above the last one, and moves no window itself [V2-A-04] [RX-15]', () => {
    const port = portOf(AH);
    const router = port.router(4, 1)!;
    const withSequence = (sequence: number): Recipe => ah({ ah: { key: KEY, sequence, coversTtl: true } });
    assert.equal(verdictOf(withSequence(0), port), 'AH_REPLAY');
    assert.equal(verdictOf(withSequence(7), port), 'ACCEPTED');
    assert.equal(verdictOf(withSequence(7), port), 'ACCEPTED', 'the caller has not moved the window');
    router.lastAhSequence = out.ahSequence;
    assert.equal(verdictOf(withSequence(7), port), 'AH_REPLAY');
    assert.equal(verdictOf(withSequence(0xffffffff), port), 'ACCEPTED');
    assert.equal(out.ahSequence, 0xffffffff);
    router.setAuthentication({ type: 'ah', key: KEY });
    assert.equal(verdictOf(withSequence(1), port), 'ACCEPTED', 'a new key starts again');
  });
});
