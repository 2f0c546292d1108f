import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFor, withAhSequences } from '../../src/supervisor/plan.ts';
import { settingsOf } from '../configuration/sample.ts';

const block = (name: string, interfaceName: string, vrid: number, address: string, lines = ''): string =>
  `vrrp_instance ${name} {\n interface ${interfaceName}\n virtual_router_id ${vrid}\n virtual_ipaddress {\n${address}\n}\n${lines}\n}\n`;

test('One port for each interface, with the groups that its routers listen to; routers in the order of the file', () => {
  const settings = settingsOf(
    block('A', 'eth1', 1, '10.0.0.1') +
      block('B', 'eth0', 1, '10.0.1.1') +
      block('C', 'eth1', 1, 'fe80::1') +
      block('D', 'eth1', 2, '10.0.0.2', 'mcast_dst_ip 224.0.0.99') +
      block('E', 'eth2', 1, '10.0.2.1', 'unicast_peer {\n10.0.0.9\n}'),
  );
  const plan = planFor(settings, true);
  const text = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
  assert.deepEqual(
    plan.ports.map(({ interfaceName, transport, groups }) => [interfaceName, transport.name, groups.map(text)]),
    [
      ['eth1', 'raw', ['e0000012', 'ff020000000000000000000000000012', 'e0000063']],
      ['eth0', 'raw', ['e0000012']],
      ['eth2', 'raw', []],
    ],
  );
  assert.deepEqual(
    plan.routers.map(({ settings: { name, port } }) => [name, port]),
    [
      ['A', 0],
      ['B', 1],
      ['C', 0],
      ['D', 0],
      ['E', 2],
    ],
  );
  assert.equal(plan.keepAddresses, true);
});

test('Routers of one interface on different transports have ports of their own', () => {
  const settings = settingsOf(
    block('A', 'eth0', 1, '10.0.0.1') +
      block('B', 'eth0', 2, '10.0.0.2', 'transport tap {\ndevice lo1\nbridge eth0\n}') +
      block('C', 'eth0', 3, '10.0.0.3', 'transport tap { bridge eth0 device lo1 }') +
      block('D', 'eth0', 4, '10.0.0.4', 'transport tap') +
      block('E', 'eth0', 5, '10.0.0.5', 'use_vmac vrrp.5'),
  );
  const { ports, routers } = planFor(settings, false);
  assert.deepEqual(
    ports.map(({ transport: { name, options } }) => [name, options]),
    [
      ['raw', {}],
      ['tap', { device: 'lo1', bridge: 'eth0' }],
      ['tap', {}],
      ['tap', { mode: 'virtual-mac' }],
    ],
  );
  assert.deepEqual(
    routers.map(({ settings: { port }, deviceName }) => [port, deviceName]),
    [
      [0, undefined],
      [1, undefined],
      [1, undefined],
      [2, undefined],
      [3, 'vrrp.5'],
    ],
  );
});

test('How the process shall be scheduled comes from global_defs, and nothing is said that was not asked for', () => {
  const plain = planFor(settingsOf(block('A', 'eth0', 1, '10.0.0.1')), false).scheduling;
  assert.ok(!('realtimePriority' in plain));
  assert.equal(plain.noSwap, false);
  const globals = 'global_defs {\nvrrp_rt_priority 20\n}\n';
  const { scheduling } = planFor(settingsOf(globals + block('A', 'eth0', 1, '10.0.0.1')), false);
  assert.equal(scheduling.realtimePriority, 20);
});

test('An AH sequence begins at the wall clock or above what was used, and only where there is one', () => {
  const ah = 'authentication {\nauth_type AH\nauth_pass x\n}';
  const settings = settingsOf(
    block('A', 'eth0', 1, '10.0.0.1', ah) + block('B', 'eth0', 2, '10.0.0.2', ah) + block('C', 'eth0', 3, '10.0.0.3'),
  );
  const seconds = Math.floor(Date.now() / 1000);
  const { routers } = withAhSequences(
    planFor(settings, false),
    new Map([
      ['B', seconds + 1e6],
      ['A', 5],
    ]),
  );
  assert.ok(routers[0]!.ahSequence! >= seconds && routers[0]!.ahSequence! < seconds + 1000);
  assert.equal(routers[1]!.ahSequence, seconds + 1e6);
  assert.equal(routers[2]!.ahSequence, undefined);
});

test('Many routers are spread over their interval, few of them at an instant, and the instants not too close', () => {
  const phasesOf = (count: number, intervalMs: number): Map<number, number> => {
    const instances = Array.from({ length: count }, (_, index) => {
      const [segment, vrid] = [Math.floor(index / 255), (index % 255) + 1];
      return block(
        `R${index}`,
        `eth${segment}`,
        vrid,
        `10.${segment}.0.${vrid}`,
        `version 3\nadvert_int ${intervalMs / 1000}`,
      );
    });
    const sizes = new Map<number, number>();
    for (const { settings } of planFor(settingsOf(instances.join('')), false).routers) {
      sizes.set(settings.phaseUs, (sizes.get(settings.phaseUs) ?? 0) + 1);
    }
    return sizes;
  };
  const largest = (sizes: Map<number, number>): number => Math.max(...sizes.values());
  assert.deepEqual([...phasesOf(1, 1000)], [[0, 1]]);
  const many = phasesOf(255, 100);
  assert.deepEqual([many.size, largest(many)], [16, 16]);
  const most = phasesOf(2040, 1000);
  assert.deepEqual([most.size, largest(most)], [128, 16]);
  assert.equal(phasesOf(2040, 100).size, 20);
});
