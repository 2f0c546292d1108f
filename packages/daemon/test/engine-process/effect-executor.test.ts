import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EffectKind, Engine, type RouterSettings, TransmitPurpose } from '@locum/protocol';
import { SendResult } from '@locum/transport';
import { type BoardEvent, EventRing, HostEvent } from '../../src/board/event-ring.ts';
import { EffectExecutor } from '../../src/engine-process/effect-executor.ts';
import { planFor } from '../../src/supervisor/plan.ts';
import { instance, settingsOf } from '../configuration/sample.ts';

const START = 1_000_000;

/** A host that writes down what it is asked for: frames by what they are, addresses by what becomes of them. */
class Scene {
  readonly engine = new Engine({ maxRouters: 4, maxPorts: 2 });
  readonly events = new EventRing(new Float64Array(EventRing.cellCount(64)));
  readonly said: string[] = [];
  result: SendResult = SendResult.Sent;
  isOpen = true;
  readonly executor: EffectExecutor;

  constructor(...routers: RouterSettings[]) {
    const send = (bytes: Uint8Array, start: number): SendResult => {
      this.said.push(describe(bytes, start));
      return this.result;
    };
    const ports = { get: () => (this.isOpen ? { send, sendRouted: send } : undefined) };
    const addresses = {
      acquire: (indexes: readonly number[]) => void this.said.push(`set ${indexes.join()}`),
      release: (indexes: readonly number[]) => void this.said.push(`take ${indexes.join()}`),
    };
    this.executor = new EffectExecutor(this.engine, ports, addresses, { events: this.events });
    this.engine.configure(START, routers);
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
    const link = { up: true, mac, ipv4: Uint8Array.of(10, 0, 0, 9), linkLocal: undefined, otherAddresses: [] };
    this.engine.setLink(START, 0, link);
    this.engine.startup(START);
    this.executor.execute(START);
  }

  /** Lets the next timer expire and returns what came of it. */
  expire(): string[] {
    this.said.length = 0;
    const now = this.engine.deadline;
    this.engine.timers(now);
    this.executor.execute(now);
    assert.equal(this.engine.effects.count, 0);
    return this.said;
  }

  drained(): BoardEvent[] {
    const events: BoardEvent[] = [];
    this.events.drain((event) => events.push(event));
    return events;
  }
}

function describe(frame: Uint8Array, start: number): string {
  if (frame[start + 12] === 0x08 && frame[start + 13] === 0x06) return `arp ${frame[start + 31]}`;
  return `advert ${frame[start + 14 + 20 + 1]} of ${frame[start + 14 + 20 + 2]}`;
}

function router(vrid: number, addresses: string): RouterSettings {
  const settings = settingsOf(instance('version 3\ngarp_master_repeat 1\ngarp_master_delay 0', addresses));
  const { settings: planned } = planFor(settings, false).routers[0]!;
  return { ...planned, vrid, phaseUs: 0 };
}

test('Becoming Active: the advert, then the addresses, then their announcements, then the news [FSM-A-11] [ARP-03]', () => {
  const scene = new Scene(router(1, '10.0.0.1\n10.0.0.2'));
  scene.drained();
  assert.equal(scene.executor.newsPending, true);
  scene.executor.newsPending = false;
  assert.deepEqual(scene.expire(), ['advert 1 of 100', 'set 0', 'arp 1', 'arp 2']);
  assert.equal(scene.executor.newsPending, true);
  assert.deepEqual(
    scene.drained().map(({ kind, from, to }) => [kind, from, to]),
    [[EffectKind.StateChanged, 1, 2]],
  );
});

test('Many at once: all adverts, all addresses in one request, then each announced', () => {
  const scene = new Scene(router(1, '10.0.0.1'), router(2, '10.0.0.2'), router(3, '10.0.0.3'));
  const said = scene.expire();
  assert.deepEqual(said.slice(0, 4), ['advert 1 of 100', 'advert 2 of 100', 'advert 3 of 100', 'set 0,1,2']);
  assert.deepEqual(said.slice(4).sort(), ['arp 1', 'arp 2', 'arp 3']);
});

test('An orderly stop: the resignation before the addresses go, and a note of it', () => {
  const scene = new Scene(router(1, '10.0.0.1'));
  scene.expire();
  scene.drained();
  scene.said.length = 0;
  scene.engine.shutdown(START + 5_000_000);
  scene.executor.execute(START + 5_000_000);
  assert.deepEqual(scene.said, ['advert 1 of 0', 'take 0']);
  const events = scene.drained();
  assert.deepEqual(
    events.map(({ kind }) => kind),
    [HostEvent.Resigned, EffectKind.StateChanged],
  );
  assert.ok(events.every(({ at }) => at === START + 5_000_000));
});

test('A frame that does not go out is noted with the reason, and the rest goes on', () => {
  const scene = new Scene(router(1, '10.0.0.1'));
  scene.drained();
  scene.result = SendResult.Busy;
  assert.deepEqual(scene.expire(), ['advert 1 of 100', 'set 0', 'arp 1']);
  assert.deepEqual(
    scene.drained().flatMap(({ kind, value, detail }) => (kind === HostEvent.SendFailed ? [[value, detail]] : [])),
    [
      [SendResult.Busy, TransmitPurpose.Advert],
      [SendResult.Busy, TransmitPurpose.GratuitousArp],
    ],
  );
  scene.isOpen = false;
  assert.deepEqual(scene.expire(), []);
  assert.equal(scene.drained()[0]!.value, SendResult.NotOpen);
});
