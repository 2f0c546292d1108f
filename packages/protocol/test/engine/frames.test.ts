import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransmitPurpose } from '../../src/engine/effects.ts';
import { RouterFrames } from '../../src/engine/frames.ts';
import type { RouterSettings } from '../../src/engine/settings.ts';
import { Discard } from '../../src/wire/discard.ts';
import { PortProfile, RouterProfile } from '../../src/wire/profile.ts';
import { receive } from '../../src/wire/receive.ts';
import { Link, Reception } from '../../src/wire/reception.ts';
import { address, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;
const key = Uint8Array.from(Buffer.from('s3cret\0\0'));
const peers = [
  { address: address('192.0.2.77'), minTtl: 0, maxTtl: 255 },
  { address: address('198.51.100.1'), minTtl: 0, maxTtl: 255 },
];

const variants: Readonly<Record<string, Partial<RouterSettings>>> = {
  'v2/IPv4': { version: 2 },
  'v2/IPv4 with a password': { version: 2, authentication: { type: 'pass', key } },
  'v2/IPv4 with AH': { version: 2, authentication: { type: 'ah', key } },
  'v3/IPv4': {},
  'v3/IPv4 with a pseudo-header': { checksumForm: 'pseudo-header' },
  'v3/IPv4 unicast': { unicastPeers: peers, checksumForm: 'pseudo-header' },
  'v2/IPv4 unicast with AH': { version: 2, unicastPeers: peers, authentication: { type: 'ah', key } },
  'v3/IPv6': { family: 6, addresses: [address('fe80::5'), address('2001:db8::5')] },
};

for (const [name, changes] of Object.entries(variants)) {
  test(`${name}: frames patched for a priority are those built for it [PKT-04]`, () => {
    const given = settings(changes);
    const patched = new RouterFrames(given);
    const bytes = new Uint8Array(patched.byteLength);
    patched.build(bytes, 0, link(), 100, 7);
    for (const priority of [1, 254, 99, 200, 100, 42]) {
      patched.setPriority(priority);
      const built = new RouterFrames(given);
      const expected = new Uint8Array(built.byteLength);
      built.build(expected, 0, link(), priority, 7);
      assert.deepEqual(bytes, expected);
    }
  });

  test(`${name}: what the engine sends, a peer accepts [PKT-10] [PKT-12]`, () => {
    const rig = Rig.started({ ...changes, priority: 200 });
    rig.receive({ priority: 250, intervalUs: 100_000, version: changes.version ?? 3 });
    rig.runFor(6 * SECOND);
    rig.setPriority(120);
    rig.runFor(SECOND);
    rig.shutdown();
    const sent = rig.frames.filter(({ purpose }) => purpose <= TransmitPurpose.Resign);
    assert.ok(sent.length >= 4);
    const receiver = peerOf(settings(changes));
    const out = new Reception();
    for (const { bytes, routed } of sent) {
      if (routed && bytes[16] !== 192) continue;
      const verdict = receive(bytes, 0, bytes.length, routed ? Link.Ip : Link.Ethernet, receiver.port, out);
      assert.equal(verdict, Discard.None);
      receiver.profile.lastAhSequence = out.ahSequence;
      assert.equal(out.intervalUs, SECOND);
    }
    assert.equal(out.priority, 0);
  });
}

/** A receiver at 192.0.2.77 that is configured like `given`. */
function peerOf(given: RouterSettings): { port: PortProfile; profile: RouterProfile } {
  const profile = new RouterProfile(given.family, given.vrid);
  profile.setAuthentication(given.authentication);
  profile.setAddresses(given.addresses);
  profile.checkAddressList = true;
  if (given.unicastPeers.length > 0) {
    profile.setUnicastPeers([{ address: address('192.0.2.2'), minTtl: 255, maxTtl: 255 }]);
    profile.ahIcvCoversTtl = false;
  }
  const port = new PortProfile();
  port.setLocalAddresses([address('192.0.2.77')]);
  port.add(profile);
  return { port, profile };
}

test('Unicast adverts go to each peer, as IP packets with the configured TTL', () => {
  const rig = Rig.started({ priority: 255, unicastPeers: peers, unicastTtl: 64 });
  const adverts = rig.frames.filter(({ purpose }) => purpose === TransmitPurpose.Advert);
  assert.deepEqual(
    adverts.map(({ routed, bytes }) => [routed, bytes[0], bytes[8], [...bytes.subarray(16, 20)].join('.')]),
    [
      [true, 0x45, 64, '192.0.2.77'],
      [true, 0x45, 64, '198.51.100.1'],
    ],
  );
  assert.equal(rig.row().statistics.advertisementSent, 2);
});

function sequenceOf(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUInt32BE(14 + 20 + 8);
}

test('AH sequences start at 1, rise with every advert, and go on above the highest heard [V2-A-04]', () => {
  const ah = { version: 2, authentication: { type: 'ah', key } } as const;
  const peer = Rig.started({ ...ah, priority: 50, sourceAddress: address('192.0.2.1') });
  const rig = Rig.started({ ...ah, priority: 100 });
  rig.runFor(5 * SECOND);
  assert.deepEqual(
    rig.frames.filter(({ purpose }) => purpose === TransmitPurpose.Advert).map(({ bytes }) => sequenceOf(bytes)),
    [1, 2],
  );
  peer.engine.continueAhSequence(0, 1_000);
  peer.runFor(4 * SECOND);
  rig.receive(peer.frames[0]!.bytes);
  const answer = rig.frames.at(-1)!;
  assert.equal(sequenceOf(answer.bytes), 1_002);
  assert.equal(rig.row().ahSequence, 1_002);
  rig.receive(peer.frames[0]!.bytes);
  assert.equal(rig.row().discards.AH_REPLAY, 1);
  rig.shutdown();
  assert.equal(sequenceOf(rig.frames.at(-1)!.bytes), 1_003);
});

test('Frames for a resignation in our stead are the ones we would send', () => {
  const rig = Rig.started();
  rig.runFor(4 * SECOND);
  const [bounds] = rig.engine.resignFrames(0);
  const kept = rig.engine.txBytes.slice(bounds!.start, bounds!.end);
  rig.shutdown();
  assert.deepEqual(rig.frames.at(-1)!.bytes, kept);
});

test('Another source address is in the next advert', () => {
  const rig = Rig.started({ priority: 255 });
  rig.setLink(link({ ipv4: address('192.0.2.3') }));
  rig.runFor(SECOND);
  assert.equal(rig.frames.at(-1)!.bytes[14 + 15], 3);
  assert.deepEqual(rig.row().primaryAddress, address('192.0.2.3'));
});
