import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Discard, discardCode, Link, Reception, receive } from '../../src/index.ts';
import { buildPacket, type Recipe, recipe } from './naive-packet.ts';
import { address, type Context, portOf } from './vectors.ts';

/** One way to break a packet (or to configure the receiver against it). */
interface Fault {
  readonly code: string;
  readonly packet?: Partial<Recipe>;
  readonly context?: Context;
  /** Name of a field of the message that both this and another fault want; such pairs cannot be combined. */
  readonly touches?: string;
}

/** Faults of one kind of packet, in the order of the ladder. */
const ladders: readonly { name: string; base: Recipe; context: Context; faults: readonly Fault[] }[] = [
  {
    name: 'v2',
    base: recipe(4, 2, { authType: 1, authData: Uint8Array.from(Buffer.from('12345678')) }),
    context: { auth: { type: 1, key: '12345678' }, vips: ['192.0.2.254'] },
    faults: [
      { code: 'IP_BAD_CHECKSUM', packet: { badHeaderChecksum: true } },
      { code: 'IP_FRAGMENT', packet: { fragment: 0x2000 } },
      { code: 'IP_BAD_PROTO', packet: { protocol: 17 } },
      { code: 'BAD_DST', packet: { destination: address('224.0.0.19') } },
      { code: 'OWN_ADVERT', packet: { source: address('192.0.2.2') } },
      { code: 'BAD_TTL', packet: { ttl: 254 } },
      { code: 'TRUNCATED', packet: { cut: 13 }, touches: 'length' },
      { code: 'BAD_VERSION', context: { versions: [3] } },
      { code: 'BAD_TYPE', packet: { type: 2 } },
      { code: 'TRUNCATED', packet: { cut: 1 }, touches: 'length' },
      { code: 'LENGTH_MISMATCH', packet: { trailing: Uint8Array.of(1, 2, 3, 4) }, touches: 'length' },
      { code: 'BAD_CHECKSUM', packet: { checksum: 'bad' } },
      { code: 'BAD_VRID', packet: { vrid: 0 }, touches: 'vrid' },
      { code: 'UNKNOWN_VRID', packet: { vrid: 9 }, touches: 'vrid' },
      { code: 'LOCAL_IS_OWNER', context: { local_priority: 255 } },
      { code: 'COUNT_ZERO', packet: { addresses: [] }, touches: 'list' },
      { code: 'AUTH_TYPE_INVALID', packet: { authType: 3 }, touches: 'authType' },
      { code: 'AUTH_TYPE_MISMATCH', packet: { authType: 0 }, touches: 'authType' },
      { code: 'AUTH_FAILURE', packet: { authData: new Uint8Array(8) } },
      { code: 'ADDR_LIST_MISMATCH', packet: { addresses: [address('192.0.2.253')] }, touches: 'list' },
      { code: 'INTERVAL_MISMATCH', packet: { interval: 2 } },
    ],
  },
  {
    name: 'v3 over IPv6',
    base: recipe(6, 3),
    context: { owner_policy: 'rfc9568' },
    faults: [
      { code: 'IP_FRAGMENT', packet: { fragment: 1 } },
      { code: 'BAD_DST', packet: { destination: address('ff02::13') } },
      { code: 'OWN_ADVERT', packet: { source: address('fe80::2') } },
      { code: 'BAD_TTL', packet: { ttl: 64 } },
      { code: 'TRUNCATED', packet: { cut: 17 }, touches: 'length' },
      { code: 'BAD_VERSION', packet: { version: 5 } },
      { code: 'BAD_TYPE', packet: { type: 0 } },
      { code: 'TRUNCATED', packet: { cut: 1 }, touches: 'length' },
      { code: 'LENGTH_MISMATCH', packet: { trailing: new Uint8Array(16) }, touches: 'length' },
      { code: 'BAD_CHECKSUM', packet: { checksum: 'msg' } },
      { code: 'BAD_VRID', packet: { vrid: 0 }, touches: 'vrid' },
      { code: 'UNKNOWN_VRID', packet: { vrid: 9 }, touches: 'vrid' },
      { code: 'LOCAL_IS_OWNER', context: { local_priority: 255 } },
      { code: 'COUNT_ZERO', packet: { addresses: [] }, touches: 'list' },
      { code: 'INTERVAL_ZERO', packet: { interval: 0 } },
      { code: 'FIRST_NOT_LINK_LOCAL', packet: { addresses: [address('2001:db8::5')] }, touches: 'list' },
    ],
  },
];

const out = new Reception();

function verdictOf(base: Recipe, context: Context, faults: readonly Fault[]): string {
  const from = Object.assign({}, base, ...faults.map((fault) => fault.packet)) as Recipe;
  const packet = buildPacket(from);
  const port = portOf(Object.assign({}, context, ...faults.map((fault) => fault.context)) as Context);
  return discardCode(receive(packet, 0, packet.length, Link.Ip, port, out));
}

for (const { name, base, context, faults } of ladders) {
  test(`a ${name} packet that is broken in two ways counts under the first check [RX-22]`, () => {
    assert.equal(verdictOf(base, context, []), discardCode(Discard.None));
    let pairs = 0;
    for (const [index, first] of faults.entries()) {
      assert.equal(verdictOf(base, context, [first]), first.code);
      for (const second of faults.slice(index + 1)) {
        if (first.touches !== undefined && first.touches === second.touches) continue;
        assert.equal(verdictOf(base, context, [first, second]), first.code, `${first.code} and ${second.code}`);
        pairs++;
      }
    }
    assert.ok(pairs > 90);
  });
}
