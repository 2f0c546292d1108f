/**
 * Two routers with several interfaces each, and as many switches between them: eth1 of both is on the first switch, eth2
 * on the second. What enters any of the switches is observed.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Capture } from '@locum/integration/capture';
import { eventually } from '@locum/integration/deadline';
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import {
  changeLink,
  createLink,
  createNetworkNamespace,
  findLink,
  listAddresses,
  NetlinkSocket,
  type NetworkNamespace,
} from '@locum/linux';

const READY_DEADLINE_MS = 30_000;
/** Thousands of addresses are not listed in no time. */
const PROBE_PERIOD_MS = 250;
/** The third octet of virtual addresses. */
const VIRTUAL_OCTET = 1;

export class Trunk {
  readonly first: Host;
  readonly second: Host;
  readonly #lab: Lab;
  readonly #namespace: NetworkNamespace;
  readonly #bridges: readonly number[];
  readonly #ports: ReadonlyMap<number, string>;

  private constructor(
    lab: Lab,
    hosts: readonly [Host, Host],
    namespace: NetworkNamespace,
    bridges: readonly number[],
    ports: ReadonlyMap<number, string>,
  ) {
    this.#lab = lab;
    [this.first, this.second] = hosts;
    this.#namespace = namespace;
    this.#bridges = bridges;
    this.#ports = ports;
  }

  /** Connects two hosts, `first` and `second`, by `segments` switches. The lab removes them. */
  static async make(lab: Lab, segments: number): Promise<Trunk> {
    const hosts = [await lab.addHost('first'), await lab.addHost('second')] as const;
    const namespace = createNetworkNamespace('trunk');
    const netlink = namespace.run(() => new NetlinkSocket());
    const bridges: number[] = [];
    const ports = new Map<number, string>();
    for (let segment = 1; segment <= segments; segment++) {
      createLink(netlink, { kind: 'bridge', name: `switch${segment}`, multicastSnooping: false });
      const masterIndex = findLink(netlink, `switch${segment}`)!.index;
      bridges.push(masterIndex);
      changeLink(netlink, masterIndex, { up: true });
      for (const [index, host] of hosts.entries()) {
        const plug = `port${segment}-${index}`;
        const mac = Uint8Array.of(2, 0, 0, 1, segment, index + 1);
        createLink(netlink, {
          kind: 'veth',
          name: plug,
          peer: { name: interfaceName(segment), mac, namespace: host.namespace },
        });
        const port = findLink(netlink, plug)!.index;
        changeLink(netlink, port, { masterIndex, up: true });
        ports.set(port, host.name);
        const interfaceIndex = findLink(host.netlink, interfaceName(segment))!.index;
        changeLink(host.netlink, interfaceIndex, { up: true });
        host.addAddress(`10.${segment}.0.${index + 1}/16`, interfaceIndex);
      }
    }
    for (const host of hosts) {
      await eventually(
        `${host.name} is connected`,
        () => {
          const links = Array.from({ length: segments }, (_, index) =>
            findLink(host.netlink, interfaceName(index + 1)),
          );
          return links.every((link) => link?.operstate === 'up');
        },
        READY_DEADLINE_MS,
      );
    }
    lab.onClose(() => {
      netlink.close();
      namespace.close();
    });
    return new Trunk(lab, hosts, namespace, bridges, ports);
  }

  /** Resolves when a host has this many virtual addresses: its routers are Active. */
  async holdsAddresses(host: Host, count: number): Promise<void> {
    const end = performance.now() + READY_DEADLINE_MS;
    for (;;) {
      const held = listAddresses(host.netlink).filter(({ address }) => address[2] === VIRTUAL_OCTET).length;
      if (held >= count) return;
      if (performance.now() > end) throw new Error(`${host.name} has ${held} virtual addresses, not ${count}`);
      await sleep(PROBE_PERIOD_MS);
    }
  }

  /** Starts to record what enters the switches. Frames are there when it is stopped. */
  async capture(): Promise<Capture> {
    const file = join(this.#lab.artifacts, 'trunk.pcap');
    const capture = new Capture(this.#namespace, this.#bridges, this.#ports, file, { deferred: true });
    this.#lab.onClose(() => void capture.stop().catch(() => {}));
    await capture.ready;
    return capture;
  }
}

/** Name of the routers' interfaces on a segment, counted from 1. */
export function interfaceName(segment: number): string {
  return `eth${segment}`;
}

/** Virtual address of a router on a segment. */
export function virtualAddress(segment: number, vrid: number): string {
  return `10.${segment}.${VIRTUAL_OCTET}.${vrid}`;
}

/** The segment that an address of either kind, real or virtual, belongs to. */
export function segmentOf(address: string): number {
  return Number(address.split('.')[1]);
}
