/**
 * The timer wheel beside a binary heap and beside Node's own timers, with a thousand to a million timers armed.
 */
import { Ledger } from '../ledger.ts';
import { TIMER_COUNTS } from '../operation/catalogue.ts';
import { NODE_TIMER_WORK, TIMER_KINDS, TIMER_WORK } from '../operation/timers.ts';
import type { Subject, Topic } from '../row.ts';
import type { BenchCase } from '../suite.ts';
import { enterOperation, MICRO_EFFORT } from './micro.ts';

const NODE: Subject = { name: 'Node timers', ours: false };

export const wheel: BenchCase = {
  name: 'wheel',
  title: 'a thousand to a million timers',
  needs: {},
  run: async (bench) => {
    const ledger = new Ledger();
    const { repeats, milliseconds } = MICRO_EFFORT[bench.effort];
    const counts = bench.effort === 'full' ? TIMER_COUNTS : [TIMER_COUNTS[0], TIMER_COUNTS.at(-1)!];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const work of Object.keys(TIMER_WORK)) {
        for (const count of counts) {
          const topic = topicOf(work, count);
          for (const kind of Object.keys(TIMER_KINDS)) {
            const subject = { name: kind, ours: kind === 'wheel' };
            await enterOperation(ledger, topic, subject, `${kind}/${work}/${count}`, milliseconds);
          }
          if (work in NODE_TIMER_WORK) {
            await enterOperation(ledger, topic, NODE, `Node timers/${work}/${count}`, milliseconds);
          }
        }
      }
    }
    return ledger.rows();
  },
};

function topicOf(work: string, count: number): Topic {
  const scenario = `${count.toLocaleString('en')} armed`;
  return { case: 'wheel', scenario, figure: work, unit: 'ns', parameters: { timers: count, work } };
}
