/**
 * A real engine process whose heap can be looked at, under a real supervisor that takes charge of it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENGINE_FLAGS, ENGINE_PROGRAM } from '@locum/daemon';
import { eventually } from './deadline.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import { Locumd } from './locumd.ts';
import type { LabProcess } from './process.ts';

const PROBE = new URL('heap-probe.js', import.meta.url).href;
/** So much room for young objects that no collection hides what was allocated between two looks. */
const YOUNG_MEGABYTES = 64;
const DEADLINE_MS = 15_000;

export class MeasuredEngine {
  readonly locumd: Locumd;
  readonly #engine: LabProcess;
  readonly #heapFile: string;

  private constructor(locumd: Locumd, engine: LabProcess, heapFile: string) {
    this.locumd = locumd;
    this.#engine = engine;
    this.#heapFile = heapFile;
  }

  static async start(lab: Lab, host: Host, configuration: string): Promise<MeasuredEngine> {
    const directory = mkdtempSync(join(tmpdir(), 'locumd-'));
    lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
    const run = join(directory, 'run');
    mkdirSync(run, { mode: 0o700 });
    const heapFile = join(directory, 'heap');
    writeFileSync(heapFile, '');
    const room = [`--min-semi-space-size=${YOUNG_MEGABYTES}`, `--max-semi-space-size=${YOUNG_MEGABYTES}`];
    const flags = [...ENGINE_FLAGS, ...room, '--trace-gc', '--import', PROBE];
    const args = [...flags, ENGINE_PROGRAM, join(run, 'engine.sock'), join(run, 'engine.pid')];
    const engine = host.spawn(process.execPath, args, { env: { LOCUM_HEAP_PROBE: heapFile } });
    await eventually('the engine listens', () => isThere(join(run, 'engine.pid')), DEADLINE_MS);
    const locumd = await Locumd.start(lab, host, configuration, { directory });
    return new MeasuredEngine(locumd, engine, heapFile);
  }

  /** Octets of heap in use now. */
  async heapUsed(): Promise<number> {
    const before = this.#samples().length;
    this.#engine.signal('SIGUSR2');
    return await eventually('the engine tells its heap', () => this.#samples()[before], DEADLINE_MS);
  }

  /** Garbage collections of any kind since the process began. */
  get collections(): number {
    return this.#engine.lines.filter(({ text }) => /Scavenge|Mark-Compact/.test(text)).length;
  }

  #samples(): number[] {
    return readFileSync(this.#heapFile, 'utf8').split('\n').slice(0, -1).map(Number);
  }
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path, 'utf8') !== '';
  } catch {
    return false;
  }
}
