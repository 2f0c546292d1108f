/**
 * A cgroup (version 2) that stops everything in it at once, without a signal, as container runtimes do.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './deadline.ts';

const DEADLINE_MS = 5_000;

export class Freezer {
  readonly #folder: string;
  readonly #home: string;

  private constructor(folder: string, home: string) {
    this.#folder = folder;
    this.#home = home;
  }

  /** A freezer with processes in it; undefined where no cgroup can be made. */
  static tryHolding(pids: readonly number[]): Freezer | undefined {
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (mount === undefined || own === undefined) return undefined;
    const home = join(mount, own);
    const folder = join(home, `locum-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      return undefined;
    }
    const freezer = new Freezer(folder, home);
    try {
      readFileSync(join(folder, 'cgroup.freeze'));
      for (const pid of pids) freezer.#move(pid, folder);
      return freezer;
    } catch {
      freezer.close();
      return undefined;
    }
  }

  /** Resolves when nothing in it runs any more. */
  async freeze(): Promise<void> {
    writeFileSync(join(this.#folder, 'cgroup.freeze'), '1');
    const isFrozen = (): boolean => readFileSync(join(this.#folder, 'cgroup.events'), 'utf8').includes('frozen 1');
    await eventually('all is frozen', isFrozen, DEADLINE_MS);
  }

  thaw(): void {
    writeFileSync(join(this.#folder, 'cgroup.freeze'), '0');
  }

  /** Lets everything go and removes the cgroup. */
  close(): void {
    this.thaw();
    for (const pid of readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8').split('\n')) {
      if (pid !== '') this.#move(Number(pid), this.#home);
    }
    rmdirSync(this.#folder);
  }

  #move(pid: number, folder: string): void {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  }
}
