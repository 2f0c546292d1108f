/**
 * Run by operation.test.ts: what an engine and its timer wheel do for one advert, received or sent, one operation a case.
 *
 * Instants stay in arrays, as they do in a host.
 */
import { EffectKind } from '../../src/engine/effects.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Authentication, RouterSettings } from '../../src/engine/settings.ts';
import { TimerWheel } from '../../src/timer/wheel.ts';
import { Link } from '../../src/wire/reception.ts';
import { printGrowth } from '../heap-growth.ts';
import { type Advert, address, advertFrame, GROUP_IPV6, link, settings } from './rig.ts';

const TIMERS = 1000;
const key = Uint8Array.from(Buffer.from('s3cret\0\0'));

interface Kind {
  readonly settings: Partial<RouterSettings>;
  /** The Active's advert, as a Backup of this kind hears it; none where it would need a signature. */
  readonly heard?: Advert;
}

const kinds: Readonly<Record<string, Kind>> = {
  'v2/IPv4': { settings: { version: 2 }, heard: { priority: 200, version: 2 } },
  'v2/IPv4 PASS': { settings: { version: 2, authentication: authentication('pass') } },
  'v2/IPv4 AH': { settings: { version: 2, authentication: authentication('ah') } },
  'v3/IPv4': { settings: { version: 3 }, heard: { priority: 200 } },
  'v3/IPv4, pseudo-header': { settings: { version: 3, checksumForm: 'pseudo-header' } },
  'v3/IPv6': {
    settings: { version: 3, family: 6, groupAddress: GROUP_IPV6 },
    heard: { priority: 200, source: 'fe80::1' },
  },
  'v3/IPv4 to two unicast peers': {
    settings: {
      version: 3,
      unicastPeers: ['192.0.2.7', '192.0.2.8'].map((peer) => ({ address: address(peer), minTtl: 0, maxTtl: 255 })),
    },
  },
};

function authentication(type: 'pass' | 'ah'): Authentication {
  return { type, key };
}

function started(changes: Partial<RouterSettings>): Engine {
  const engine = new Engine({ maxRouters: 1, maxPorts: 1 });
  engine.configure(0, [settings(changes)]);
  engine.setLink(0, 0, link());
  engine.startup(0);
  engine.effects.clear();
  return engine;
}

/** A Backup hears its Active. */
function receiving(changes: Partial<RouterSettings>, advert: Advert): () => void {
  const engine = started({ ...changes, priority: 100 });
  const frame = advertFrame(advert);
  const instants = Float64Array.of(1000);
  return () => {
    instants[0]! += 1000;
    engine.frameAt(instants, 0, 0, frame, 0, frame.length, Link.Ethernet);
    if (engine.effects.count !== 0) throw new Error('the advert was not taken in silence');
  };
}

/** An Active hears a router of lower priority, which it answers. */
function answering(changes: Partial<RouterSettings>, advert: Advert): () => void {
  const engine = started({ ...changes, priority: 255 });
  const frame = advertFrame({ ...advert, priority: 50 });
  const instants = Float64Array.of(1000);
  return () => {
    instants[0]! += 1000;
    engine.frameAt(instants, 0, 0, frame, 0, frame.length, Link.Ethernet);
    if (engine.effects.count === 0) throw new Error('the advert was not noticed');
    engine.effects.clear();
  };
}

/** An Active sends its advert at its deadline. */
function sending(changes: Partial<RouterSettings>): () => void {
  const engine = started({ ...changes, priority: 255 });
  const instants = new Float64Array(1);
  return () => {
    engine.readDeadline(instants, 0);
    engine.timersAt(instants, 0);
    if (engine.effects.at(0).kind !== EffectKind.Transmit) throw new Error('nothing was sent');
    engine.effects.clear();
  };
}

/** A frame that is not for any router here. */
function discarding(): () => void {
  const engine = started({});
  const frame = advertFrame({ priority: 200, vrid: 77 });
  const instants = Float64Array.of(1000);
  return () => {
    engine.frameAt(instants, 0, 0, frame, 0, frame.length, Link.Ethernet);
    if (engine.effects.at(0).kind !== EffectKind.Discarded) throw new Error('it was not dropped');
    engine.effects.clear();
  };
}

/** A wheel in use, and what changes from call to call. */
function wheelInUse(): { wheel: TimerWheel; deadlines: Float64Array; id: Int32Array } {
  const wheel = new TimerWheel(TIMERS);
  const deadlines = new Float64Array(TIMERS + 1);
  for (let id = 0; id < TIMERS; id++) {
    deadlines[id] = 1e12 + id * 997;
    wheel.armFrom(id, deadlines, id);
  }
  return { wheel, deadlines, id: new Int32Array(1) };
}

function moving(): () => void {
  const { wheel, deadlines, id } = wheelInUse();
  return () => {
    const next = (id[0]! + 7) % TIMERS;
    id[0] = next;
    deadlines[next]! += 1_000_003;
    wheel.armFrom(next, deadlines, next);
  };
}

function cancelling(): () => void {
  const { wheel, deadlines, id } = wheelInUse();
  return () => {
    const next = (id[0]! + 7) % TIMERS;
    id[0] = next;
    wheel.cancel(next);
    wheel.armFrom(next, deadlines, next);
  };
}

function expiring(): () => void {
  const { wheel, deadlines } = wheelInUse();
  return () => {
    wheel.readNextDeadline(deadlines, TIMERS);
    const id = wheel.expireAt(deadlines, TIMERS);
    if (id < 0) throw new Error('nothing was due');
    deadlines[id]! += 1_000_000;
    wheel.armFrom(id, deadlines, id);
  };
}

const cases: Record<string, () => void> = {
  'wheel: move a timer': moving(),
  'wheel: cancel a timer and arm it again': cancelling(),
  'wheel: find the next deadline, expire it, arm it again': expiring(),
  'engine: drop a frame': discarding(),
};
for (const [name, { settings: changes, heard }] of Object.entries(kinds)) {
  cases[`engine: send ${name}`] = sending(changes);
  if (heard === undefined) continue;
  cases[`engine: receive ${name}`] = receiving(changes, heard);
  cases[`engine: answer ${name}`] = answering({ ...changes, ownerPolicy: 'process' }, heard);
}
printGrowth(cases);
