/**
 * The memory LAN as a way to the wire: the same engine and the same exchange of adverts in one process, with no kernel,
 * no sleep and no daemon around it. What is left are the engine, the contract, and the copies.
 */

import { advertFrame } from '@locum/integration/frames';
import { EffectKind, Engine, Link, type LinkState, parseAddress, type RouterSettings } from '@locum/protocol';
import { createMemoryLan, createMemoryTransport, type Frame, type Port } from '@locum/transport';
import { processorSeconds } from '../lan/process-use.ts';
import { plainRouter } from '../operation/plain-router.ts';
import type { Check } from '../row.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const RIVAL = { mac: '02:00:00:00:00:02', address: '192.168.1.2' };
const RIVAL_PRIORITY = 50;
const PRIORITY = 200;
const OWNER_PRIORITY = 255;
const VRRP = 112;
/** Before these the runtime has not compiled what runs. */
const WARM_UP = 3000;
const INTERVAL_US = 1_000_000;
/** Between two questions; the engine does not answer each of many in a row. */
const PAUSE_US = 20_000;
const ROOM = 256;

export interface MemoryParts {
  readonly wireToEngineUs: readonly number[];
  readonly insideUs: readonly number[];
  readonly engineToWireUs: readonly number[];
  readonly tookUs: readonly number[];
  readonly check: Check;
}

/** An engine on a LAN whose time stands still unless it is told otherwise. Stamps are on a clock of their own. */
class MemoryRouter {
  nowUs = 1e12;
  adverts = 0;
  /** When the frame was put on the wire, reached the sink, was to be sent, and was on the wire: microseconds. */
  readonly stamps = new Float64Array(4);
  readonly lan = createMemoryLan({
    clock: { now: () => this.nowUs },
    observer: (from, bytes, start) => this.#observe(from !== undefined, bytes, start),
  });
  readonly #station = this.lan.addStation({ interfaceName: 'eth0', mac: MAC });
  readonly #engine: Engine;
  #port: Port | undefined;

  constructor(routers: readonly RouterSettings[]) {
    this.#engine = new Engine({ maxRouters: ROOM, maxPorts: 1 });
    this.#engine.configure(this.nowUs, routers);
  }

  async open(): Promise<void> {
    const options = {
      interfaceName: 'eth0',
      filter: { ipProtocols: [VRRP] },
      groups: [parseAddress('224.0.0.18')!],
    };
    const sink = {
      onFrame: (frame: Frame) => this.#receive(frame),
      onFault: (error: Error) => {
        throw error;
      },
    };
    this.#port = await createMemoryTransport([this.#station]).open(options, sink, this.lan.clock);
    const ipv4 = parseAddress('192.168.1.1')!;
    const link: LinkState = { up: true, mac: MAC, ipv4, linkLocal: undefined, otherAddresses: [] };
    this.#engine.setLink(this.nowUs, 0, link);
    this.#engine.startup(this.nowUs);
    this.#execute();
  }

  /** Lets time pass, from one deadline to the next. */
  run(untilUs: number): void {
    const deadline = new Float64Array(1);
    for (;;) {
      this.#engine.readDeadline(deadline, 0);
      if (deadline[0]! > untilUs) break;
      this.nowUs = Math.max(this.nowUs, deadline[0]!);
      this.#engine.timers(this.nowUs);
      this.#execute();
      this.#port!.poll(ROOM);
    }
    this.nowUs = untilUs;
  }

  hear(frame: Uint8Array): void {
    this.lan.inject(frame);
    this.#port!.poll(ROOM);
  }

  #observe(ours: boolean, bytes: Uint8Array, start: number): void {
    if (bytes[start + 12] !== 0x08 || bytes[start + 13] !== 0x00) return;
    this.stamps[ours ? 3 : 0] = performance.now() * 1000;
    if (ours) this.adverts++;
  }

  #receive(frame: Frame): void {
    this.stamps[1] = performance.now() * 1000;
    this.#engine.frame(frame.at, 0, frame.bytes, frame.start, frame.end, Link.Ethernet);
    this.#execute();
  }

  #execute(): void {
    const { effects, txBytes } = this.#engine;
    for (let index = 0; index < effects.count; index++) {
      const { kind, start, end } = effects.at(index);
      if (kind !== EffectKind.Transmit) continue;
      if (txBytes[start + 12] === 0x08 && txBytes[start + 13] === 0x00) this.stamps[2] = performance.now() * 1000;
      this.#port!.send(txBytes, start, end);
    }
    effects.clear();
  }
}

/** The exchange that `answers.ts` has on a wire. */
export async function askInMemory(count: number): Promise<MemoryParts> {
  const router = new MemoryRouter([settingsOf(0, 1, PRIORITY)]);
  await router.open();
  router.run(router.nowUs + 5 * INTERVAL_US);
  const frame = advertFrame(RIVAL, {
    version: 3,
    vrid: 1,
    priority: RIVAL_PRIORITY,
    interval: INTERVAL_US / 10_000,
    addresses: ['192.168.1.101'],
  });
  const { stamps } = router;
  const taken: [number, number, number, number][] = [];
  for (let asked = 0; asked < WARM_UP + count; ) {
    const before = router.adverts;
    router.run(router.nowUs + PAUSE_US);
    // Close to an advert of its own accord there is no need for an answer.
    if (router.adverts > before) continue;
    router.hear(frame);
    asked++;
    if (router.adverts === before + 1) taken.push([stamps[0]!, stamps[1]!, stamps[2]!, stamps[3]!]);
  }
  const measured = taken.slice(-count);
  return {
    wireToEngineUs: measured.map(([asked, heard]) => heard - asked),
    insideUs: measured.map(([, heard, told]) => told - heard),
    engineToWireUs: measured.map(([, , told, said]) => said - told),
    tookUs: measured.map(([asked, , , said]) => said - asked),
    check: {
      passed: taken.length === WARM_UP + count,
      words: `${taken.length} answers to ${WARM_UP + count} rivals in memory`,
    },
  };
}

/** Processor time of an advert, in microseconds, with so many Active routers and so many adverts. */
export async function costInMemory(routers: number, adverts: number): Promise<{ eachUs: number; check: Check }> {
  const router = new MemoryRouter(
    Array.from({ length: routers }, (_, index) => settingsOf(index, routers, OWNER_PRIORITY)),
  );
  await router.open();
  const pass = (): number => {
    const before = router.adverts;
    router.run(router.nowUs + (adverts / routers) * INTERVAL_US);
    return router.adverts - before;
  };
  pass();
  const began = processorSeconds([process.pid]);
  const sent = pass();
  const eachUs = ((processorSeconds([process.pid]) - began) * 1e6) / sent;
  return {
    eachUs,
    check: { passed: Math.abs(sent - adverts) <= routers, words: `${sent} adverts, ${adverts} expected` },
  };
}

function settingsOf(index: number, routers: number, priority: number): RouterSettings {
  return plainRouter({
    name: `VI_${index}`,
    port: 0,
    vrid: index + 1,
    priority,
    advertisementIntervalUs: INTERVAL_US,
    phaseUs: Math.floor((index * INTERVAL_US) / routers),
    addresses: [Uint8Array.of(192, 168, 1, 101 + index)],
  });
}
