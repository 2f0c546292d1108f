import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changeLink, createLink, deleteLink, monotonicUs } from '@locum/linux';
import {
  type Frame,
  type FrameSink,
  type Port,
  type PortOptions,
  SendResult,
  type TransportError,
} from '@locum/transport';
import { tapTransport } from '../src/index.ts';
import { descriptorCount } from './descriptors.ts';
import { advert } from './frames.ts';
import { skipWithoutTap } from './requirement.ts';
import { BRIDGE, Host, inNamespace, until } from './segment.ts';

const VRRP = 112;
const GROUP = Uint8Array.of(224, 0, 0, 18);
const clock = { now: monotonicUs };

class Witness implements FrameSink {
  readonly sources: string[] = [];
  readonly faults: TransportError[] = [];

  onFrame({ bytes, start }: Frame): void {
    this.sources.push(Buffer.from(bytes.subarray(start + 6, start + 12)).toString('hex'));
  }

  onFault(error: TransportError): void {
    this.faults.push(error);
  }
}

/** A host with a bridge, and ports of the tap transport on it. */
class BridgeHost extends Host {
  readonly #ports: Port[] = [];

  constructor() {
    super();
    createLink(this.netlink, { kind: 'bridge', name: BRIDGE });
    this.setUp(BRIDGE);
  }

  async open(
    extra: Record<string, string>,
    sink: FrameSink = new Witness(),
    interfaceName = BRIDGE,
    groups: PortOptions['groups'] = [GROUP],
  ): Promise<Port> {
    const options: PortOptions = { interfaceName, filter: { ipProtocols: [VRRP] }, groups, extra };
    const port = await inNamespace(this.namespace, tapTransport).open(options, sink, clock);
    this.#ports.push(port);
    return port;
  }

  async refusal(extra: Record<string, string>, interfaceName = BRIDGE): Promise<TransportError> {
    const outcome = await this.open(extra, new Witness(), interfaceName).catch((error: TransportError) => error);
    assert.ok(outcome instanceof Error, 'the port was opened');
    assert.ok((outcome.hint ?? '').length > 0, `${outcome.message} has a hint`);
    return outcome;
  }

