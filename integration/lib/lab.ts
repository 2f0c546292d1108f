/**
 * A LAN out of network namespaces: a switch, hosts on cables, and an observer on the switch.
 *
 * The switch is a bridge in a namespace of its own, which learns MACs as real ones do. It never speaks itself: no
 * IPv6, no spanning tree, no multicast snooping. Observing happens at its ports, as frames enter, see `capture.ts`.
 *
 * The namespaces have no names; they are held by descriptors of this process and vanish with it. Nothing but root in
 * a user namespace is needed, and no program but a shell.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  changeLink,
  createLink,
  createNetworkNamespace,
  findLink,
  NetlinkSocket,
  type NetworkNamespace,
  readSysctl,
  writeSysctl,
} from '@locum/linux';
import { parseMac } from './address-text.ts';
import { Capture, type CaptureOptions } from './capture.ts';
import { eventually } from './deadline.ts';
import { Guard } from './guard.ts';
import { HOST_INTERFACE, Host } from './host.ts';
import { Pinger, type PingerOptions } from './pinger.ts';

const BRIDGE = 'switch';
const READY_DEADLINE_MS = 10_000;

/** Labs that this process has made: some go by the same name, and logs of one that failed stay. */
let labs = 0;

export interface HostOptions {
  /** Addresses of eth0 with prefix lengths, either family; the first IPv4 one is the primary address. */
  readonly addresses?: readonly string[];
  /** MAC of eth0; by default 02:00:00:00:00:NN, counted from 1. */
  readonly mac?: string;
}

export class Lab {
  readonly name: string;
  /** Directory for logs and captures; removed by {@link close} unless {@link keepArtifacts} was called. */
  readonly artifacts: string;
  readonly hosts = new Map<string, Host>();
  readonly #switch: NetworkNamespace;
  readonly #netlink: NetlinkSocket;
  readonly #bridgeIndex: number;
  /** Index of the switch's port to the name of the host on it. */
  readonly #ports = new Map<number, string>();
  readonly #guard = new Guard();
  readonly #captures: Capture[] = [];
  readonly #pingers: Pinger[] = [];
  readonly #closers: (() => void)[] = [];
  #kept = false;
  #closed = false;

