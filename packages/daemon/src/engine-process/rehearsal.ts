/**
 * Walks the way from a deadline to an advert, and to a takeover, without anything coming of it.
 *
 * JavaScript is slow the first time: without the hundreds of takeovers of {@link Rehearsal.learn}, the first one of a
 * process spends milliseconds between its advert and its gratuitous ARP, and one of many routers tens of them. And
 * whatever a processor has not done for a while is slow again, because its caches have forgotten it: half an advert's
 * lateness is that. So the reactor walks the way again shortly before a deadline.
 *
 * The rehearsal has virtual routers of its own on a port that leads nowhere, in a time of their own; the kernel is asked
 * for nothing that it would do, or that somebody else could keep it from.
 */
import { openSync } from 'node:fs';
import { boottimeUs, Clock, NetlinkSocket, sendMany, spinUntil, write } from '@locum/linux';
import { AdvertisementFields, Engine, Link, type RouterSettings, writeAdvertisementFrame } from '@locum/protocol';
import { SendResult } from '@locum/transport/contract';
import { EventRing } from '../board/event-ring.ts';
import type { VirtualAddress } from '../configuration/settings.ts';
import { AddressKeeper } from './address-keeper.ts';
import { EffectExecutor } from './effect-executor.ts';
import type { OutgoingPort } from './frame-batch.ts';
import { StationTable } from './station-table.ts';

/** How many routers take over together at the beginning, and how often. */
const TROUPE = 24;
const ROUNDS = 8;
/** How often one advertises, so that V8 does not compile it at an hour when it counts. */
const ADVERTS = 1_500;
/** How often a Backup practises: V8 has compiled by then what it finds worth it. */
const PRACTICES = 20;
/** So many waits without sleep, and so long ones, are enough for V8 to compile the loop. */
const SPINS = 200;
const SPIN_US = 20;
/** What a piece of the lessons takes, at most. */
export const LESSON_US = 20_000;
/** So many adverts or waits are one piece. */
const PIECE = 50;
const EVENTS = 8;
/** An hour of a clock that has run for a while: code that is compiled for small numbers is of no use then. */
const BEGINNING_US = 20_000_000_000;
/** So much memory is far from the small things, where addresses are large. */
const FAR_BYTES = 1 << 20;
/** Timers fire late, as real ones do, by no more than this; now and then by enough to be worth a note. */
const LATEST_US = 6_000;
const LATE_STEP_US = 37;
const NO_SUCH_INTERFACE = 0x7fff_fffe;
/** TEST-NET-1 (RFC 5737): never on a real wire, and never sent to one here. */
const OWN = Uint8Array.of(192, 0, 2, 2);
const PEER = Uint8Array.of(192, 0, 2, 1);
const VIRTUAL = Uint8Array.of(192, 0, 2, 254);
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const GROUP = Uint8Array.of(224, 0, 0, 18);

