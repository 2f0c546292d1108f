import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransmitPurpose } from '../../src/engine/effects.ts';
import { virtualMac } from '../../src/index.ts';
import { announcements, hex } from '../wire/vectors.ts';
import { address, link, Rig, settings } from './rig.ts';

const SECOND = 1_000_000;

function golden(name: string): Uint8Array {
  return hex(announcements.find((vector) => vector.name === name)!.hex);
}

const sourceMac = (frame: Uint8Array): Uint8Array => frame.slice(6, 12);

for (const family of [4, 6] as const) {
  test(`IPv${family}: every advert leaves with the virtual MAC as its source, the last one too [MAC-02]`, () => {
    const rig = Rig.started({ family, virtualMac: true, vrid: 7, priority: 200 });
    rig.runFor(6 * SECOND);
    rig.setPriority(120);
    rig.runFor(SECOND);
    const [prepared] = rig.engine.resignFrames(0);
    assert.deepEqual(sourceMac(rig.engine.txBytes.subarray(prepared!.start)), virtualMac(family, 7));
    rig.shutdown();
    const adverts = rig.frames.filter(({ purpose }) => purpose <= TransmitPurpose.Resign);
    assert.ok(adverts.length >= 4);
    for (const { bytes } of adverts) assert.deepEqual(sourceMac(bytes), virtualMac(family, 7));
    assert.equal(adverts.at(-1)!.purpose, TransmitPurpose.Resign);
  });
}

test('Announcements of a router with a MAC of its own are the golden frames, octet for octet [ARP-02] [ND-02]', () => {
  const ipv4 = Rig.started({ virtualMac: true, priority: 255, addresses: [address('192.0.2.254')] });
  const addresses = [address('fe80::5'), address('2001:db8::254')];
  const ipv6 = Rig.started({ family: 6, virtualMac: true, vrid: 1, priority: 255, addresses });
  const announced = (rig: Rig) =>
    rig.frames.flatMap((frame) => (frame.purpose > TransmitPurpose.Resign ? [frame.bytes] : []));
  assert.deepEqual(announced(ipv4), [golden('garp-request-tha-ff')]);
  const [local, global] = announced(ipv6);
  assert.deepEqual(global, golden('una-global'));
  assert.deepEqual(sourceMac(local!), virtualMac(6, 1));
});

test('Unicast adverts have no link header: the way they take knows only the MAC of the interface', () => {
  const peers = [{ address: address('192.0.2.77'), minTtl: 0, maxTtl: 255 }];
  const rig = Rig.started({ virtualMac: true, priority: 255, unicastPeers: peers });
  const advert = rig.frames.find(({ purpose }) => purpose === TransmitPurpose.Advert)!;
  assert.deepEqual([advert.routed, advert.bytes[0]], [true, 0x45]);
  const arp = rig.frames.find(({ purpose }) => purpose === TransmitPurpose.GratuitousArp)!;
  assert.deepEqual(sourceMac(arp.bytes), virtualMac(4, 1));
});

test('A router that gets a MAC of its own while it runs sends with it from the next advert on', () => {
  const rig = Rig.started({ priority: 255 });
  assert.deepEqual(sourceMac(rig.frames[0]!.bytes), link().mac);
  rig.configure([settings({ priority: 255, virtualMac: true })]);
  rig.runFor(SECOND);
  assert.deepEqual(sourceMac(rig.frames.at(-1)!.bytes), virtualMac(4, 1));
});

test('Another MAC of the interface changes no frame of a router with its own', () => {
  const rig = Rig.started({ virtualMac: true, priority: 255 });
  rig.setLink(link({ mac: Uint8Array.of(2, 0, 0, 0, 0, 9) }));
  rig.runFor(2 * SECOND);
  for (const { bytes } of rig.frames) assert.deepEqual(sourceMac(bytes), virtualMac(4, 1));
});
