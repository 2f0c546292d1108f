import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  AddressFlag,
  AddressScope,
  type AddressSpec,
  addAddress,
  addAddresses,
  changeLink,
  createLink,
  createNetworkNamespace,
  deleteAddress,
  deleteAddresses,
  deleteLink,
  findLink,
  type Link,
  type LinkAddress,
  listAddresses,
  listLinks,
  NetlinkMonitor,
  NetlinkSocket,
  type NetworkNamespace,
  replaceAddress,
} from '../src/index.ts';
import { skipWithoutNamespaces } from './requirement.ts';

const ip = (text: string): Uint8Array => Uint8Array.from(text.split('.'), Number);
const ip6 = (last: number): Uint8Array => Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);

/** A pair of namespaces joined by a cable: `a0` in the first, `b0` in the second, both up. */
class Cable {
  readonly left: NetworkNamespace = createNetworkNamespace();
  readonly right: NetworkNamespace = createNetworkNamespace();
  readonly netlink: NetlinkSocket = this.left.run(() => new NetlinkSocket());
  readonly far: NetlinkSocket = this.right.run(() => new NetlinkSocket());

  constructor() {
    createLink(this.netlink, {
      kind: 'veth',
      name: 'a0',
      mac: mac(1),
      peer: { name: 'b0', mac: mac(2), namespace: this.right, mtu: 1400 },
    });
    changeLink(this.netlink, this.a0.index, { ipv6LinkLocal: false, up: true });
    changeLink(this.far, this.b0.index, { ipv6LinkLocal: false, up: true });
  }

  get a0(): Link {
    return findLink(this.netlink, 'a0')!;
  }

  get b0(): Link {
    return findLink(this.far, 'b0')!;
  }

  close(): void {
    this.netlink.close();
    this.far.close();
    this.left.close();
    this.right.close();
  }
}