  override close(): void {
    for (const port of this.#ports) port.close();
    super.close();
  }
}

async function withHost(action: (host: BridgeHost) => Promise<void>): Promise<void> {
  const host = new BridgeHost();
  try {
    await action(host);
  } finally {
    host.close();
  }
}

const sendAdvert = (port: Port, mac: Uint8Array): SendResult => {
  const frame = advert(mac);
  return port.send(frame, 0, frame.length);
};

describe('tap in mode port', { skip: skipWithoutTap('tap in mode port') }, () => {
  test('is a station of its own: its MAC is in every frame, and the same the next time', async () => {
    await withHost(async (host) => {
      const seen = new Witness();
      const listener = await host.open({ device: 'ear' }, seen);
      const bridgeMac = host.get(BRIDGE).mac;
      for (let time = 1; time <= 2; time++) {
        const port = await host.open({ device: 'locum0', bridge: BRIDGE });
        assert.equal(sendAdvert(port, bridgeMac), SendResult.Sent);
        await until(() => listener.poll(8) >= 0 && seen.sources.length === time, 'the advert');
        assert.notEqual(seen.sources[0], Buffer.from(bridgeMac).toString('hex'));
        assert.notEqual(seen.sources[0], Buffer.from(host.get('locum0').mac).toString('hex'), 'nor that of the device');
        port.close();
      }
      assert.equal(seen.sources[1], seen.sources[0]);
    });
  });

  test('the bridge keeps its MAC, with and without other ports', async () => {
    await withHost(async (host) => {
      const mac = host.get(BRIDGE).mac;
      const port = await host.open({});
      assert.deepEqual(host.get(BRIDGE).mac, mac);
      assert.deepEqual(host.linkNames, [BRIDGE, 'locum0']);
      port.close();
      assert.deepEqual(host.get(BRIDGE).mac, mac);
      assert.deepEqual(host.linkNames, [BRIDGE]);
    });
  });

  test('says that the link is down while the bridge is, and goes on when it is up again', async () => {
    await withHost(async (host) => {
      const seen = new Witness();
      const port = await host.open({}, seen);
      const mac = new Uint8Array(6);
      host.setUp(BRIDGE, false);
      await until(() => port.poll(8) === 0 && sendAdvert(port, mac) === SendResult.LinkDown, 'LinkDown');
      host.setUp(BRIDGE);
      await until(() => port.poll(8) === 0 && sendAdvert(port, mac) === SendResult.Sent, 'Sent');
      assert.deepEqual(seen.faults, []);
    });
  });

  const losses: readonly [what: string, reason: RegExp, lose: (host: BridgeHost, index: number) => void][] = [
    [
      'taken off the bridge',
      /taken off the bridge/,
      ({ netlink }, index) => changeLink(netlink, index, { masterIndex: 0 }),
    ],
    ['set down', /locum0 was set down/, ({ netlink }, index) => changeLink(netlink, index, { up: false })],
    ['deleted', /locum0 was deleted/, ({ netlink }, index) => deleteLink(netlink, index)],
    ['left without its bridge', /the bridge was deleted/, (host) => deleteLink(host.netlink, host.get(BRIDGE).index)],
  ];
  for (const [what, reason, lose] of losses) {
    test(`that its device is ${what} is a fault, told once`, async () => {
      await withHost(async (host) => {
        const seen = new Witness();
        const port = await host.open({}, seen);
        lose(host, host.get('locum0').index);
        await until(() => port.poll(8) === 0 && seen.faults.length > 0, 'the fault');
        for (let count = 0; count < 5; count++) port.poll(8);
        assert.deepEqual(
          seen.faults.map(({ code }) => code),
          ['LINK_GONE'],
        );
        assert.match(seen.faults[0]!.message, reason);
      });
    });
  }

  test('goes on under another name', async () => {
    await withHost(async (host) => {
      const seen = new Witness();
      const port = await host.open({}, seen);
      const { index } = host.get('locum0');
      changeLink(host.netlink, index, { name: 'other0' });
      assert.equal(port.poll(8), 0);
      assert.equal(sendAdvert(port, new Uint8Array(6)), SendResult.Sent);
      assert.deepEqual(seen.faults, []);
    });
  });

  test('refuses what it cannot do with a reason, and leaves nothing behind', async () => {
    await withHost(async (host) => {
      createLink(host.netlink, { kind: 'veth', name: 'eth0', peer: { name: 'eth1' } });
      const links = host.linkNames;
      const descriptors = descriptorCount();
      assert.equal((await host.refusal({ mode: 'hub' })).code, 'BAD_OPTION');
      assert.equal((await host.refusal({ mode: 'virtual-mac', device: 'locum0' })).code, 'BAD_OPTION');
      assert.equal((await host.refusal({ device: 'much-too-long-name' })).code, 'BAD_OPTION');
      assert.equal((await host.refusal({ bridge: 'br1' })).code, 'BAD_OPTION');
      assert.equal((await host.refusal({ mac: '01:00:5e:00:00:12' })).code, 'BAD_OPTION');
      assert.equal((await host.refusal({ ring_frames: '1' })).code, 'BAD_OPTION');
      assert.match((await host.refusal({ device: 'eth1' })).hint ?? '', /choose another/);
      assert.match((await host.refusal({}, 'eth0')).message, /no bridge/);
      assert.equal((await host.refusal({}, 'br1')).code, 'NO_SUCH_INTERFACE');
      // The device is there by the time that the kernel refuses a group that is joined already.
      const halfway = await host.open({}, new Witness(), BRIDGE, [GROUP, GROUP]).catch((error: Error) => error);
      assert.ok(halfway instanceof Error && /EADDRINUSE/.test(halfway.message), String(halfway));
      assert.deepEqual(host.linkNames, links);
      assert.equal(descriptorCount(), descriptors);
    });
  });

  test('what its device loses while it is opened is a refusal, and no fault of a port that nobody has', async () => {
    await withHost(async (host) => {
      const seen = new Witness();
      // Groups are joined when the device is there.
      const groups = Object.assign([GROUP], {
        *[Symbol.iterator](): Generator<Uint8Array, undefined, unknown> {
          const device = host.find('locum0');
          if (device !== undefined) changeLink(host.netlink, device.index, { masterIndex: 0 });
          yield GROUP;
          return undefined;
        },
      });
      const descriptors = descriptorCount();
      await assert.rejects(host.open({}, seen, BRIDGE, groups), /taken off the bridge/);
      assert.deepEqual(seen.faults, []);
      assert.deepEqual(host.linkNames, [BRIDGE]);
      assert.equal(descriptorCount(), descriptors);
    });
  });

  test('has as long an MTU as a device can have, on a bridge with a longer one', async () => {
    await withHost(async (host) => {
      changeLink(host.netlink, host.get(BRIDGE).index, { mtu: 65535 });
      const port = await host.open({});
      assert.equal(host.get('locum0').mtu, 65521);
      assert.equal(port.capabilities.maxFrameBytes, 65535);
    });
  });

  test('200 ports one after the other leave no device and no descriptor', async () => {
    await withHost(async (host) => {
      (await host.open({})).close();
      const descriptors = descriptorCount();
      for (let count = 1; count < 200; count++) (await host.open({ device: 'locum0' })).close();
      assert.equal(descriptorCount(), descriptors);
      assert.deepEqual(host.linkNames, [BRIDGE]);
    });
  });
});
