/**
 * The stage made of network namespaces: locumd as it ships, the kernel's own addresses, a client that really pings.
 */
import { readFileSync } from 'node:fs';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import type { Host } from '../lib/host.ts';
import { Lab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { PingLog } from '../lib/ping-log.ts';
import type { Pinger } from '../lib/pinger.ts';
import { ADDRESSES, type RouterName, type Stage, VIRTUAL_ADDRESS } from './stage.ts';

export class NamespaceStage implements Stage {
  readonly material = 'a LAN of network namespaces';
  readonly wire: Capture;
  readonly #lab: Lab;
  readonly #hosts: Readonly<Record<RouterName | 'client', Host>>;
  readonly #running = new Map<RouterName, Locumd>();
  #pinger: Pinger | undefined;

  private constructor(lab: Lab, hosts: Readonly<Record<RouterName | 'client', Host>>, wire: Capture) {
    this.#lab = lab;
    this.#hosts = hosts;
    this.wire = wire;
  }

  static async open(): Promise<NamespaceStage> {
    const lab = new Lab('demo');
    try {
      const router1 = await lab.addHost('router1', { addresses: [`${ADDRESSES.router1}/24`] });
      const router2 = await lab.addHost('router2', { addresses: [`${ADDRESSES.router2}/24`] });
      const client = await lab.addHost('client', { addresses: [`${ADDRESSES.client}/24`] });
      return new NamespaceStage(lab, { router1, router2, client }, await lab.capture());
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get pings(): PingLog {
    return this.#pinger ?? new PingLog();
  }

  nowUs(): number {
    return realtimeUs();
  }

  macOf(host: RouterName): string {
    return this.#hosts[host].mac;
  }

  holdsAddress(router: RouterName): boolean {
    return this.#hosts[router].addresses.includes(VIRTUAL_ADDRESS);
  }

  start(router: RouterName): void {
    const file = new URL(`../../demo/${router}/keepalived.conf`, import.meta.url);
    const earlier = this.#running.get(router);
    // The same pid file and sockets as before, as on a real server.
    const options = earlier ? { directory: earlier.directory } : {};
    this.#running.set(router, Locumd.spawn(this.#lab, this.#hosts[router], readFileSync(file, 'utf8'), options));
  }

  async kill(router: RouterName): Promise<number> {
    const count = this.#hosts[router].killAll();
    await this.#running.get(router)!.process.exited;
    return count;
  }

  async stop(router: RouterName): Promise<void> {
    const { code, signal } = await this.#running.get(router)!.stop();
    if (code !== 0) throw new Error(`${router} ended with ${signal ?? `status ${code}`} instead of 0`);
  }

  async startPinging(): Promise<void> {
    this.#pinger = await this.#lab.ping(this.#hosts.client, { target: VIRTUAL_ADDRESS });
  }

  async close(keep: boolean): Promise<string | undefined> {
    if (keep) this.#lab.keepArtifacts();
    await this.#lab.close();
    return keep ? this.#lab.artifacts : undefined;
  }
}
