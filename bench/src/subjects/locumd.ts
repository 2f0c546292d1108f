/**
 * locumd from this checkout, as bin/locumd starts it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import { Locumd } from '@locum/integration/locumd';
import { configurationText, type RouterConfiguration } from './configuration.ts';
import type { RouterProgram, RunningRouters } from './router-program.ts';

export class LocumdProgram implements RouterProgram {
  readonly name: string;
  readonly ours = true;
  readonly #globals: readonly string[];

  /** @param globals further lines of `global_defs` */
  constructor(name = 'locumd', globals: readonly string[] = []) {
    this.name = name;
    this.#globals = globals;
  }

  lack(): undefined {
    return undefined;
  }

  async start(lab: Lab, host: Host, configuration: RouterConfiguration): Promise<RunningRouters> {
    return this.#running(await Locumd.start(lab, host, this.#text(configuration)));
  }

  spawn(lab: Lab, host: Host, configuration: RouterConfiguration): RunningRouters {
    return this.#running(Locumd.spawn(lab, host, this.#text(configuration)));
  }

  #text(configuration: RouterConfiguration): string {
    return configurationText(configuration, this.#globals);
  }

  #running(locumd: Locumd): RunningRouters {
    return {
      process: locumd.process,
      get enginePid() {
        return locumd.enginePid;
      },
      reload: (configuration) => {
        writeFileSync(join(locumd.directory, 'keepalived.conf'), this.#text(configuration));
        locumd.process.signal('SIGHUP');
      },
      isReloaded: (line) => line.includes('Reload finished'),
      stop: async () => {
        await locumd.stop();
      },
    };
  }
}
