/**
 * The stage made of memory, for machines that allow no network namespaces: the in-memory LAN of @locum/transport and
 * the same protocol engine that locumd runs, in this process, in real time. No process, no kernel, no address is real.
 */
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '@locum/daemon';
import { monotonicUs, realtimeUs } from '@locum/linux';
import type { ConfiguredRouter } from '@locum/protocol';
import { createMemoryLan } from '@locum/transport';
import { parseAddress, parseMac } from '../lib/address-text.ts';
import { FrameLog } from '../lib/frame-log.ts';
import { PingLog } from '../lib/ping-log.ts';
import { MemoryHost } from './memory-host.ts';
import { ADDRESSES, type RouterName, type Stage, VIRTUAL_ADDRESS } from './stage.ts';

const STEP_MS = 1;

export class MemoryStage implements Stage {
  readonly material = 'a LAN in the memory of this process';
  readonly wire = new FrameLog();
  readonly pings = new PingLog();
  readonly #hosts: Record<RouterName | 'client', MemoryHost>;
  /** What the client's ARP table has for the virtual address. */
  #neighbour: Uint8Array | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pinging = false;

  private constructor() {
    const offsetUs = realtimeUs() - monotonicUs();
    const names = new Map<unknown, string>();
    const lan = createMemoryLan({
      clock: { now: monotonicUs },
      observer: (from, bytes, start, end, at) => {
        this.wire.add(at + offsetUs, names.get(from) ?? 'unknown', bytes.slice(start, end));
        const seen = this.wire.frames.at(-1)!.decoded;
        if (seen?.kind === 'arp' && seen.gratuitous) this.#neighbour = parseMac(seen.senderMac);
        // Pings are in a log of their own.
        if (seen?.kind.startsWith('echo')) this.wire.frames.pop();
      },
    });
    const host = (name: RouterName | 'client'): MemoryHost => {
      const made = new MemoryHost(lan, name, ADDRESSES[name]);
      names.set(made.station, name);
      return made;
    };
    this.#hosts = { router1: host('router1'), router2: host('router2'), client: host('client') };
    this.#hosts.client.onEchoReply = (sequence, mac) => {
      Object.assign(this.pings.pings[sequence]!, { answeredUs: this.nowUs(), mac });
    };
  }

  static async open(): Promise<MemoryStage> {
    const stage = new MemoryStage();
    for (const host of Object.values(stage.#hosts)) await host.open();
    stage.#timer = setInterval(() => stage.#step(), STEP_MS);
    return stage;
  }

  nowUs(): number {
    return realtimeUs();
  }

  macOf(host: RouterName): string {
    return this.#hosts[host].mac;
  }

  holdsAddress(router: RouterName): boolean {
    return this.#hosts[router].holdsAddress;
  }

  start(router: RouterName): void {
    this.#hosts[router].startRouter(settingsOf(router));
  }

  async kill(router: RouterName): Promise<number> {
    this.#hosts[router].killRouter();
    return 0;
  }

  async stop(router: RouterName): Promise<void> {
    this.#hosts[router].stopRouter();
  }

  async startPinging(): Promise<void> {
    this.#pinging = true;
  }

  async close(): Promise<undefined> {
    clearInterval(this.#timer);
    return undefined;
  }

  #step(): void {
    for (const host of Object.values(this.#hosts)) host.step();
    if (!this.#pinging) return;
    const sequence = this.pings.pings.length;
    this.pings.pings.push({ sentUs: this.nowUs(), answeredUs: undefined, mac: undefined });
    if (this.#neighbour) this.#hosts.client.ping(this.#neighbour, parseAddress(VIRTUAL_ADDRESS), sequence);
  }
}

/** What locumd would make of the router's file. */
function settingsOf(router: RouterName): ConfiguredRouter {
  const path = fileURLToPath(new URL(`../../demo/${router}/keepalived.conf`, import.meta.url));
  const { settings, diagnostics } = loadConfiguration(path, { configId: router, strictIncludes: false });
  const instance = settings?.instances[0];
  if (!instance) throw new Error(`${path}: ${diagnostics.map((diagnostic) => diagnostic.message).join('; ')}`);
  return instance.router;
}