function settings(version: 2 | 3, vrid: number): RouterSettings {
  return {
    name: 'rehearsal',
    port: 0,
    family: 4,
    vrid,
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

/** An advert of a peer: one that wins against the rehearsal's router, or its resignation with priority 0. */
function peerAdvert(version: 2 | 3, vrid: number, priority: number): Uint8Array {
  const bytes = new Uint8Array(128);
  const fields = new AdvertisementFields();
  fields.family = 4;
  fields.version = version;
  fields.vrid = vrid;
  fields.priority = priority;
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

/** Virtual routers of one version that take over and yield, all at the same time. */
class Troupe {
  readonly #engine: Engine;
  readonly #executor: EffectExecutor;
  readonly #adverts: readonly Uint8Array[];
  readonly #resignations: readonly Uint8Array[];
  readonly #now = Float64Array.of(BEGINNING_US);
  #lateUs = 0;

  constructor(version: 2 | 3, size: number, netlink: NetlinkSocket, port: OutgoingPort) {
    const vrids = Array.from({ length: size }, (_, index) => index + 1);
    const engine = new Engine({ maxRouters: size, maxPorts: 1 });
    const events = new EventRing(new Float64Array(EventRing.cellCount(EVENTS)));
    const addresses = new AddressKeeper(
      netlink,
      (kind, router, value, detail) => events.write(0, kind, router, -1, value, detail),
      () => NO_SUCH_INTERFACE,
    );
    const noPorts = { get: () => undefined, interfaceName: () => '', giveUp: () => {} };
    const stations = new StationTable(noPorts, addresses, () => NO_SUCH_INTERFACE);
    this.#engine = engine;
    this.#executor = new EffectExecutor(engine, { get: () => port }, stations, { events });
    this.#adverts = vrids.map((vrid) => peerAdvert(version, vrid, 200));
    this.#resignations = vrids.map((vrid) => peerAdvert(version, vrid, 0));
    const now = this.#now[0]!;
    const routers = engine.configure(
      now,
      vrids.map((vrid) => settings(version, vrid)),
    );
    for (const router of routers) addresses.configure(router, [address], false);
    engine.setLink(now, 0, { up: true, mac: MAC, ipv4: OWN, linkLocal: undefined, otherAddresses: [] });
    engine.startup(now);
    this.#executor.execute(now);
  }

  /** The timers that are next expire: in Backup the routers take over, in Active they advertise or announce. */
  expire(): void {
    this.#engine.readDeadline(this.#now, 0);
    this.#lateUs = (this.#lateUs + LATE_STEP_US) % LATEST_US;
    this.#now[0]! += this.#lateUs;
    this.#engine.timersAt(this.#now, 0);
    this.#executor.executeAt(this.#now, 0);
  }

  /** A better router is heard. */
  yield(): void {
    this.#hear(this.#adverts);
  }

  /** The better router resigns. */
  inherit(): void {
    this.#hear(this.#resignations);
  }

  #hear(adverts: readonly Uint8Array[]): void {
    for (const advert of adverts) {
      this.#engine.frameAt(this.#now, 0, 0, advert, 0, advert.length, Link.Ethernet);
      this.#executor.executeAt(this.#now, 0, advert);
    }
  }
}

export class Rehearsal {
  readonly #netlink = new NetlinkSocket('rehearsal');
  readonly #port: OutgoingPort;
  readonly #speaker: Troupe;
  readonly #heir: Troupe;
  readonly #troupe: Troupe;
  readonly #lesson = this.#lessons();
  #learned = false;
  #practices = 0;

  constructor() {
    const nowhere = openSync('/dev/null', 'w');
    const send = (bytes: Uint8Array, start: number, end: number): SendResult =>
      write(nowhere, bytes, start, end) < 0 ? SendResult.Failed : SendResult.Sent;
    const sendAll = (bytes: Uint8Array, bounds: Int32Array, count: number): number => {
      sendMany(nowhere, bytes, bounds, count);
      return count;
    };
    this.#port = { send, sendAll, sendRouted: send };
    this.#speaker = new Troupe(3, 1, this.#netlink, this.#port);
    this.#heir = new Troupe(3, 1, this.#netlink, this.#port);
    this.#troupe = new Troupe(3, TROUPE, this.#netlink, this.#port);
  }

  /** The next piece of {@link #lessons}. */
  learn(): void {
    this.#learned = this.#lesson.next().done === true;
  }

  /** All that is left of them: some hundred milliseconds at most. */
  learnAll(): void {
    while (!this.#learned) this.learn();
  }

  /** Whether there is nothing left to {@link learn}: before that, a rehearsal would take longer than it gains. */
  get learned(): boolean {
    return this.#learned;
  }

  /** Makes the code fast that adverts and takeovers run, in pieces of some milliseconds. */
  *#lessons(): Generator<void, void> {
    for (const troupe of [this.#heir, this.#troupe, new Troupe(2, TROUPE, this.#netlink, this.#port)]) {
      yield;
      for (let round = 0; round < ROUNDS; round++) {
        takeOverAndYield(troupe);
        yield;
      }
    }
    for (let count = 0; count < ADVERTS; count++) {
      this.#speaker.expire();
      if (count % PIECE === 0) yield;
    }
    const far = new Uint8Array(FAR_BYTES);
    const bounds = Int32Array.of(0, MAC.length, 0, MAC.length);
    for (let count = 0; count < ADVERTS; count++) {
      this.#port.send(far, 0, MAC.length);
      this.#port.sendAll?.(far, bounds, 2);
      if (count % PIECE === 0) yield;
    }
    const instants = new Float64Array(2);
    for (let count = 0; count < SPINS; count++) {
      instants[1] = boottimeUs() + SPIN_US;
      spinUntil(Clock.Boottime, instants, 0, 1);
      if (count % PIECE === 0) yield;
    }
    // What the start has left behind; V8 would choose a later hour.
    globalThis.gc?.();
  }

  /** What {@link learn} leaves to V8's own pace; takes a millisecond or two, and after some dozens of times nothing. */
  practise(): void {
    if (this.#practices === PRACTICES) return;
    this.#practices++;
    takeOverAndYield(this.#troupe);
  }

  /** An advert. Allocates nothing. */
  advertise(): void {
    this.#speaker.expire();
  }

  /** A takeover with all that belongs to it. */
  takeOver(): void {
    takeOverAndYield(this.#heir);
  }
}

function takeOverAndYield(troupe: Troupe): void {
  troupe.inherit();
  for (let expiry = 0; expiry < 3; expiry++) troupe.expire();
  troupe.yield();
}
