import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Discard, Link, receive } from '../../src/index.ts';
import { buildPacket, type Recipe, recipe } from './naive-packet.ts';
import { address, portOf } from './vectors.ts';
import { out, v2, v3, v6, verdictOf } from './verdict.ts';

describe('IP header', () => {
  test('honours options and extension headers in front of the message [IP-09] [IP-10] [RX-00]', () => {
    assert.equal(verdictOf(v2({ options: Uint8Array.of(1, 1, 1, 0) })), 'ACCEPTED');
    assert.equal(verdictOf(v3({ options: Uint8Array.of(0x94, 4, 0, 0), checksum: 'pseudo' })), 'ACCEPTED');
    assert.equal(verdictOf(v6({ options: new Uint8Array(8) })), 'ACCEPTED');
    assert.equal(verdictOf(v6({ options: new Uint8Array(24) })), 'ACCEPTED');
  });

  test('refuses extension headers that leave the packet [IP-10]', () => {
    const packet = buildPacket(v6({ options: new Uint8Array(8) }));
    packet[41] = 200;
    assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(), out), Discard.IpTruncated);
  });

  test('ignores padding behind the IP length, whatever it holds [IP-09]', () => {
    for (const base of [v2, v3, v6]) {
      assert.equal(verdictOf(base({ padding: new Uint8Array(14) })), 'ACCEPTED');
      assert.equal(verdictOf(base({ padding: new Uint8Array(30).fill(0xee) })), 'ACCEPTED');
    }
  });

  test('drops fragments of both families and broken header checksums [IP-11] [RX-00]', () => {
    assert.equal(verdictOf(v3({ fragment: 0x2000 })), 'IP_FRAGMENT');
    assert.equal(verdictOf(v3({ fragment: 0x0001 })), 'IP_FRAGMENT');
    assert.equal(verdictOf(v3({ fragment: 0x4000 })), 'ACCEPTED', "don't fragment is no fragment");
    assert.equal(verdictOf(v6({ fragment: 0x0001 })), 'IP_FRAGMENT');
    assert.equal(verdictOf(v3({ badHeaderChecksum: true })), 'IP_BAD_CHECKSUM');
  });

  test('takes protocol 112, and 51 over IPv4 alone [IP-07] [RX-00]', () => {
    assert.equal(verdictOf(v3({ protocol: 113 })), 'IP_BAD_PROTO');
    assert.equal(verdictOf(v6({ protocol: 58 })), 'IP_BAD_PROTO');
    assert.equal(verdictOf(v6({ protocol: 51 })), 'IP_BAD_PROTO');
  });

  test('counts a header without room as truncated', () => {
    const packet = buildPacket(v3());
    const port = portOf();
    for (const bytes of [0, 1, 19]) {
      assert.equal(receive(packet, 0, bytes, Link.Ip, port, out), Discard.IpTruncated);
    }
    const short = Uint8Array.from(packet);
    short[0] = 0x44;
    assert.equal(receive(short, 0, short.length, Link.Ip, port, out), Discard.IpTruncated);
    for (const version of [0, 5, 7, 15]) {
      short[0] = (version << 4) | 5;
      assert.equal(receive(short, 0, short.length, Link.Ip, port, out), Discard.IpBadVersion);
    }
  });

  test('never compares traffic class and flow label [IP-08] [V6-06]', () => {
    const packet = buildPacket(v6());
    packet[0] = 0x60;
    packet[1] = 0x0a;
    packet[2] = 0xbc;
    assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(), out), Discard.None);
  });

  test('takes adverts to the group alone [RX-00]', () => {
    assert.equal(verdictOf(v3({ destination: address('224.0.0.19') })), 'BAD_DST');
    assert.equal(verdictOf(v3({ destination: address('192.0.2.2') })), 'BAD_DST');
    assert.equal(verdictOf(v6({ destination: address('ff02::1') })), 'BAD_DST');
    assert.equal(verdictOf(v6({ destination: address('fe80::2') })), 'BAD_DST');
  });

  test('takes another group where a router is configured for it [RX-00]', () => {
    const port = portOf();
    port.router(4, 1)!.setGroup(address('224.0.0.77'));
    assert.equal(verdictOf(v3({ destination: address('224.0.0.77') }), port), 'ACCEPTED');
    assert.equal(verdictOf(v3(), port), 'BAD_DST');
  });

  test('drops its own adverts when they come back [IP-13] [RX-00]', () => {
    assert.equal(verdictOf(v3({ source: address('192.0.2.2') })), 'OWN_ADVERT');
    assert.equal(verdictOf(v6({ source: address('fe80::2') })), 'OWN_ADVERT');
  });

  test('discards a TTL or hop limit other than 255 [IP-06] [RX-01]', () => {
    for (const ttl of [0, 1, 64, 254]) {
      for (const base of [v2, v3, v6]) assert.equal(verdictOf(base({ ttl })), 'BAD_TTL');
    }
  });

  test('discards a bare message whose hop limit is not known [V6-05]', () => {
    const packet = buildPacket(v6());
    out.prepare(6, -1, 8, 24);
    assert.equal(receive(packet, 40, packet.length, Link.Vrrp, portOf(), out), Discard.BadTtl);
    out.prepare(6, 255, 8, 24);
    assert.equal(receive(packet, 40, packet.length, Link.Vrrp, portOf(), out), Discard.None);
  });
});

