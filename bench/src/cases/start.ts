/**
 * From the start of the program to a router that can take over, and to the first advert of one that owns its address.
 *
 * That a router is Backup cannot be seen on the wire, so for that the daemons' own log is believed.
 */
import type { Host } from '@locum/integration/host';
import { type Lab, withLab } from '@locum/integration/lab';
import { realtimeUs } from '@locum/linux';
import { checkContent } from '../lan/advert-check.ts';
import { Ledger } from '../ledger.ts';
import type { Subject, Topic } from '../row.ts';
import type { RouterConfiguration } from '../subjects/configuration.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import { BACKUP_LINE, type RouterProgram } from '../subjects/router-program.ts';
import type { BenchCase, Effort } from '../suite.ts';

const REPEATS: Readonly<Record<Effort, number>> = { short: 3, full: 10 };
const DEADLINE_MS = 15_000;
const TO_BACKUP = 'until Backup';
const TO_ADVERT = 'until the first advert of an owner';
const EMPTY_NODE: Subject = { name: 'Node, empty program', ours: false };

function configurationOf(priority: number): RouterConfiguration {
  return { routers: [{ vrid: 51, address: '192.168.1.100' }], intervalMs: 1000, priority };
}

export const start: BenchCase = {
  name: 'start',
  title: 'from the start of the program to Backup and to the first advert',
  needs: { namespaces: true },
  run: async (bench) => {
    const ledger = new Ledger();
    await withLab('bench-start', async (lab) => {
      const host = await lab.addHost('router', { addresses: ['192.168.1.1/24'] });
      for (let repeat = 0; repeat < REPEATS[bench.effort]; repeat++) {
        await startNode(host, ledger);
        for (const program of [new LocumdProgram(), new KeepalivedProgram()]) {
          await startBackup(program, lab, host, ledger);
          await startOwner(program, lab, host, ledger);
        }
      }
    });
    return ledger.rows();
  },
};

/** What no program for Node can do without. */
async function startNode(host: Host, ledger: Ledger): Promise<void> {
  const startUs = realtimeUs();
  const child = host.spawn(process.execPath, ['-e', '0']);
  const { code } = await child.exited;
  const check = { passed: code === 0, words: 'ended with status 0' };
  ledger.add(topicOf(TO_BACKUP), EMPTY_NODE, [(realtimeUs() - startUs) / 1000], check);
}

async function startBackup(program: RouterProgram, lab: Lab, host: Host, ledger: Ledger): Promise<void> {
  const configuration = configurationOf(100);
  const topic = topicOf(TO_BACKUP);
  const lack = program.lack(configuration);
  if (lack !== undefined) return ledger.lack(topic, program, lack);
  try {
    const startUs = realtimeUs();
    const running = program.spawn(lab, host, configuration);
    const line = await running.process.line(BACKUP_LINE, DEADLINE_MS);
    await running.stop();
    ledger.add(topic, program, [(line.atUs - startUs) / 1000], { passed: true, words: 'said that it is Backup' });
  } catch (error) {
    ledger.fail(topic, program, error);
  }
}

async function startOwner(program: RouterProgram, lab: Lab, host: Host, ledger: Ledger): Promise<void> {
  const configuration = configurationOf(255);
  const topic = topicOf(TO_ADVERT);
  const lack = program.lack(configuration);
  if (lack !== undefined) return ledger.lack(topic, program, lack);
  try {
    const capture = await lab.capture();
    const startUs = realtimeUs();
    const running = program.spawn(lab, host, configuration);
    const advert = await capture.untilAdvert('an advert', () => true, DEADLINE_MS, startUs);
    await running.stop();
    await capture.stop();
    ledger.add(topic, program, [(advert.atUs - startUs) / 1000], checkContent([advert], configuration));
  } catch (error) {
    ledger.fail(topic, program, error);
  }
}

function topicOf(figure: string): Topic {
  return { case: 'start', scenario: 'from exec', figure, unit: 'ms', parameters: {} };
}
