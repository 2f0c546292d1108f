/**
 * A reload of 255 routers of which one changes: how long it takes, and what the others let the LAN notice of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@locum/integration/deadline';
import { withLab } from '@locum/integration/lab';
import { realtimeUs } from '@locum/linux';
import { checkContent } from '../lan/advert-check.ts';
import { Trunk } from '../lan/trunk.ts';
import { Ledger } from '../ledger.ts';
import { allOf, type Check, type Topic, type Unit } from '../row.ts';
import type { RouterConfiguration } from '../subjects/configuration.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import type { RouterProgram } from '../subjects/router-program.ts';
import type { BenchCase, Effort } from '../suite.ts';

const ROUTERS = 255;
const INTERVAL_MS = 100;
const PRIORITY = 200;
const REPEATS: Readonly<Record<Effort, number>> = { short: 1, full: 5 };
const SETTLE_MS = 1000;
const DEADLINE_MS = 60_000;
const FINISHED = 'until the log says finished';
const GAP = 'longest gap beyond the interval, unchanged routers';

interface Reload {
  readonly finishedMs: number;
  /** Of each router that did not change: its longest gap around the reload, less the interval. */
  readonly gapsUs: readonly number[];
  readonly check: Check;
}

export const reload: BenchCase = {
  name: 'reload',
  title: 'SIGHUP with 255 routers, one of them changed',
  needs: { namespaces: true },
  run: async (bench) => {
    const ledger = new Ledger();
    for (let repeat = 0; repeat < REPEATS[bench.effort]; repeat++) {
      for (const program of [new LocumdProgram(), new KeepalivedProgram()]) {
        const finished = topicOf(FINISHED, 'ms');
        const lack = program.lack(configurationOf('a'));
        if (lack !== undefined) {
          ledger.lack(finished, program, lack);
          continue;
        }
        bench.progress(`  ${program.name}`);
        try {
          const { finishedMs, gapsUs, check } = await reloadOnce(program);
          ledger.add(finished, program, [finishedMs], check);
          ledger.add(topicOf(GAP, 'us'), program, gapsUs, check);
        } catch (error) {
          ledger.fail(finished, program, error);
        }
      }
    }
    return ledger.rows();
  },
};

async function reloadOnce(program: RouterProgram): Promise<Reload> {
  return withLab('bench-reload', async (lab) => {
    const trunk = await Trunk.make(lab, 1);
    const capture = await trunk.capture();
    const running = program.spawn(lab, trunk.first, configurationOf('a'));
    const { lines } = running.process;
    await trunk.holdsAddresses(trunk.first, ROUTERS);
    await sleep(SETTLE_MS);
    const startUs = realtimeUs();
    running.reload(configurationOf('b'));
    const finished = await eventually(
      'the reload is finished',
      () => lines.find(({ atUs, text }) => atUs >= startUs && running.isReloaded(text)),
      DEADLINE_MS,
    );
    await sleep(SETTLE_MS);
    const endUs = realtimeUs();
    await running.stop();
    await capture.stop();

    const fromUs = startUs - INTERVAL_MS * 1000;
    const adverts = capture.adverts().filter(({ atUs }) => atUs >= fromUs && atUs < endUs);
    const changed = adverts.filter(({ vrid }) => vrid === ROUTERS);
    const unchanged = adverts.filter(({ vrid }) => vrid !== ROUTERS);
    const gapsUs: number[] = [];
    for (let vrid = 1; vrid < ROUTERS; vrid++) {
      const instants = unchanged.filter((advert) => advert.vrid === vrid).map(({ atUs }) => atUs);
      const gaps = instants.slice(1).map((instant, index) => instant - instants[index]!);
      if (gaps.length > 0) gapsUs.push(Math.max(...gaps) - INTERVAL_MS * 1000);
    }
    const last = changed.at(-1)?.addresses.join();
    const check = allOf([
      checkContent(unchanged, configurationOf('b')),
      { passed: gapsUs.length === ROUTERS - 1, words: `${gapsUs.length} unchanged routers spoke` },
      { passed: last === addressOf(ROUTERS, 'b'), words: `the changed router advertises ${last}` },
    ]);
    return { finishedMs: (finished.atUs - startUs) / 1000, gapsUs, check };
  });
}

/** The two versions of the file differ in the address of the last router. */
function configurationOf(version: 'a' | 'b'): RouterConfiguration {
  return {
    routers: Array.from({ length: ROUTERS }, (_, index) => ({
      interfaceName: 'eth1',
      vrid: index + 1,
      address: addressOf(index + 1, version),
    })),
    intervalMs: INTERVAL_MS,
    priority: PRIORITY,
  };
}

function addressOf(vrid: number, version: 'a' | 'b'): string {
  return `10.1.${vrid === ROUTERS && version === 'b' ? 2 : 1}.${vrid}`;
}

function topicOf(figure: string, unit: Unit): Topic {
  const scenario = `${ROUTERS} routers, ${INTERVAL_MS} ms`;
  return { case: 'reload', scenario, figure, unit, parameters: { routers: ROUTERS, intervalMs: INTERVAL_MS } };
}