describe('unicast peers', () => {
  const port = portOf({ unicast_peers: ['192.0.2.1', '192.0.2.9'] });
  const unicast = (changes: Partial<Recipe> = {}): Recipe => v3({ destination: address('192.0.2.2'), ...changes });

  test('takes adverts from a peer to one of our addresses, with the real addresses summed [CSUM-08] [RX-00]', () => {
    assert.equal(verdictOf(unicast(), port), 'ACCEPTED');
    assert.equal(verdictOf(unicast({ checksum: 'pseudo' }), port), 'ACCEPTED');
    assert.equal(verdictOf(unicast({ source: address('192.0.2.9') }), port), 'ACCEPTED');
    assert.equal(verdictOf(unicast({ source: address('192.0.2.10') }), port), 'BAD_DST');
    assert.equal(verdictOf(unicast({ destination: address('192.0.2.3') }), port), 'BAD_DST');
    assert.equal(verdictOf(v3(), port), 'BAD_DST', 'multicast to a unicast router');
  });

  test('holds each peer to its own range of TTLs [RX-01]', () => {
    port.router(4, 1)!.setUnicastPeers([
      { address: address('192.0.2.1'), minTtl: 0, maxTtl: 255 },
      { address: address('192.0.2.9'), minTtl: 250, maxTtl: 254 },
    ]);
    assert.equal(verdictOf(unicast({ ttl: 3 }), port), 'ACCEPTED');
    const verdicts = [249, 250, 254, 255].map((ttl) => verdictOf(unicast({ source: address('192.0.2.9'), ttl }), port));
    assert.deepEqual(verdicts, ['BAD_TTL', 'ACCEPTED', 'ACCEPTED', 'BAD_TTL']);
  });

  test('a peer of one router is no peer of another [RX-00]', () => {
    const two = portOf({ vrids: [1, 2] });
    two.router(4, 2)!.setUnicastPeers([{ address: address('192.0.2.1'), minTtl: 255, maxTtl: 255 }]);
    assert.equal(verdictOf(unicast({ vrid: 1 }), two), 'BAD_DST');
    assert.equal(verdictOf(unicast({ vrid: 2 }), two), 'ACCEPTED');
    assert.equal(verdictOf(unicast({ vrid: 3 }), two), 'UNKNOWN_VRID');
    assert.equal(verdictOf(v3({ vrid: 2 }), two), 'BAD_DST');
    assert.equal(verdictOf(v3({ vrid: 1 }), two), 'ACCEPTED');
  });
});

describe('form of the message', () => {
  test('needs 8 octets [RX-02]', () => {
    for (let cut = 5; cut <= 12; cut++) assert.equal(verdictOf(v3({ cut })), 'TRUNCATED');
  });

  test('knows versions 2 and 3, as enabled, and 2 over IPv4 alone [RX-03] [V2-01] [IP-12] [INT-05]', () => {
    for (const version of [0, 1, 4, 7, 15]) assert.equal(verdictOf(v3({ version })), 'BAD_VERSION');
    assert.equal(verdictOf(recipe(6, 2)), 'BAD_VERSION');
    assert.equal(verdictOf(v2(), { versions: [3] }), 'BAD_VERSION');
    assert.equal(verdictOf(v3(), { versions: [2] }), 'BAD_VERSION');
    assert.equal(verdictOf(v2({ vrid: 9 }), { versions: [3] }), 'BAD_VERSION', 'not even for an unknown router');
  });

  test('knows type 1 alone [RX-04]', () => {
    for (const type of [0, 2, 15]) {
      for (const base of [v2, v3, v6]) assert.equal(verdictOf(base({ type })), 'BAD_TYPE');
    }
  });

  test('never trusts the address count [RX-05] [RX-06] [RX-23] [V2-09]', () => {
    for (const base of [v2, v3, v6]) {
      assert.equal(verdictOf(base({ count: 2 })), 'TRUNCATED');
      assert.equal(verdictOf(base({ count: 255 })), 'TRUNCATED');
      assert.equal(verdictOf(base({ count: 0 })), 'LENGTH_MISMATCH');
      assert.equal(verdictOf(base({ cut: 1 })), 'TRUNCATED');
      assert.equal(verdictOf(base({ trailing: new Uint8Array(1) })), 'LENGTH_MISMATCH');
    }
  });

  test('needs the 8 trailing octets of v2, and refuses them in v3 [V2-02] [RX-05] [RX-06]', () => {
    assert.equal(verdictOf(v2({ cut: 8 })), 'TRUNCATED');
    assert.equal(verdictOf(v3({ trailing: new Uint8Array(8) })), 'LENGTH_MISMATCH');
  });

  test('an authentication trailer behind a v3 message is a wrong length [RX-27]', () => {
    assert.equal(verdictOf(v3({ trailing: new Uint8Array(40).fill(7) })), 'LENGTH_MISMATCH');
    assert.equal(
      verdictOf(v3({ trailing: new Uint8Array(40).fill(7) }), { exact_length: false }),
      'ACCEPTED TRAILING_BYTES',
    );
  });

  test('takes the address size from the IP version [IP-12]', () => {
    assert.equal(verdictOf(v6({ addresses: [address('192.0.2.254')] })), 'TRUNCATED');
    assert.equal(verdictOf(v3({ addresses: [address('fe80::5')], count: 1 })), 'LENGTH_MISMATCH');
  });
});

