/**
 * Isolated segments for tests, out of network namespaces and what is in them. They need no other program.
 */
import {
  addAddress,
  changeLink,
  createLink,
  createNetworkNamespace,
  deleteLink,
  findLink,
  type Link,
  listLinks,
  NetlinkSocket,
  type NetworkNamespace,
} from '@locum/linux';
import type { Port, StationOptions, Transport, VirtualStation } from '@locum/transport';
import type { Segment, SegmentEnd } from '@locum/transport/conformance';
import { rawTransport } from '@locum/transport-raw';
import { bridgeStationTransport, virtualMacTransport } from '../src/index.ts';

/** A transport as a process inside the namespace would have it. */
export function inNamespace(namespace: NetworkNamespace, transport: Transport): Transport {
  return {
    ...transport,
    async open(...args): Promise<Port> {
      const port = await namespace.run(() => transport.open(...args));
      if (port.openStation !== undefined) {
        const open = port.openStation.bind(port);
        port.openStation = (options: StationOptions): VirtualStation => namespace.run(() => open(options));
      }
      return port;
    },
  };
}

/** A network namespace with a netlink socket in it. */
export class Host {
  readonly namespace = createNetworkNamespace();
  readonly netlink = this.namespace.run(() => new NetlinkSocket());

  find(name: string): Link | undefined {
    return findLink(this.netlink, name);
  }

  get(name: string): Link {
    const link = this.find(name);
    if (link === undefined) throw new Error(`there is no link ${name}`);
    return link;
  }

  /** Names of the links, the loopback left out. */
  get linkNames(): string[] {
    return listLinks(this.netlink)
      .map(({ name }) => name)
      .filter((name) => name !== 'lo');
  }

  setUp(name: string, up = true): void {
    changeLink(this.netlink, this.get(name).index, { up });
  }

  addAddress(name: string, address: Uint8Array, prefixLength: number): void {
    // IFA_F_NODAD
    const flags = address.length === 16 ? 0x02 : 0;
    addAddress(this.netlink, { interfaceIndex: this.get(name).index, address, prefixLength, flags });
  }

  close(): void {
    this.netlink.close();
    this.namespace.close();
  }
}

export const BRIDGE = 'br0';
const MACS = { a: Uint8Array.of(2, 0, 0, 0, 0, 0xa), b: Uint8Array.of(2, 0, 0, 0, 0, 0xb) };

/** One bridge, on which both ends are stations. */
export class BridgeSegment implements Segment {
  readonly host = new Host();
  readonly a = this.#end('a');
  readonly b = this.#end('b');

  constructor() {
    createLink(this.host.netlink, { kind: 'bridge', name: BRIDGE });
    this.host.setUp(BRIDGE);
  }

  async inject(bytes: Uint8Array): Promise<void> {
    await sendFrom(this.host, BRIDGE, bytes);
  }

  takeLinkFromA(): void {
    deleteLink(this.host.netlink, this.host.get('a0').index);
  }

  close(): void {
    this.host.close();
  }

  #end(name: 'a' | 'b'): SegmentEnd {
    const mac = MACS[name];
    const text = Buffer.from(mac)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:');
    return {
      transport: inNamespace(this.host.namespace, bridgeStationTransport),
      interfaceName: BRIDGE,
      mac,
      extra: { mode: 'port', device: `${name}%d`, mac: text },
    };
  }
}

export const INTERFACE = 'eth0';

/** One end of a wire. */
export class WireEnd extends Host implements SegmentEnd {
  readonly interfaceName = INTERFACE;
  readonly transport = inNamespace(this.namespace, virtualMacTransport);
  readonly address: Uint8Array;
  readonly address6: Uint8Array;
  mac = new Uint8Array(6);

  constructor(lastOctet: number) {
    super();
    this.address = Uint8Array.of(192, 0, 2, lastOctet);
    this.address6 = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, lastOctet);
  }
}

/** Hosts on a switch, each with `eth0`: the first two are the ends, the others bystanders. */
export class WireSegment implements Segment {
  readonly ends: readonly WireEnd[];
  readonly #switch = new Host();

  constructor(count = 2) {
    const { netlink } = this.#switch;
    createLink(netlink, { kind: 'bridge', name: 'switch', multicastSnooping: false });
    this.#switch.setUp('switch');
    const masterIndex = this.#switch.get('switch').index;
    this.ends = Array.from({ length: count }, (_, index) => {
      const end = new WireEnd(index + 1);
      const name = `port${index}`;
      createLink(netlink, { kind: 'veth', name, peer: { name: INTERFACE, namespace: end.namespace } });
      changeLink(netlink, this.#switch.get(name).index, { up: true, masterIndex });
      end.setUp(INTERFACE);
      end.mac = new Uint8Array(end.get(INTERFACE).mac);
      end.addAddress(INTERFACE, end.address, 24);
      end.addAddress(INTERFACE, end.address6, 64);
      return end;
    });
  }

  get a(): WireEnd {
    return this.ends[0]!;
  }

  get b(): WireEnd {
    return this.ends[1]!;
  }

  /** Resolves when all links carry frames. */
  async ready(): Promise<this> {
    await until(() => this.ends.every((end) => end.get(INTERFACE).running), 'links to be running');
    return this;
  }

  async inject(bytes: Uint8Array): Promise<void> {
    await sendFrom(this.#switch, 'switch', bytes);
  }

  takeLinkFromA(): void {
    deleteLink(this.#switch.netlink, this.#switch.get('port0').index);
  }

  deviceOfA(name: string): SegmentEnd | undefined {
    // The kernel does not look for a name that no device can have.
    const link = name.length > 15 ? undefined : this.a.find(name);
    if (link === undefined) return undefined;
    return { transport: inNamespace(this.a.namespace, rawTransport), interfaceName: name, mac: link.mac };
  }

  setAddressOnDeviceOfA(name: string, address: Uint8Array): void {
    this.a.addAddress(name, address, address.length * 8);
  }

  close(): void {
    for (const end of this.ends) end.close();
    this.#switch.close();
  }
}

/** Sends one frame out of a link of a host. */
export async function sendFrom(host: Host, interfaceName: string, bytes: Uint8Array): Promise<void> {
  const silent = { onFrame() {}, onFault() {} };
  const options = { interfaceName, filter: { ipProtocols: [] }, groups: [] };
  const port = await inNamespace(host.namespace, rawTransport).open(options, silent, { now: () => 0 });
  port.send(bytes, 0, bytes.length);
  port.close();
}

/** Waits for a predicate, one trip around the event loop at a time. */
export async function until(predicate: () => boolean, awaited: string, deadlineMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  while (!predicate()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${awaited}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
