/**
 * A Backup that was stopped for much longer than its peer may be silent, while the peer lived: it must not take over.
 */
import { withLab } from '@locum/integration/lab';
import { Pair } from '../lan/pair.ts';
import { Ledger } from '../ledger.ts';
import type { Check, Topic } from '../row.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import type { RouterProgram } from '../subjects/router-program.ts';
import type { Bench, BenchCase, Effort } from '../suite.ts';

interface Plan {
  readonly intervalMs: number;
  readonly stallMs: number;
  readonly repeats: number;
}

const PLANS: Readonly<Record<Effort, readonly Plan[]>> = {
  short: [{ intervalMs: 100, stallMs: 1000, repeats: 3 }],
  full: [{ intervalMs: 100, stallMs: 5000, repeats: 20 }],
};

export const stall: BenchCase = {
  name: 'stall',
  title: 'false takeovers of a Backup that was stopped',
  needs: { namespaces: true },
  run: async (bench) => {
    const ledger = new Ledger();
    for (const plan of PLANS[bench.effort]) {
      // Side by side: what is counted does not depend on microseconds, and most of the time nothing happens.
      const programs = [new LocumdProgram(), new KeepalivedProgram()];
      await Promise.all(programs.map((program) => gather(bench, program, plan, ledger)));
    }
    return ledger.rows();
  },
};

async function gather(bench: Bench, program: RouterProgram, plan: Plan, ledger: Ledger): Promise<void> {
  const { intervalMs, stallMs, repeats } = plan;
  const topic: Topic = {
    case: 'stall',
    scenario: `${intervalMs} ms, Backup stopped for ${stallMs} ms`,
    figure: 'adverts of the Backup afterwards',
    unit: 'adverts',
    parameters: { intervalMs, stallMs },
  };
  const lack = program.lack({ intervalMs, priority: 1, routers: [] });
  if (lack !== undefined) return ledger.lack(topic, program, lack);
  bench.progress(`  ${program.name}, ${topic.scenario}`);
  try {
    await withLab(`bench-stall-${program.name}`, async (lab) => {
      const pair = await Pair.start(lab, program, { intervalMs });
      for (let repeat = 0; repeat < repeats; repeat++) {
        const { backup, active } = await pair.stallBackup(stallMs);
        const check: Check = {
          passed: active > 0,
          words: `the Active ${active > 0 ? 'spoke all the time' : 'was gone'}`,
        };
        ledger.add(topic, program, [backup], check);
      }
      await pair.stop();
    });
  } catch (error) {
    ledger.fail(topic, program, error);
  }
}
