/**
 * A host for one engine in virtual time: settings with sensible defaults, adverts made to order, and a log of effects.
 */
import { EffectKind, TransmitPurpose } from '../../src/engine/effects.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { EngineOptions } from '../../src/engine/engine-options.ts';
import type { LinkState, RouterSettings } from '../../src/engine/settings.ts';
import { type RouterRow, readRow } from '../../src/engine/snapshot.ts';
import { RouterState } from '../../src/machine/state.ts';
import { packAddresses, parseAddress } from '../../src/wire/address.ts';
import { AdvertisementFields, ChecksumCoverage, writeAdvertisementFrame } from '../../src/wire/advertisement.ts';
import { groupMac } from '../../src/wire/ethernet.ts';
import { Link } from '../../src/wire/reception.ts';

export function address(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

export const GROUP_IPV4 = address('224.0.0.18');
export const GROUP_IPV6 = address('ff02::12');

export function settings(changes: Partial<RouterSettings> = {}): RouterSettings {
  const family = changes.family ?? 4;
  return {
    name: 'VI_1',
    port: 0,
    family,
    vrid: 1,
    version: 3,
    priority: 100,
    advertisementIntervalUs: 1_000_000,
    phaseUs: 0,
    downAdverts: 3,
    addresses: [address(family === 4 ? '192.0.2.254' : 'fe80::5')],
    unadvertisedAddresses: [],
    preemptMode: true,
    preemptDelayUs: 0,
    startupDelayUs: 0,
    assertAgainstLower: true,
    advertiseWhenYielding: false,
    authentication: { type: 'none' },
    checksumForm: 'message',
    acceptedChecksumForm: 'either',
    ownerPolicy: 'process',
    checkAddressList: false,
    unicastPeers: [],
    unicastTtl: 255,
    sourceAddress: undefined,
    groupAddress: family === 4 ? GROUP_IPV4 : GROUP_IPV6,
    virtualMac: false,
    ...changes,
    announcement: {
      repeat: 1,
      delayUs: 0,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 0,
      lowerPriorityDelayUs: 0,
      arpGapUs: 0,
      neighborGapUs: 0,
      ...changes.announcement,
    },
  };
}

export function link(changes: Partial<LinkState> = {}): LinkState {
  return {
    up: true,
    mac: Uint8Array.of(2, 0, 0, 0, 0, 2),
    ipv4: address('192.0.2.2'),
    linkLocal: address('fe80::2'),
    otherAddresses: [],
    ...changes,
  };
}

/** An advert of another router; `intervalUs` is written in the unit of the version. */
export interface Advert {
  priority: number;
  source?: string;
  intervalUs?: number;
  version?: 2 | 3;
  vrid?: number;
  addresses?: readonly Uint8Array[];
  destination?: string;
  ttl?: number;
}

/** The Ethernet frame of an advert. */
export function advertFrame(advert: Advert): Uint8Array {
  const source = address(advert.source ?? '192.0.2.1');
  const isIpv4 = source.length === 4;
  const destination = advert.destination === undefined ? undefined : address(advert.destination);
  const fields = new AdvertisementFields();
  fields.family = isIpv4 ? 4 : 6;
  fields.version = advert.version ?? 3;
  fields.vrid = advert.vrid ?? 1;
  fields.priority = advert.priority;
  fields.interval = (advert.intervalUs ?? 1_000_000) / (fields.version === 2 ? 1_000_000 : 10_000);
  fields.addresses = packAddresses(advert.addresses ?? [address(isIpv4 ? '192.0.2.254' : 'fe80::5')]);
  fields.source = source;
  fields.destination = destination ?? (isIpv4 ? GROUP_IPV4 : GROUP_IPV6);
  fields.destinationMac = groupMac(fields.destination);
  fields.sourceMac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  fields.ttl = advert.ttl ?? 255;
  fields.checksumForm = ChecksumCoverage.Message;
  const bytes = new Uint8Array(1_600);
  return bytes.subarray(0, writeAdvertisementFrame(bytes, 0, fields));
}

const stateNames = Object.keys(RouterState);

/** One engine, one clock. `log` collects what the engine asked for as `[instant, words]`. */
export class Rig {
  readonly engine: Engine;
  now = 0;
  log: [number, string][] = [];
  /** Copies of the frames that were transmitted, in order. */
  frames: { at: number; router: number; purpose: number; routed: boolean; bytes: Uint8Array }[] = [];

  constructor(options: EngineOptions = {}) {
    this.engine = new Engine({ maxRouters: 16, maxPorts: 4, ...options });
  }

  /** An engine with one router and a link, started at `now`. */
  static started(changes: Partial<RouterSettings> = {}, now = 0): Rig {
    const rig = new Rig();
    rig.now = now;
    rig.configure([settings(changes)]);
    rig.setLink(link());
    rig.startup();
    return rig;
  }

  configure(routers: readonly RouterSettings[]): number[] {
    const indices = this.engine.configure(this.now, routers);
    this.execute();
    return indices;
  }

  setLink(state: LinkState | undefined, port = 0): void {
    this.engine.setLink(this.now, port, state);
    this.execute();
  }

  startup(): void {
    this.engine.startup(this.now);
    this.execute();
  }

  shutdown(): void {
    this.engine.shutdown(this.now);
    this.execute();
  }

  setPriority(priority: number, router = 0): void {
    this.engine.setPriority(this.now, router, priority);
    this.execute();
  }

  /** Lets time pass: every timer fires at its deadline. */
  runTo(until: number): void {
    while (this.engine.deadline <= until) {
      this.now = Math.max(this.now, this.engine.deadline);
      this.timers();
    }
    this.now = Math.max(this.now, until);
  }

  runFor(duration: number): void {
    this.runTo(this.now + duration);
  }

  timers(): void {
    this.engine.timers(this.now);
    this.execute();
  }

  /** Time passes and nobody calls the engine. */
  stall(duration: number): void {
    this.now += duration;
  }

  receive(advert: Advert | Uint8Array, port = 0): void {
    const frame = advert instanceof Uint8Array ? advert : advertFrame(advert);
    // Somewhere inside a larger array, as frames are.
    const bytes = new Uint8Array(frame.length + 32).fill(0xaa);
    bytes.set(frame, 16);
    this.engine.frame(this.now, port, bytes, 16, 16 + frame.length, Link.Ethernet);
    this.execute();
  }

  row(router = 0): RouterRow {
    const row = readRow(this.engine.rows, router);
    if (row === undefined) throw new Error(`there is no router ${router}`);
    return row;
  }

  get state(): string {
    return stateNames[this.row().state]!;
  }

  /** The words logged since the last call. */
  take(): string[] {
    const words = this.log.map(([, word]) => word);
    this.log = [];
    return words;
  }

  execute(): void {
    const { effects, txBytes } = this.engine;
    for (let index = 0; index < effects.count; index++) {
      const effect = effects.at(index);
      const { router } = effect;
      if (effect.kind === EffectKind.Transmit) {
        const { start, end, routed, purpose } = effect;
        this.frames.push({ at: this.now, router, purpose, routed, bytes: txBytes.slice(start, end) });
        this.note(describe(txBytes, effect.start, routed, purpose));
      } else if (effect.kind === EffectKind.AcquireAddresses) this.note('acquire');
      else if (effect.kind === EffectKind.ReleaseAddresses) this.note('release');
      else if (effect.kind === EffectKind.StateChanged) this.note(`state ${stateNames[effect.to]}`);
      else if (effect.kind === EffectKind.Discarded) this.note(`discard ${effect.reason}`);
      else if (effect.kind === EffectKind.Warned) this.note(`warn ${effect.reason}`);
      else if (effect.kind === EffectKind.Late) this.note(`late ${effect.lateUs}`);
      else if (effect.kind === EffectKind.LowerPriorityHeard) this.note(`lower ${effect.value}`);
    }
    effects.clear();
  }

  note(word: string): void {
    this.log.push([this.now, word]);
  }
}

function describe(bytes: Uint8Array, start: number, routed: boolean, purpose: number): string {
  if (purpose === TransmitPurpose.GratuitousArp) return 'announce arp';
  if (purpose === TransmitPurpose.NeighborAdvert) return 'announce na';
  const packet = start + (routed ? 0 : 14);
  const isIpv4 = bytes[packet]! >> 4 === 4;
  const message = packet + (isIpv4 ? 20 + (bytes[packet + 9] === 51 ? 24 : 0) : 40);
  return `advert prio=${bytes[message + 2]}`;
}
