/**
 * locumd from this checkout, as bin/locumd starts it.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import { configurationText, type RouterConfiguration } from './configuration.ts';
import { BACKUP_OR_ACTIVE_LINE, type RouterProgram, type RunningRouters } from './router-program.ts';

const PROGRAM = fileURLToPath(new URL('../../../../bin/locumd', import.meta.url));
const READY_DEADLINE_MS = 30_000;

export interface LocumdProgramOptions {
  /** Default `locumd`. */
  readonly name?: string;
  /** Further lines of `global_defs`. */
  readonly globals?: readonly string[];
  /**
   * Run from a copy of Node's executable, so that no process of ours shares its memory: it would make the daemon's part
   * look smaller than it is on a server. Default false.
   */
  readonly ownNode?: boolean;
  /** Added to the environment of its processes. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class LocumdProgram implements RouterProgram {
  readonly name: string;
  readonly ours = true;
  readonly #globals: readonly string[];
  readonly #ownNode: boolean;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(options: LocumdProgramOptions = {}) {
    this.name = options.name ?? 'locumd';
    this.#globals = options.globals ?? [];
    this.#ownNode = options.ownNode ?? false;
    this.#environment = options.environment ?? {};
  }

  lack(): undefined {
    return undefined;
  }

  async start(lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningRouters> {
    const running = this.spawn(lab, host, configuration);
    await running.process.line(BACKUP_OR_ACTIVE_LINE, READY_DEADLINE_MS);
    return running;
  }

  spawn(lab: Lab, host: Host, configuration: RouterConfiguration): RunningRouters {
    // Not below the lab's artifacts: paths of sockets are short.
    const directory = mkdtempSync(join(tmpdir(), 'locumd-'));
    lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
    const run = join(directory, 'run');
    mkdirSync(run);
    const file = join(directory, 'keepalived.conf');
    writeFileSync(file, configurationText(configuration, this.#globals));
    const args = ['-f', file, '-n', '-l', '-p', join(directory, 'locumd.pid'), '--run-dir', run];
    const node = this.#ownNode ? join(directory, 'node') : process.execPath;
    if (this.#ownNode) copyFileSync(process.execPath, node);
    const child = host.spawn(PROGRAM, args, {
      env: { ...this.#environment, PATH: `${dirname(node)}:${process.env.PATH}` },
    });
    return {
      process: child,
      get enginePid() {
        return Number(readFileSync(join(run, 'engine.pid'), 'utf8'));
      },
      reload: (changed) => {
        writeFileSync(file, configurationText(changed, this.#globals));
        child.signal('SIGHUP');
      },
      isReloaded: (line) => line.includes('Reload finished'),
      stop: async () => {
        await child.stop();
      },
    };
  }
}
