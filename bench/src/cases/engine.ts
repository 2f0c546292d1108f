/**
 * A step of the whole protocol engine: an advert received by a Backup, an advert timer of an Active.
 */
import { Ledger } from '../ledger.ts';
import { ROUTER_COUNTS } from '../operation/catalogue.ts';
import type { BenchCase } from '../suite.ts';
import { enterOperation, MICRO_EFFORT } from './micro.ts';

const WORK = ['advert received', 'advert timer'];

export const engine: BenchCase = {
  name: 'engine',
  title: 'a step of the protocol engine',
  needs: {},
  run: async (bench) => {
    const ledger = new Ledger();
    const { repeats, milliseconds } = MICRO_EFFORT[bench.effort];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const work of WORK) {
        for (const routers of ROUTER_COUNTS) {
          const scenario = `${routers} routers`;
          const topic = { case: 'engine', scenario, figure: work, unit: 'ns', parameters: { routers, work } } as const;
          await enterOperation(ledger, topic, { name: 'locum', ours: true }, `engine/${work}/${routers}`, milliseconds);
        }
      }
    }
    return ledger.rows();
  },
};
