/**
 * keepalived as a peer in the lab: its own pid files and configuration file, in the foreground, logging to the lab.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { Exit, LabProcess } from './process.ts';
import { findCommand } from './requirement.ts';

const READY_DEADLINE_MS = 10_000;
/** What it logs, whatever the outcome, when the configuration has been read and the virtual routers run. */
const RUNNING = /Entering (?:BACKUP|MASTER|FAULT) STATE|VRRP sockpool/;

export class Keepalived {
  readonly process: LabProcess;
  readonly #host: Host;

  private constructor(host: Host, child: LabProcess) {
    this.#host = host;
    this.process = child;
  }

  /** Starts it with this configuration; resolves when its virtual routers run. Needs the program, see `requirement.ts`. */
  static async start(lab: Lab, host: Host, configuration: string): Promise<Keepalived> {
    const directory = join(lab.artifacts, `${host.name}-keepalived-${host.processes.length}`);
    mkdirSync(directory);
    const file = join(directory, 'keepalived.conf');
    writeFileSync(file, configuration);
    const pidFiles = { '-p': 'keepalived', '-r': 'vrrp', '-c': 'checkers', '-b': 'bfd' };
    const args = ['-n', '-l', '-D', '-G', '-P', '-f', file];
    for (const [flag, name] of Object.entries(pidFiles)) args.push(flag, join(directory, `${name}.pid`));
    const child = host.spawn(findCommand('keepalived') ?? 'keepalived', args);
    await child.line(RUNNING, READY_DEADLINE_MS);
    return new Keepalived(host, child);
  }

  /** Orderly: a last advert of priority 0, addresses removed. */
  async stop(): Promise<Exit> {
    return this.process.stop();
  }

  /** Kills parent and child without a word; addresses stay on the interface. */
  async kill(): Promise<void> {
    this.#host.killAll();
    await this.process.exited;
  }
}
