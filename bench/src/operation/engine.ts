/**
 * Steps through the whole protocol engine: a frame in, a timer due, and the effects that a host would carry out.
 *
 * Instants are made beforehand: what a host's clock costs is not the engine's.
 */

import {
  AdvertisementFields,
  EffectKind,
  Engine,
  groupMac,
  Link,
  type LinkState,
  packAddresses,
  parseAddress,
  type RouterSettings,
  readRow,
  TransmitPurpose,
  writeAdvertisementFrame,
} from '@locum/protocol';
import type { Operation } from './operation.ts';
import { plainRouter } from './plain-router.ts';

const BATCH_SIZE = 4080;
/** One advert is due, or arrives, every so often, whatever the number of routers. */
const STEP_US = 10_000;
const START = 1e12;
const ROUTERS_PER_PORT = 255;
const OWNER_PRIORITY = 255;
const PEER_PRIORITY = 200;
const BACKUP_PRIORITY = 100;

/** Adverts of a higher priority reach Backups: each moves its Active_Down_Timer back. */
export function receiving(routers: number): Operation {
  const engine = started(routers, BACKUP_PRIORITY);
  const frames = Array.from({ length: Math.min(routers, ROUTERS_PER_PORT) }, (_, index) =>
    peerAdvert(index + 1, routers),
  );
  const clock = new BoxedClock();
  let position = 0;
  let received = 0;
  return {
    batchSize: BATCH_SIZE,
    prepare: () => clock.refill(),
    batch: () => {
      let effects = 0;
      for (let step = 1; step <= BATCH_SIZE; step++) {
        const frame = frames[position % ROUTERS_PER_PORT]!;
        const port = Math.floor(position / ROUTERS_PER_PORT);
        engine.frame(clock.instants[step]!, port, frame, 0, frame.length, Link.Ethernet);
        effects += engine.effects.count;
        engine.effects.clear();
        position = position + 1 === routers ? 0 : position + 1;
      }
      received += BATCH_SIZE;
      return effects;
    },
    faultOf: (effects) => (effects === 0 ? '' : `${effects} effects where an advert only moves a timer back`),
    finalFault: () => {
      const counted = total(engine, routers, 'advertisementRcvd');
      return counted === received ? '' : `the engine counted ${counted} adverts, not ${received}`;
    },
  };
}

/** Adver_Timers of Actives: each transmits one advert and is armed again. */
export function advertising(routers: number): Operation {
  const engine = started(routers, OWNER_PRIORITY);
  const clock = new BoxedClock();
  let sent = total(engine, routers, 'advertisementSent');
  return {
    batchSize: BATCH_SIZE,
    prepare: () => clock.refill(),
    batch: () => {
      let adverts = 0;
      const { effects } = engine;
      for (let step = 1; step <= BATCH_SIZE; step++) {
        engine.timers(clock.instants[step]!);
        for (let index = 0; index < effects.count; index++) {
          const { kind, purpose } = effects.at(index);
          if (kind === EffectKind.Transmit && purpose === TransmitPurpose.Advert) adverts++;
          else return -1;
        }
        effects.clear();
      }
      sent += adverts;
      return adverts;
    },
    // The first time around, an advert may fall into the neighbouring batch.
    faultOf: (adverts) => (Math.abs(adverts - BATCH_SIZE) <= 1 ? '' : `${adverts} adverts, not ${BATCH_SIZE}`),
    finalFault: () => {
      const counted = total(engine, routers, 'advertisementSent');
      return counted === sent ? '' : `the engine counted ${counted} adverts, not ${sent}`;
    },
  };
}

/**
 * Instants as objects on the heap, made before they are needed: what a host's clock costs is not the engine's. An array
 * with something else in it keeps them as they are.
 */
class BoxedClock {
  readonly instants: number[] = [Symbol('not only numbers') as unknown as number];
  #next = START;

  refill(): void {
    for (let step = 1; step <= BATCH_SIZE; step++) {
      this.#next += STEP_US;
      this.instants[step] = this.#next;
    }
  }
}

/** An engine whose routers have been started at {@link START}, with owners Active and their phases spread. */
function started(routers: number, priority: number): Engine {
  const ports = Math.ceil(routers / ROUTERS_PER_PORT);
  const engine = new Engine({ maxRouters: routers, maxPorts: ports, lateThresholdUs: Infinity });
  engine.configure(
    START,
    Array.from({ length: routers }, (_, index) => settings(index, routers, priority)),
  );
  for (let port = 0; port < ports; port++) engine.setLink(START, port, LINK);
  engine.startup(START);
  engine.effects.clear();
  return engine;
}

const LINK: LinkState = {
  up: true,
  mac: Uint8Array.of(2, 0, 0, 0, 0, 2),
  ipv4: address('192.0.2.2'),
  linkLocal: undefined,
  otherAddresses: [],
};

function settings(index: number, routers: number, priority: number): RouterSettings {
  return plainRouter({
    name: `VI_${index}`,
    port: Math.floor(index / ROUTERS_PER_PORT),
    vrid: (index % ROUTERS_PER_PORT) + 1,
    priority,
    advertisementIntervalUs: routers * STEP_US,
    phaseUs: index * STEP_US,
    addresses: [virtualAddress((index % ROUTERS_PER_PORT) + 1)],
  });
}

function peerAdvert(vrid: number, routers: number): Uint8Array {
  const fields = new AdvertisementFields();
  fields.vrid = vrid;
  fields.priority = PEER_PRIORITY;
  fields.interval = routers;
  fields.addresses = packAddresses([virtualAddress(vrid)]);
  fields.source = address('192.0.2.1');
  fields.destination = address('224.0.0.18');
  fields.destinationMac = groupMac(fields.destination);
  fields.sourceMac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const bytes = new Uint8Array(128);
  return bytes.subarray(0, writeAdvertisementFrame(bytes, 0, fields));
}

function total(engine: Engine, routers: number, counter: 'advertisementRcvd' | 'advertisementSent'): number {
  let sum = 0;
  for (let router = 0; router < routers; router++) sum += readRow(engine.rows, router)!.statistics[counter];
  return sum;
}

function virtualAddress(vrid: number): Uint8Array {
  return Uint8Array.of(198, 51, 100, vrid);
}

function address(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`not an address: ${text}`);
  return octets;
}
