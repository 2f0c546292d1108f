/**
 * FRR's vrrpd as a peer in the lab. It leaves to others what keepalived does itself: the macvlan interfaces with the
 * virtual MACs and addresses must be there, and it takes them up and down by way of zebra, the other half started here.
 *
 * Both run as the user `frr`, so this needs root over more than one user id.
 */
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteLink, findLink } from '@locum/linux';
import { eventually } from './deadline.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { findCommand } from './requirement.ts';

const READY_DEADLINE_MS = 10_000;
const USER = 'frr';

export interface FrrRouter {
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly priority: number;
  readonly intervalMs: number;
  /** Virtual addresses with prefix lengths, both families; version 2 has IPv4 only. */
  readonly addresses: readonly string[];
}

export class Frr {
  readonly vrrpd: LabProcess;
  readonly zebra: LabProcess;
  readonly #host: Host;

  private constructor(host: Host, zebra: LabProcess, vrrpd: LabProcess) {
    this.#host = host;
    this.zebra = zebra;
    this.vrrpd = vrrpd;
  }

  /** Starts both daemons with one virtual router; resolves when it has left Initialize for every family it has. */
  static async start(lab: Lab, host: Host, router: FrrRouter): Promise<Frr> {
    const directory = mkdtempSync(join(tmpdir(), 'locum-frr-'));
    lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
    const [, uid, gid] = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${USER}:[^:]*:(\\d+):(\\d+):`, 'm'))!;
    chmodSync(directory, 0o755);
    chownSync(directory, Number(uid), Number(gid));

    addVirtualInterface(host, `vrrp4-${router.vrid}`, '01', router, ipv4Of(router));
    addVirtualInterface(host, `vrrp6-${router.vrid}`, '02', router, ipv6Of(router));

    const spawn = (name: string, configuration: string): LabProcess => {
      const file = join(directory, `${name}.conf`);
      writeFileSync(file, `log stdout\n${configuration}`);
      const sockets = ['-z', join(directory, 'zserv.api'), '--vty_socket', directory];
      const rest = ['-i', join(directory, `${name}.pid`), '-f', file, '-A', '127.0.0.1', '-P', '0', '--log', 'stdout'];
      return host.spawn(findCommand(name) ?? name, [...sockets, ...rest]);
    };
    const zebra = spawn('zebra', '');
    await eventually('zebra listens', () => existsSync(join(directory, 'zserv.api')), READY_DEADLINE_MS);
    const vrrpd = spawn('vrrpd', configurationOf(host, router));
    const families = [...(ipv4Of(router).length > 0 ? ['IPv4'] : []), ...(ipv6Of(router).length > 0 ? ['IPv6'] : [])];
    for (const family of families) await vrrpd.line(new RegExp(`${family}\\] Initialize ->`), READY_DEADLINE_MS);
    return new Frr(host, zebra, vrrpd);
  }

  /** Orderly: a last advert of priority 0. */
  async stop(): Promise<void> {
    await this.vrrpd.stop();
    await this.zebra.stop();
  }

  /** Kills both without a word; the virtual interfaces stay as they are. */
  async kill(): Promise<void> {
    this.#host.killAll();
    await Promise.all([this.vrrpd.exited, this.zebra.exited]);
  }
}

const ipv4Of = (router: FrrRouter): string[] => router.addresses.filter((address) => !address.includes(':'));
const ipv6Of = (router: FrrRouter): string[] => router.addresses.filter((address) => address.includes(':'));

function configurationOf(host: Host, router: FrrRouter): string {
  const words = [
    `version ${router.version}`,
    `priority ${router.priority}`,
    `advertisement-interval ${router.intervalMs}`,
    ...ipv4Of(router).map((address) => `ip ${withoutPrefix(address)}`),
    ...ipv6Of(router).map((address) => `ipv6 ${withoutPrefix(address)}`),
  ];
  return [`interface ${host.interfaceName}`, ...words.map((word) => ` vrrp ${router.vrid} ${word}`), ''].join('\n');
}

/** Made afresh, because one that an earlier vrrpd left behind is still held down or up. */
function addVirtualInterface(
  host: Host,
  name: string,
  family: '01' | '02',
  router: FrrRouter,
  addresses: readonly string[],
): void {
  const old = findLink(host.netlink, name);
  if (old) deleteLink(host.netlink, old.index);
  if (addresses.length === 0) return;
  const mac = `00:00:5e:00:${family}:${router.vrid.toString(16).padStart(2, '0')}`;
  const index = host.addMacvlan(name, mac, 'bridge', family === '02');
  for (const address of addresses) host.addAddress(address, index);
}

function withoutPrefix(address: string): string {
  return address.split('/')[0]!;
}
