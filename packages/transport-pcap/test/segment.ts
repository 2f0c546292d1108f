/**
 * An isolated segment for tests: two hosts and a switch, each a network namespace, joined by veth pairs.
 *
 *   host A [eth0]---[a] switch [b]---[eth0] host B
 *
 * Needs no program and no root beyond the right to make network namespaces.
 */
import {
  addAddress,
  changeLink,
  createLink,
  createNetworkNamespace,
  deleteLink,
  findLink,
  type Link,
  NetlinkSocket,
  type NetworkNamespace,
} from '@locum/linux';
import type { Port, Transport } from '@locum/transport';
import type { Segment, SegmentEnd } from '@locum/transport/conformance';
import { pcapTransport } from '../src/index.ts';

export const INTERFACE = 'eth0';

/** The pcap transport as a process inside the namespace would have it. */
export function pcapTransportIn(namespace: NetworkNamespace): Transport {
  return { ...pcapTransport, open: (...args): Promise<Port> => namespace.run(() => pcapTransport.open(...args)) };
}

/** One host of the segment. */
class Host implements SegmentEnd {
  readonly namespace = createNetworkNamespace();
  readonly netlink = this.namespace.run(() => new NetlinkSocket());
  readonly transport = pcapTransportIn(this.namespace);
  readonly interfaceName = INTERFACE;
  readonly address: Uint8Array;
  mac: Uint8Array = new Uint8Array(6);

  constructor(lastOctet: number) {
    this.address = Uint8Array.of(192, 0, 2, lastOctet);
  }

  get link(): Link {
    return findLink(this.netlink, INTERFACE)!;
  }

  setUp(up: boolean): void {
    changeLink(this.netlink, this.link.index, { up });
  }

  close(): void {
    this.netlink.close();
    this.namespace.close();
  }
}

export class PcapSegment implements Segment {
  readonly a = new Host(1);
  readonly b = new Host(2);
  readonly #switch = createNetworkNamespace();
  readonly #netlink = this.#switch.run(() => new NetlinkSocket());

  constructor() {
    createLink(this.#netlink, { kind: 'bridge', name: 'switch', multicastSnooping: false });
    const master = findLink(this.#netlink, 'switch')!.index;
    changeLink(this.#netlink, master, { up: true });
    for (const [name, host] of [
      ['a', this.a],
      ['b', this.b],
    ] as const) {
      createLink(this.#netlink, { kind: 'veth', name, peer: { name: INTERFACE, namespace: host.namespace } });
      changeLink(this.#netlink, findLink(this.#netlink, name)!.index, { up: true, masterIndex: master });
      host.setUp(true);
      host.mac = host.link.mac;
      const address = host.address;
      addAddress(host.netlink, { interfaceIndex: host.link.index, address, prefixLength: 24 });
    }
  }

  /** Resolves when all links carry frames. */
  async ready(): Promise<this> {
    await until(() => this.a.link.running && this.b.link.running, 'links to be running');
    return this;
  }

  async inject(bytes: Uint8Array): Promise<void> {
    const silent = { onFrame() {}, onFault() {} };
    const options = { interfaceName: 'switch', filter: { ipProtocols: [] }, groups: [] };
    const port = await pcapTransportIn(this.#switch).open(options, silent, { now: () => 0 });
    port.send(bytes, 0, bytes.length);
    port.close();
  }

  /** Lets longer frames through the switch. */
  setSwitchMtu(mtu: number): void {
    for (const name of ['a', 'b', 'switch']) changeLink(this.#netlink, findLink(this.#netlink, name)!.index, { mtu });
  }

  /** Deletes the interface of A. */
  takeLinkFromA(): void {
    deleteLink(this.#netlink, findLink(this.#netlink, 'a')!.index);
  }

  close(): void {
    this.a.close();
    this.b.close();
    this.#netlink.close();
    this.#switch.close();
  }
}

/** Waits for a predicate, one trip around the event loop at a time. */
export async function until(predicate: () => boolean, awaited: string): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!predicate()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${awaited}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