  /** Throws `SystemError` where namespaces are not allowed, see `requirement.ts`. */
  constructor(name: string) {
    this.name = name;
    this.artifacts = artifactsDirectory(`${name}-${process.pid}-${++labs}`);
    this.#switch = createNetworkNamespace(BRIDGE);
    this.#guard.watch(this.#switch);
    this.#netlink = this.#switch.run(() => {
      for (const scope of ['all', 'default']) writeSysctl(`ipv6/conf/${scope}/disable_ipv6`, 1);
      // Where the kernel can filter on bridges, it drops packets with a broken IP header. A switch does not look.
      for (const tables of ['iptables', 'ip6tables', 'arptables']) {
        const key = `bridge/bridge-nf-call-${tables}`;
        if (readSysctl(key) !== undefined) writeSysctl(key, 0);
      }
      return new NetlinkSocket();
    });
    createLink(this.#netlink, { kind: 'bridge', name: BRIDGE, multicastSnooping: false });
    this.#bridgeIndex = findLink(this.#netlink, BRIDGE)!.index;
    changeLink(this.#netlink, this.#bridgeIndex, { up: true });
  }

  /** Connects a host; resolves when its cable carries frames and its link-local address is usable. */
  async addHost(name: string, options: HostOptions = {}): Promise<Host> {
    const namespace = createNetworkNamespace(name);
    const number = this.hosts.size + 1;
    const mac = options.mac ?? `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
    const plug = `port${number}`;
    createLink(this.#netlink, {
      kind: 'veth',
      name: plug,
      peer: { name: HOST_INTERFACE, mac: parseMac(mac), namespace },
    });
    const port = findLink(this.#netlink, plug)!.index;
    changeLink(this.#netlink, port, { masterIndex: this.#bridgeIndex, up: true });
    this.#ports.set(port, name);

    const host = new Host(name, namespace, this.artifacts);
    this.hosts.set(name, host);
    this.#guard.watch(namespace);
    for (const scope of ['all', 'default', HOST_INTERFACE]) {
      host.sysctl(`ipv6/conf/${scope}/accept_dad`, 0);
      host.sysctl(`ipv6/conf/${scope}/router_solicitations`, 0);
    }
    changeLink(host.netlink, findLink(host.netlink, 'lo')!.index, { up: true });
    changeLink(host.netlink, host.interfaceIndex, { up: true });
    for (const address of options.addresses ?? []) host.addAddress(address);
    await eventually(
      `${name} is connected`,
      () => findLink(host.netlink, host.interfaceIndex)?.operstate === 'up' && host.linkLocal !== '',
      READY_DEADLINE_MS,
    );
    return host;
  }

  /** Pulls the host's cable out of the switch: eth0 loses its carrier. */
  cut(host: Host): void {
    changeLink(this.#netlink, this.#portOf(host), { up: false });
  }

  /** Plugs it in again. */
  heal(host: Host): void {
    changeLink(this.#netlink, this.#portOf(host), { up: true });
  }

  /** Starts to record what enters the switch; resolves when it is recording. */
  async capture(options: CaptureOptions = {}): Promise<Capture> {
    const file = join(this.artifacts, `capture-${this.#captures.length}.pcap`);
    const capture = new Capture(this.#switch, [this.#bridgeIndex], this.#ports, file, options);
    this.#captures.push(capture);
    await capture.ready;
    return capture;
  }

  /** Starts to ping from a host; resolves when the first request is out. */
  async ping(host: Host, options: PingerOptions): Promise<Pinger> {
    const pinger = new Pinger(host, options);
    this.#pingers.push(pinger);
    await pinger.ready;
    return pinger;
  }

  /** Calls `closer` when the lab is closed, after its processes have ended. */
  onClose(closer: () => void): void {
    this.#closers.push(closer);
  }

  /** Logs and captures stay after {@link close}. */
  keepArtifacts(): void {
    this.#kept = true;
  }

  /** Ends every process in the lab and removes it. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#captures, ...this.#pingers].map((observer) => observer.stop().catch(() => {})));
    await this.#guard.close();
    const processes = [...this.hosts.values()].flatMap((host) => host.processes);
    await Promise.all(processes.map((child) => child.exited));
    for (const closer of this.#closers) closer();
    for (const host of this.hosts.values()) host.close();
    this.#netlink.close();
    this.#switch.close();
    if (!this.#kept) rmSync(this.artifacts, { recursive: true, force: true });
  }

  #portOf(host: Host): number {
    for (const [port, name] of this.#ports) if (name === host.name) return port;
    throw new Error(`${host.name} is not a host of this lab`);
  }
}

/** A directory in the checkout's `artifacts`, or among temporary files where the checkout belongs to somebody else. */
function artifactsDirectory(name: string): string {
  const checkout = fileURLToPath(new URL('../../../artifacts', import.meta.url));
  const [first, second] = [join(checkout, name), join(tmpdir(), 'locum-artifacts', name)];
  try {
    mkdirSync(first, { recursive: true });
    return first;
  } catch {
    mkdirSync(second, { recursive: true });
    return second;
  }
}

/** Runs `action` with a lab and closes it; when it fails, logs and captures stay and their place is printed. */
export async function withLab<Result>(name: string, action: (lab: Lab) => Promise<Result>): Promise<Result> {
  const lab = new Lab(name);
  try {
    return await action(lab);
  } catch (error) {
    lab.keepArtifacts();
    console.log(`logs and captures of "${name}" are in ${lab.artifacts}`);
    throw error;
  } finally {
    await lab.close();
  }
}
