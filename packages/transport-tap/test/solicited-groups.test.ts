import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createLink, readSysctl, writeSysctl } from '@locum/linux';
import { SolicitedGroups } from '../src/solicited-groups.ts';
import { descriptorCount } from './descriptors.ts';
import { skipWithoutTap } from './requirement.ts';
import { Host } from './segment.ts';

const INTERFACE = 'eth0';
/** What a socket may spend on its groups and filters; older kernels have one value for all namespaces. */
const SOCKET_BUDGET = 'core/optmem_max';
/** More than a socket takes with the 20 KiB that older kernels allow. */
const MANY = 600;

const addressOf = (number: number): Uint8Array =>
  Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfa, number >> 8, number & 0xff);

class Scene {
  readonly host = new Host();
  refusals = 0;
  readonly groups: SolicitedGroups;

  constructor() {
    const { netlink, namespace } = this.host;
    createLink(netlink, { kind: 'veth', name: INTERFACE, peer: { name: 'eth1' } });
    this.host.setUp(INTERFACE);
    const { index } = this.host.get(INTERFACE);
    this.groups = namespace.run(() => new SolicitedGroups(INTERFACE, index, () => this.refusals++));
  }

  /** False where a namespace has no budget of its own. */
  setBudget(octets: number): boolean {
    return this.host.namespace.run(() => {
      if (readSysctl(SOCKET_BUDGET) === undefined) return false;
      writeSysctl(SOCKET_BUDGET, octets);
      return true;
    });
  }

  /** How many of the groups the interface is a member of. */
  get joined(): number {
    const text = this.host.namespace.run(() => readFileSync('/proc/thread-self/net/igmp6', 'utf8'));
    return text.match(new RegExp(`${INTERFACE} +ff0200000000000000000001fffa`, 'g'))?.length ?? 0;
  }

  close(): void {
    this.groups.close();
    this.host.close();
  }
}

describe('solicited-node groups', { skip: skipWithoutTap('solicited-node groups') }, () => {
  test('are joined, however many, and left when the last address goes', () => {
    const before = descriptorCount();
    const scene = new Scene();
    const { groups, host } = scene;
    scene.setBudget(20 * 1024);
    const numbers = Array.from({ length: MANY }, (_, number) => number);
    host.namespace.run(() => {
      for (const number of numbers) groups.join(addressOf(number));
    });
    assert.equal(scene.joined, MANY);
    groups.join(addressOf(0));
    groups.leave(addressOf(0));
    assert.equal(scene.joined, MANY);
    for (const number of numbers) groups.leave(addressOf(number));
    assert.equal(scene.joined, 0);
    assert.equal(scene.refusals, 0);
    scene.close();
    assert.equal(descriptorCount(), before);
  });

  test('that the kernel refuses are told of', (context) => {
    const scene = new Scene();
    try {
      if (!scene.setBudget(1)) return context.skip('this kernel has no budget of sockets for each namespace');
      const before = descriptorCount();
      scene.host.namespace.run(() => scene.groups.join(addressOf(1)));
      assert.equal(scene.refusals, 1);
      assert.equal(descriptorCount(), before);
      scene.groups.leave(addressOf(1));
    } finally {
      scene.close();
    }
  });

  test("of an interface without IPv6 are nobody's concern", () => {
    const scene = new Scene();
    scene.host.namespace.run(() => {
      writeSysctl(`ipv6/conf/${INTERFACE}/disable_ipv6`, 1);
      scene.groups.join(addressOf(1));
      scene.groups.leave(addressOf(1));
    });
    assert.equal(scene.refusals, 0);
    scene.close();
  });
});
