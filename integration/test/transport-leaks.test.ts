/**
 * That nothing is left behind when an interface goes and comes again and again under load, on every way to the wire:
 * descriptors, sockets, devices, memberships, mappings, memory. LOCUM_CYCLES says how often; memory can be judged
 * from {@link MEMORY_CYCLES} cycles on.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../lib/deadline.ts';
import { anonymousBytes, type Holdings, holdingsOf, mappingCount } from '../lib/holdings.ts';
import type { Host } from '../lib/host.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { deletion } from '../lib/link-change.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';
import { steadyReading } from '../lib/steady-reading.ts';
import { underLoad } from '../lib/stranger-load.ts';
import { TRANSPORT_WAYS, type TransportWay } from '../lib/transport-way.ts';

const CYCLES = Number(process.env.LOCUM_CYCLES ?? 10);
/** What is loaded, compiled and cached with the first cycles is no leak. */
const WARM_UP_CYCLES = Math.min(100, Math.floor(CYCLES / 2));
const MEMORY_CYCLES = 1000;
const isLong = CYCLES >= MEMORY_CYCLES;
const SAMPLE_CYCLES = 100;
const DEADLINE_MS = 15_000;
const FRAMES_AT_ONCE = 1;
const PROBE = new URL('../lib/memory-probe.js', import.meta.url).href;

/** What each cycle may add, in octets. */
interface Growth {
  readonly heap: number;
  readonly anonymous: number;
}
const MOST_GROWTH: Readonly<Record<string, Growth>> = {
  engine: { heap: 128, anonymous: 512 },
  supervisor: { heap: 128, anonymous: 1024 },
};
/** The package `cap` never lets go of a handle: `capture.ts` of the transport says why. */
const CAP_GROWTH: Growth = { heap: 512, anonymous: 2560 };
/** Less than a megabyte over a thousand cycles, and ever less of it, in memory of the C library: what it is, is not known. */
const STATION_GROWTH: Growth = { heap: 128, anonymous: 1536 };
/** Of engines that differ, by the key of the way. */
const ENGINE_GROWTH: Readonly<Record<string, Growth>> = { pcap: CAP_GROWTH, port: STATION_GROWTH };
const MOST_MORE_MAPPINGS = 64;

interface Weight {
  readonly heapBytes: number;
  readonly anonymousBytes: number;
  readonly mappings: number;
}

class Subject {
  readonly locumd: Locumd;
  readonly processes: Readonly<Record<'engine' | 'supervisor', number>>;
  readonly #host: Host;
  readonly #probes: string;

  private constructor(host: Host, locumd: Locumd, probes: string) {
    this.#host = host;
    this.locumd = locumd;
    this.#probes = probes;
    this.processes = { engine: locumd.enginePid, supervisor: locumd.process.pid };
  }

  static async start(lab: Lab, host: Host, { interfaceName, lines }: TransportWay): Promise<Subject> {
    const probes = mkdtempSync(join(tmpdir(), 'locum-memory-'));
    lab.onClose(() => rmSync(probes, { recursive: true, force: true }));
    // V8 compiles more of the code, and better, for as long as there is something to do; that is weight, and no leak.
    const env = { NODE_OPTIONS: `--import=${PROBE} --jitless`, LOCUM_MEMORY_PROBE: probes };
    const configuration = quickConfiguration({ interfaceName, lines, interval: 0.01 });
    const locumd = await Locumd.start(lab, host, configuration, { env });
    await locumd.process.line(/\(VI_1\) Entering MASTER STATE/, DEADLINE_MS);
    return new Subject(host, locumd, probes);
  }

