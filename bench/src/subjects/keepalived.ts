/**
 * keepalived, where it is installed. Without `-D`, which would make it log every gratuitous ARP.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import type { LabProcess } from '@locum/integration/process';
import { findCommand } from '@locum/integration/requirement';
import { configurationText, type RouterConfiguration } from './configuration.ts';
import { BACKUP_OR_ACTIVE_LINE, type RouterProgram, type RunningRouters } from './router-program.ts';

const READY_DEADLINE_MS = 15_000;

export class KeepalivedProgram implements RouterProgram {
  readonly name = 'keepalived';
  readonly ours = false;

  lack({ downAdverts }: RouterConfiguration): string | undefined {
    const program = findCommand('keepalived');
    if (program === undefined) return 'keepalived is not installed; apt-get install keepalived';
    if (downAdverts !== undefined && !knowsDownTimerAdverts(program)) {
      return 'this release of keepalived has no vrrp_down_timer_adverts';
    }
    return undefined;
  }

  async start(lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningRouters> {
    const running = this.spawn(lab, host, configuration);
    await running.process.line(BACKUP_OR_ACTIVE_LINE, READY_DEADLINE_MS);
    return running;
  }

  spawn(lab: Lab, host: Host, configuration: RouterConfiguration): RunningRouters {
    const directory = join(lab.artifacts, `${host.name}-keepalived-${host.processes.length}`);
    mkdirSync(directory);
    const file = join(directory, 'keepalived.conf');
    writeFileSync(file, configurationText(configuration));
    const pidFiles = { '-p': 'keepalived', '-r': 'vrrp', '-c': 'checkers', '-b': 'bfd' };
    const args = ['-n', '-l', '-G', '-P', '-f', file];
    for (const [flag, name] of Object.entries(pidFiles)) args.push(flag, join(directory, `${name}.pid`));
    const child = host.spawn(findCommand('keepalived') ?? 'keepalived', args);
    return new Running(host, child, file);
  }
}

class Running implements RunningRouters {
  readonly process: LabProcess;
  readonly #host: Host;
  readonly #file: string;

  constructor(host: Host, child: LabProcess, file: string) {
    this.process = child;
    this.#host = host;
    this.#file = file;
  }

  /** The child of the process that was started. */
  get enginePid(): number {
    return this.#host.processIds().find((pid) => pid !== this.process.pid) ?? -1;
  }

  reload(configuration: RouterConfiguration): void {
    writeFileSync(this.#file, configurationText(configuration));
    this.process.signal('SIGHUP');
  }

  isReloaded(line: string): boolean {
    return line.includes('Reload complete');
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}

/** Its words are in the program as they are in the configuration. */
function knowsDownTimerAdverts(program: string): boolean {
  return readFileSync(program).includes('vrrp_down_timer_adverts');
}