describe('netlink', { skip: skipWithoutNamespaces('netlink') }, () => {
  let cable: Cable;
  before(() => {
    cable = new Cable();
  });
  after(() => cable.close());

  describe('links', () => {
    it('makes a cable with its ends in two namespaces', () => {
      const { a0, b0 } = cable;
      assert.deepEqual([a0.kind, a0.mac, a0.up, a0.lowerUp, a0.operstate], ['veth', mac(1), true, true, 'up']);
      assert.deepEqual([b0.kind, b0.mac, b0.mtu, b0.running], ['veth', mac(2), 1400, true]);
      assert.deepEqual(
        listLinks(cable.netlink).map((link) => link.name),
        ['lo', 'a0'],
      );
    });

    it('shows at one end that the other was set down', () => {
      changeLink(cable.far, cable.b0.index, { up: false });
      assert.equal(cable.a0.lowerUp, false);
      assert.equal(cable.a0.up, true);
      changeLink(cable.far, cable.b0.index, { up: true });
      assert.equal(cable.a0.lowerUp, true);
    });

    it('makes, changes and deletes a bridge and its ports', () => {
      createLink(cable.netlink, { kind: 'bridge', name: 'bridge', ageingSeconds: 0, multicastSnooping: false });
      createLink(cable.netlink, { kind: 'veth', name: 'port', peer: { name: 'plug' } });
      const bridge = findLink(cable.netlink, 'bridge')!;
      const port = findLink(cable.netlink, 'port')!;
      changeLink(cable.netlink, port.index, { masterIndex: bridge.index, mtu: 1300, name: 'socket', mac: mac(9) });
      const changed = findLink(cable.netlink, port.index)!;
      assert.deepEqual(
        [changed.name, changed.masterIndex, changed.mtu, changed.mac],
        ['socket', bridge.index, 1300, mac(9)],
      );
      deleteLink(cable.netlink, port.index);
      assert.equal(findLink(cable.netlink, 'plug'), undefined);
      deleteLink(cable.netlink, bridge.index);
      assert.equal(findLink(cable.netlink, 'bridge'), undefined);
    });

    it('makes a macvlan with the MAC it is told, and moves it to another namespace', () => {
      const virtual = Uint8Array.of(0, 0, 0x5e, 0, 1, 51);
      const parentIndex = cable.a0.index;
      createLink(cable.netlink, { kind: 'macvlan', name: 'vrrp.51', parentIndex, mode: 'private', mac: virtual });
      const made = findLink(cable.netlink, 'vrrp.51')!;
      assert.deepEqual([made.kind, made.mac, made.parentIndex], ['macvlan', virtual, parentIndex]);
      changeLink(cable.netlink, made.index, { namespace: cable.right });
      assert.equal(findLink(cable.netlink, 'vrrp.51'), undefined);
      deleteLink(cable.far, findLink(cable.far, 'vrrp.51')!.index);
    });

    it('says what the kernel refused and why', () => {
      const duplicate = { kind: 'bridge', name: 'a0' } as const;
      assert.throws(() => createLink(cable.netlink, duplicate), { code: 'EEXIST', operation: 'create bridge a0' });
      assert.throws(() => deleteLink(cable.netlink, 4242), { code: 'ENODEV' });
      assert.equal(findLink(cable.netlink, 'nothing'), undefined);
      assert.equal(findLink(cable.netlink, 4242), undefined);
    });

    it('finds no addresses on a link that is gone', () => {
      assert.deepEqual(listAddresses(cable.netlink, 4242), []);
    });
  });

  describe('addresses', () => {
    const only = (): LinkAddress => {
      const all = listAddresses(cable.netlink, cable.a0.index);
      assert.equal(all.length, 1);
      return all[0]!;
    };
    const withAddress = (spec: Omit<AddressSpec, 'interfaceIndex'>, examine: (address: LinkAddress) => void): void => {
      const whole = { interfaceIndex: cable.a0.index, ...spec };
      addAddress(cable.netlink, whole);
      try {
        examine(only());
      } finally {
        deleteAddress(cable.netlink, whole);
      }
      assert.deepEqual(listAddresses(cable.netlink, cable.a0.index), []);
    };

    it('adds and deletes a plain IPv4 address', () => {
      withAddress({ address: ip('192.168.1.100'), prefixLength: 32 }, (address) => {
        assert.deepEqual([address.address, address.prefixLength], [ip('192.168.1.100'), 32]);
        assert.deepEqual([address.family, address.scope, address.peer], [4, AddressScope.Global, undefined]);
        assert.deepEqual([address.permanent, address.deprecated, address.secondary], [true, false, false]);
        assert.equal(address.validSeconds, Number.POSITIVE_INFINITY);
      });
    });

    it('adds an IPv4 address with everything that can be said of one', () => {
      const spec = {
        address: ip('10.1.2.3'),
        prefixLength: 24,
        broadcast: ip('10.1.2.255'),
        label: 'a0:vip',
        scope: AddressScope.Link,
        flags: AddressFlag.NoPrefixRoute,
        preferredSeconds: 0,
        protocol: 0x12,
      };
      withAddress(spec, (address) => {
        assert.deepEqual([address.broadcast, address.label, address.scope], [ip('10.1.2.255'), 'a0:vip', 253]);
        assert.ok(address.deprecated);
        assert.equal(address.flags & AddressFlag.NoPrefixRoute, AddressFlag.NoPrefixRoute);
        // Kernels before 5.18 do not record it.
        assert.ok([0x12, 0].includes(address.protocol));
      });
    });

    it('adds an IPv4 address with a peer', () => {
      withAddress({ address: ip('10.9.0.1'), peer: ip('10.9.0.2'), prefixLength: 32 }, (address) => {
        assert.deepEqual([address.address, address.peer], [ip('10.9.0.1'), ip('10.9.0.2')]);
      });
    });

    it('adds an IPv6 address that is usable at once without duplicate detection', () => {
      withAddress({ address: ip6(1), prefixLength: 64, flags: AddressFlag.NoDad | AddressFlag.Home }, (address) => {
        assert.deepEqual([address.family, address.address, address.tentative], [6, ip6(1), false]);
        assert.equal(address.flags & AddressFlag.Home, AddressFlag.Home);
      });
      withAddress({ address: ip6(2), prefixLength: 64 }, (address) => assert.ok(address.tentative));
    });

    it('knows a secondary address', () => {
      const interfaceIndex = cable.a0.index;
      const specs = [1, 2].map((last) => ({ interfaceIndex, address: ip(`10.3.0.${last}`), prefixLength: 24 }));
      assert.deepEqual(addAddresses(cable.netlink, specs), []);
      assert.deepEqual(
        listAddresses(cable.netlink, interfaceIndex).map((address) => address.secondary),
        [false, true],
      );
      assert.deepEqual(deleteAddresses(cable.netlink, specs.reverse()), []);
    });

    it('replaces lifetimes', () => {
      const spec = { interfaceIndex: cable.a0.index, address: ip6(3), prefixLength: 128, flags: AddressFlag.NoDad };
      addAddress(cable.netlink, spec);
      assert.throws(() => addAddress(cable.netlink, spec), { code: 'EEXIST' });
      replaceAddress(cable.netlink, { ...spec, preferredSeconds: 0 });
      assert.ok(only().deprecated);
      deleteAddress(cable.netlink, spec);
      assert.throws(() => deleteAddress(cable.netlink, spec), { code: 'EADDRNOTAVAIL' });
    });

    it('adds and deletes more addresses than fit one call, and names those that failed', () => {
      const interfaceIndex = cable.a0.index;
      const specs = Array.from({ length: 300 }, (_, index) => ({
        interfaceIndex,
        address: ip(`10.7.${index >> 8}.${index & 255}`),
        prefixLength: 32,
      }));
      addAddress(cable.netlink, specs[200]!);
      const refused = addAddresses(cable.netlink, specs);
      assert.deepEqual(
        refused.map(({ index, errno }) => [index, errno]),
        [[200, 17]],
      );
      assert.equal(listAddresses(cable.netlink, interfaceIndex).length, 300);
      assert.equal(addAddresses(cable.netlink, specs).length, 300);
      assert.deepEqual(deleteAddresses(cable.netlink, specs), []);
      assert.deepEqual(listAddresses(cable.netlink, interfaceIndex), []);
      assert.equal(deleteAddresses(cable.netlink, specs).at(-1)?.index, 299);
    });
  });

  describe('monitor', () => {
    const events = (monitor: NetlinkMonitor): string[] => {
      const seen: string[] = [];
      monitor.drain({
        onLink: (link, removed, own) => seen.push(`link ${link.name} ${removed ? 'gone' : 'there'} ${own}`),
        onAddress: (address, removed, own) =>
          seen.push(`address ${address.address.at(-1)} ${removed ? 'gone' : 'there'} ${own}`),
        onResync: () => seen.push('resync'),
      });
      return seen;
    };

    it('tells of addresses and whether this process did it', () => {
      const own = cable.left.run(() => new NetlinkSocket());
      const monitor = cable.left.run(() => new NetlinkMonitor([own.portId]));
      try {
        assert.deepEqual(events(monitor), []);
        const spec = { interfaceIndex: cable.a0.index, address: ip('10.4.0.7'), prefixLength: 32 };
        addAddress(own, spec);
        deleteAddress(cable.netlink, spec);
        assert.deepEqual(events(monitor), ['address 7 there true', 'address 7 gone false']);
        assert.equal(monitor.drain({ onLink() {}, onAddress() {}, onResync() {} }), 0);
      } finally {
        monitor.close();
        own.close();
      }
    });

    it('does not hear of addresses that this process sets, when told so', () => {
      const own = cable.left.run(() => new NetlinkSocket());
      const monitor = cable.left.run(() => new NetlinkMonitor([own.portId]));
      try {
        monitor.ignoreAddressesOf(own.portId);
        const spec = { interfaceIndex: cable.a0.index, address: ip('10.4.0.8'), prefixLength: 32 };
        addAddress(own, spec);
        deleteAddress(cable.netlink, spec);
        addAddress(cable.netlink, spec);
        deleteAddress(own, spec);
        assert.deepEqual(events(monitor), ['address 8 gone false', 'address 8 there false']);
      } finally {
        monitor.close();
        own.close();
      }
    });

    it('tells of links that come, change and go', () => {
      const monitor = cable.left.run(() => new NetlinkMonitor());
      try {
        createLink(cable.netlink, { kind: 'bridge', name: 'passing' });
        deleteLink(cable.netlink, findLink(cable.netlink, 'passing')!.index);
        const seen = events(monitor);
        assert.equal(seen[0], 'link passing there false');
        assert.equal(seen.at(-1), 'link passing gone false');
      } finally {
        monitor.close();
      }
    });

    it('asks for a fresh look when events were lost', () => {
      const monitor = cable.left.run(() => new NetlinkMonitor());
      try {
        const specs = Array.from({ length: 250 }, (_, index) => ({
          interfaceIndex: cable.a0.index,
          address: ip(`10.8.0.${index}`),
          prefixLength: 32,
        }));
        for (let round = 0; round < 20; round++) {
          addAddresses(cable.netlink, specs);
          deleteAddresses(cable.netlink, specs);
        }
        assert.ok(events(monitor).includes('resync'));
        assert.deepEqual(events(monitor), []);
      } finally {
        monitor.close();
      }
    });

    it('may be closed by its handler', () => {
      const monitor = cable.left.run(() => new NetlinkMonitor());
      const spec = { interfaceIndex: cable.a0.index, address: ip('10.4.0.9'), prefixLength: 32 };
      addAddress(cable.netlink, spec);
      deleteAddress(cable.netlink, spec);
      let calls = 0;
      monitor.drain({
        onLink() {},
        onAddress() {
          calls++;
          monitor.close();
        },
        onResync() {},
      });
      assert.equal(calls, 1);
      monitor.close();
    });
  });
});
