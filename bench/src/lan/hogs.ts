/**
 * Processes that use all the processor time they can get, one for each core.
 */
import { availableParallelism } from 'node:os';
import type { Host } from '@locum/integration/host';
import type { LabProcess } from '@locum/integration/process';

export class Hogs {
  readonly #processes: LabProcess[];

  private constructor(processes: LabProcess[]) {
    this.#processes = processes;
  }

  /** Starts them on a host of their own; the lab ends them where {@link stop} is never called. */
  static start(host: Host): Hogs {
    const count = availableParallelism();
    return new Hogs(Array.from({ length: count }, () => host.spawn('sh', ['-c', 'while :; do :; done'])));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((hog) => hog.stop(5000, 'SIGKILL')));
  }
}
