import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '@locum/protocol';
import { type Port, SendResult, TransportError, type VirtualStation } from '@locum/transport';
import { EventRing } from '../../src/board/event-ring.ts';
import type { RouterPlan } from '../../src/channel/message.ts';
import { EffectExecutor } from '../../src/engine-process/effect-executor.ts';
import { StationTable, stationName } from '../../src/engine-process/station-table.ts';
import { planFor } from '../../src/supervisor/plan.ts';
import { instance, settingsOf } from '../configuration/sample.ts';

/** One port that has stations, and a host that writes down what is asked for. */
class Scene {
  readonly said: string[] = [];
  readonly givenUp: unknown[] = [];
  failure: Error | undefined;
  port: Port | undefined = this.#open();
  readonly addresses = {
    acquire: (routers: readonly number[]) => void this.said.push(`set ${routers.join()}`),
    release: (routers: readonly number[]) => void this.said.push(`take ${routers.join()}`),
  };
  readonly ports = {
    get: () => this.port,
    interfaceName: () => 'eth0',
    giveUp: (_index: number, error: unknown) => void this.givenUp.push(error),
  };
  readonly stations = new StationTable(this.ports, this.addresses, () => 7);

  #open(): Port {
    return {
      capabilities: { virtualStations: true },
      openStation: ({ mac, deviceName }: { mac: Uint8Array; deviceName: string }): VirtualStation => {
        if (this.failure !== undefined) throw this.failure;
        this.said.push(`open ${deviceName} ${Buffer.from(mac).toString('hex')}`);
        return {
          interfaceName: deviceName,
          carry: (wanted) => void this.said.push(`carry ${wanted}`),
          close: () => void this.said.push(`close ${deviceName}`),
        };
      },
      send: (bytes: Uint8Array, start: number) => {
        this.said.push(bytes[start + 13] === 6 ? 'arp' : 'advert');
        return SendResult.Sent;
      },
    } as unknown as Port;
  }

  reopen(): void {
    this.port = this.#open();
  }
}

function planOf(addresses: string, lines = ''): RouterPlan {
  const text = instance(`version 3\npriority 200\ngarp_master_repeat 1\ngarp_master_delay 0\n${lines}`, addresses);
  return planFor(settingsOf(text), false).routers[0]!;
}

test('A station has the MAC of its router, and its addresses go on its device with a route of last resort', () => {
  const scene = new Scene();
  const placed = scene.stations.place(0, planOf('10.0.0.1/24\n10.0.0.2/24 dev eth1\n10.0.0.3/24 noprefixroute'));
  assert.deepEqual(scene.said, ['open locum4-51-7 00005e000133']);
  assert.deepEqual(
    placed.map(({ interfaceName, noPrefixRoute, routeMetric }) => [interfaceName, noPrefixRoute, routeMetric]),
    [
      ['locum4-51-7', false, 1_000_000],
      ['eth1', false, undefined],
      ['locum4-51-7', true, 1_000_000],
    ],
  );
  scene.stations.place(1, planOf('2001:db8::1/64'));
  assert.equal(scene.said[1], 'open locum6-51-7 00005e000233');
});

test('The advert, then the addresses, then their MAC, then the announcement; and back in order [ARP-11] [ND-11]', () => {
  const scene = new Scene();
  const engine = new Engine({ maxRouters: 2, maxPorts: 1 });
  const events = new EventRing(new Float64Array(EventRing.cellCount(64)));
  const executor = new EffectExecutor(engine, scene.ports, scene.stations, { events });
  const plan = planOf('10.0.0.1');
  engine.configure(1_000_000, [{ ...plan.settings, virtualMac: true }]);
  scene.stations.place(0, plan);
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const link = { up: true, mac, ipv4: Uint8Array.of(10, 0, 0, 9), linkLocal: undefined, otherAddresses: [] };
  engine.setLink(1_000_000, 0, link);
  engine.startup(1_000_000);
  executor.execute(1_000_000);
  scene.said.length = 0;
  const now = engine.deadline;
  engine.timers(now);
  executor.execute(now);
  assert.deepEqual(scene.said.splice(0), ['advert', 'set 0', 'carry true', 'arp']);
  engine.shutdown(now);
  executor.execute(now);
  assert.deepEqual(scene.said, ['advert', 'carry false', 'take 0']);
});

test('A station is opened once, and again when its port is another one or its name changes', () => {
  const scene = new Scene();
  const plan = planOf('10.0.0.1');
  scene.stations.place(0, plan);
  scene.stations.place(0, plan);
  assert.equal(scene.said.length, 1);
  scene.reopen();
  scene.stations.place(0, plan);
  assert.deepEqual(scene.said.splice(0).slice(1), ['close locum4-51-7', 'open locum4-51-7 00005e000133']);
  scene.stations.place(0, planOf('10.0.0.1', 'use_vmac vrrp.51'));
  assert.deepEqual(scene.said, ['close locum4-51-7', 'open vrrp.51 00005e000133']);
});

test('Without a port, or on one without stations, a router is like any other', () => {
  const scene = new Scene();
  scene.port = undefined;
  const plan = planOf('10.0.0.1');
  assert.equal(scene.stations.isVirtual(0), false);
  assert.equal(scene.stations.place(0, plan), plan.addresses);
  scene.stations.acquire([0]);
  scene.stations.release([0]);
  assert.deepEqual(scene.said, ['set 0', 'take 0']);
});

test('A station that cannot be opened is a fault of its port', () => {
  const scene = new Scene();
  scene.failure = new TransportError('NOT_PERMITTED', 'no', { operation: 'open' });
  const plan = planOf('10.0.0.1');
  assert.equal(scene.stations.place(0, plan), plan.addresses);
  assert.deepEqual(scene.givenUp, [scene.failure]);
});

test('Names of devices fit, and differ for routers that differ', () => {
  assert.equal(stationName(4, 255, 2), 'locum4-255-2');
  const names = [1, 46_655, 1_679_615, 2 ** 31 - 1].map((index) => stationName(6, 255, index));
  for (const name of names) assert.ok(name.length <= 15, name);
  assert.equal(new Set([...names, stationName(6, 25, 51), stationName(6, 2, 551)]).size, 6);
});