  get holdings(): Holdings {
    return holdingsOf(this.#host, this.processes);
  }

  /** Resolves when the address is set. */
  async atWork(): Promise<void> {
    await eventually('the address is set', () => this.#host.allAddresses.includes(QUICK_ADDRESS), DEADLINE_MS);
  }

  async weigh(): Promise<Record<string, Weight>> {
    const weights: Record<string, Weight> = {};
    for (const [name, pid] of Object.entries(this.processes)) {
      const before = this.#samples(pid).length;
      process.kill(pid, 'SIGUSR2');
      const heapBytes = await eventually(`the ${name} tells its heap`, () => this.#samples(pid)[before], DEADLINE_MS);
      weights[name] = { heapBytes, anonymousBytes: anonymousBytes(pid), mappings: mappingCount(pid) };
    }
    return weights;
  }

  #samples(pid: number): number[] {
    try {
      return readFileSync(join(this.#probes, `${pid}`), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map(Number);
    } catch {
      return [];
    }
  }
}

async function play(lab: Lab, way: TransportWay, tell: (text: string) => void): Promise<void> {
  const host = await lab.addHost('host');
  const sender = await lab.addHost('sender', { addresses: ['192.168.1.9/24'] });
  const surroundings = { host, index: await way.make(host) };
  const { away, back } = deletion(way);
  const subject = await Subject.start(lab, host, way);
  const { locumd, processes } = subject;
  const cycle = async (): Promise<void> => {
    const seen = locumd.process.lines.length;
    away(surroundings);
    const fault = await locumd.process.line(/\(VI_1\) Entering FAULT STATE/, DEADLINE_MS, seen);
    await back(surroundings);
    await locumd.process.line(/\(VI_1\) Entering MASTER STATE/, DEADLINE_MS, locumd.process.lines.indexOf(fault, seen));
    await subject.atWork();
  };
  const cycles = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done++) await cycle();
  };
  const weights: Record<string, Weight>[] = [];
  const weigh = async (after: number): Promise<void> => {
    const weight = await subject.weigh();
    weights.push(weight);
    tell(`${way.name}, after ${after} cycles: ${JSON.stringify(weight)}`);
  };

  await subject.atWork();
  await underLoad(
    lab,
    sender,
    async () => {
      await cycles(WARM_UP_CYCLES);
      await weigh(WARM_UP_CYCLES);
      const before = await steadyReading('the holdings', () => subject.holdings, DEADLINE_MS);
      for (let done = WARM_UP_CYCLES; done < CYCLES; done += SAMPLE_CYCLES) {
        await cycles(Math.min(SAMPLE_CYCLES, CYCLES - done));
        await weigh(Math.min(done + SAMPLE_CYCLES, CYCLES));
      }
      const isSame = (): boolean => JSON.stringify(subject.holdings) === JSON.stringify(before);
      await eventually('nothing is left behind', isSame, DEADLINE_MS).catch(() => {
        assert.deepEqual(subject.holdings, before);
      });
      tell(`${way.name}, after ${CYCLES} cycles as before: ${JSON.stringify(before)}`);
    },
    FRAMES_AT_ONCE,
  );
  assert.deepEqual({ engine: locumd.enginePid, supervisor: locumd.process.pid }, processes);
  if (isLong) judgeGrowth(way, weights[0]!, weights.at(-1)!);
  assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
}

function judgeGrowth(
  { key }: TransportWay,
  before: Readonly<Record<string, Weight>>,
  after: Readonly<Record<string, Weight>>,
): void {
  for (const [name, weight] of Object.entries(after)) {
    const first = before[name]!;
    const most = (name === 'engine' ? ENGINE_GROWTH[key] : undefined) ?? MOST_GROWTH[name]!;
    const perCycle = (bytes: number): number => bytes / (CYCLES - WARM_UP_CYCLES);
    const heap = perCycle(weight.heapBytes - first.heapBytes);
    assert.ok(heap < most.heap, `the heap of the ${name} grows by ${heap} octets a cycle`);
    const anonymous = perCycle(weight.anonymousBytes - first.anonymousBytes);
    assert.ok(anonymous < most.anonymous, `the memory of the ${name} grows by ${anonymous} octets a cycle`);
    const mappings = weight.mappings - first.mappings;
    assert.ok(mappings < MOST_MORE_MAPPINGS, `the ${name} has ${mappings} more mappings`);
  }
}

for (const way of TRANSPORT_WAYS) {
  describe(way.name, requires(`integration/transport-leaks-${way.key}`, way.needs), () => {
    it(`leaves nothing behind of an interface that went and came ${CYCLES} times under load`, (context) =>
      withLab(`leaks-${way.key}`, (lab) => play(lab, way, (text) => isLong && context.diagnostic(text))));
  });
}