describe('checksum', () => {
  test('v2 covers the message alone, whatever is accepted for v3 [CSUM-01] [RX-07]', () => {
    for (const v3_ip4_checksum of ['either', 'msg', 'pseudo'] as const) {
      assert.equal(verdictOf(v2(), { v3_ip4_checksum }), 'ACCEPTED');
      assert.equal(verdictOf(v2({ checksum: 'pseudo' }), { v3_ip4_checksum }), 'BAD_CHECKSUM');
    }
  });

  test('v3 over IPv6 needs the pseudo-header [CSUM-02] [RX-07]', () => {
    assert.equal(verdictOf(v6()), 'ACCEPTED');
    assert.equal(verdictOf(v6({ checksum: 'msg' })), 'BAD_CHECKSUM');
    assert.equal(verdictOf(v6({ checksum: 'bad' })), 'BAD_CHECKSUM');
  });

  test('v3 over IPv4 takes either form, or the one that is configured [CSUM-05] [RX-07]', () => {
    const accepted = { either: 'msg pseudo', msg: 'msg', pseudo: 'pseudo' };
    for (const policy of ['either', 'msg', 'pseudo'] as const) {
      for (const checksum of ['msg', 'pseudo'] as const) {
        const isAccepted = accepted[policy].includes(checksum);
        assert.equal(
          verdictOf(v3({ checksum }), { v3_ip4_checksum: policy }),
          isAccepted ? 'ACCEPTED' : 'BAD_CHECKSUM',
        );
      }
    }
  });

  test('a zero field is a checksum like any other [CSUM-07]', () => {
    for (const base of [v2, v3, v6]) {
      const packet = buildPacket(base());
      const at = (base === v6 ? 40 : 20) + 6;
      packet[at] = 0;
      packet[at + 1] = 0;
      assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(), out), Discard.BadChecksum);
    }
  });

  test('both forms of zero verify [CSUM-06]', () => {
    // The last address is chosen so that the sum of the rest is 0xffff, and with it the checksum 0.
    for (let low = 0; low < 0x10000; low++) {
      const packet = buildPacket(v3({ addresses: [Uint8Array.of(198, 18, low >> 8, low & 0xff)] }));
      if (packet[26] !== 0 || packet[27] !== 0) continue;
      assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(), out), Discard.None);
      packet[26] = 0xff;
      packet[27] = 0xff;
      assert.equal(receive(packet, 0, packet.length, Link.Ip, portOf(), out), Discard.None);
      return;
    }
    assert.fail('no such address');
  });
});

describe('Ethernet frames', () => {
  const frameOf = (type: number, packet: Uint8Array): Uint8Array =>
    Uint8Array.of(1, 0, 0x5e, 0, 0, 18, 0, 0, 0x5e, 0, 1, 1, type >> 8, type & 0xff, ...packet);
  const judge = (frame: Uint8Array): Discard => receive(frame, 0, frame.length, Link.Ethernet, portOf(), out);

  test('are read behind their header', () => {
    assert.equal(judge(frameOf(0x0800, buildPacket(v3()))), Discard.None);
    assert.equal(out.sourceStart, 26);
    assert.equal(judge(frameOf(0x86dd, buildPacket(v6()))), Discard.None);
  });

  test('must announce the IP version that they carry', () => {
    assert.equal(judge(frameOf(0x86dd, buildPacket(v3()))), Discard.IpBadVersion);
    assert.equal(judge(frameOf(0x0800, buildPacket(v6()))), Discard.IpBadVersion);
    assert.equal(judge(frameOf(0x8100, buildPacket(v3()))), Discard.IpBadVersion, 'a tag means another network');
    assert.equal(judge(frameOf(0x0800, new Uint8Array(0))), Discard.IpTruncated);
    assert.equal(judge(new Uint8Array(13)), Discard.IpTruncated);
  });
});
