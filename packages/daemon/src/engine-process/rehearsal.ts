/**
 * Walks the way from a deadline to an announcement a few hundred times before it counts.
 *
 * JavaScript is slow the first time: without this, the first takeover of a process spends two milliseconds between its
 * advert and its gratuitous ARP. The rehearsal is a virtual router of its own on a port that leads nowhere, in a time of
 * its own; the kernel is asked only to change an interface that does not exist.
 */
import { closeSync, openSync } from 'node:fs';
import { NetlinkSocket, write } from '@locum/linux';
import { AdvertisementFields, Engine, Link, type RouterSettings, writeAdvertisementFrame } from '@locum/protocol';
import { SendResult } from '@locum/transport';
import { EventRing } from '../board/event-ring.ts';
import type { VirtualAddress } from '../configuration/settings.ts';
import { AddressKeeper } from './address-keeper.ts';
import { EffectExecutor } from './effect-executor.ts';

const ROUNDS = 100;
const NO_SUCH_INTERFACE = 0x7fff_fffe;
/** TEST-NET-1 (RFC 5737): never on a real wire, and never sent to one here. */
const OWN = Uint8Array.of(192, 0, 2, 2);
const PEER = Uint8Array.of(192, 0, 2, 1);
const VIRTUAL = Uint8Array.of(192, 0, 2, 254);
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const GROUP = Uint8Array.of(224, 0, 0, 18);

function settings(version: 2 | 3): RouterSettings {
  return {
    name: 'rehearsal',
    port: 0,
    family: 4,
    vrid: 1,
    version,
    priority: 100,
    advertisementIntervalUs: 1_000_000,
    phaseUs: 0,
    downAdverts: 3,
    addresses: [VIRTUAL],
    unadvertisedAddresses: [],
    preemptMode: true,
    preemptDelayUs: 0,
    startupDelayUs: 0,
    assertAgainstLower: true,
    advertiseWhenYielding: false,
    authentication: { type: 'none' },
    checksumForm: 'pseudo-header',
    acceptedChecksumForm: 'either',
    ownerPolicy: 'process',
    checkAddressList: false,
    unicastPeers: [],
    unicastTtl: 255,
    sourceAddress: undefined,
    groupAddress: GROUP,
    virtualMac: false,
    announcement: {
      repeat: 5,
      delayUs: 5_000_000,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 5,
      lowerPriorityDelayUs: 5_000_000,
      arpGapUs: 0,
      neighborGapUs: 0,
    },
  };
}

/** An advert of a peer that wins against the rehearsal's router. */
function winningAdvert(version: 2 | 3): Uint8Array {
  const bytes = new Uint8Array(128);
  const fields = new AdvertisementFields();
  fields.family = 4;
  fields.version = version;
  fields.vrid = 1;
  fields.priority = 200;
  fields.interval = version === 2 ? 1 : 100;
  fields.addresses = VIRTUAL;
  fields.source = PEER;
  fields.destination = GROUP;
  fields.sourceMac = MAC;
  return bytes.subarray(0, writeAdvertisementFrame(bytes, 0, fields));
}

const address: VirtualAddress = {
  address: VIRTUAL,
  family: 4,
  prefixLength: 32,
  interfaceName: 'rehearsal',
  scope: 0,
  broadcast: undefined,
  label: undefined,
  peer: undefined,
  home: false,
  managedTemporary: false,
  noPrefixRoute: false,
  autojoin: false,
  duplicateAddressDetection: false,
  preferredLifetimeS: undefined,
  advertised: true,
  track: true,
  text: '192.0.2.254/32',
};

/** Takes some tens of milliseconds. */
export function rehearse(): void {
  const netlink = new NetlinkSocket();
  const nowhere = openSync('/dev/null', 'w');
  const send = (bytes: Uint8Array, start: number, end: number): SendResult =>
    write(nowhere, bytes, start, end) < 0 ? SendResult.Failed : SendResult.Sent;
  for (const version of [2, 3] as const) {
    const engine = new Engine({ maxRouters: 1, maxPorts: 1 });
    const events = new EventRing(new Float64Array(EventRing.cellCount(8)));
    const addresses = new AddressKeeper(
      netlink,
      (kind, router, value, detail) => events.write(0, kind, router, -1, value, detail),
      () => NO_SUCH_INTERFACE,
    );
    const executor = new EffectExecutor(engine, { get: () => ({ send, sendRouted: send }) }, addresses, { events });
    const advert = winningAdvert(version);
    let now = 1_000_000;
    for (const router of engine.configure(now, [settings(version)])) addresses.configure(router, [address], false);
    engine.setLink(now, 0, { up: true, mac: MAC, ipv4: OWN, linkLocal: undefined, otherAddresses: [] });
    engine.startup(now);
    for (let round = 0; round < ROUNDS; round++) {
      for (let expiry = 0; expiry < 3; expiry++) {
        now = engine.deadline;
        engine.timers(now);
        executor.execute(now);
      }
      engine.frame(now, 0, advert, 0, advert.length, Link.Ethernet);
      executor.execute(now, advert);
    }
  }
  closeSync(nowhere);
  netlink.close();
}
