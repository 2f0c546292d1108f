/**
 * The codec beside the same checks in C, and beside the decoders of `cap`.
 */
import { Ledger } from '../ledger.ts';
import { SAMPLE_KINDS, type SampleKind } from '../operation/advert-sample.ts';
import { measureInC } from '../operation/c-codec.ts';
import { capLack } from '../operation/cap-decoders.ts';
import type { Subject, Topic } from '../row.ts';
import type { Bench, BenchCase } from '../suite.ts';
import { enterOperation, enterReport, MICRO_EFFORT } from './micro.ts';

const OURS: Subject = { name: 'locum', ours: true };
const IN_C: Subject = { name: 'C -O2', ours: false };
const CAP: Subject = { name: 'cap (IP header only)', ours: false };

export const codec: BenchCase = {
  name: 'codec',
  title: 'judging, writing and patching an advert',
  needs: {},
  run: async (bench) => {
    const ledger = new Ledger();
    const { repeats, milliseconds } = MICRO_EFFORT[bench.effort];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const work of ['decode', 'encode'] as const) {
        for (const kind of SAMPLE_KINDS) await measureKind(bench, ledger, work, kind, milliseconds);
      }
      for (const [work, kind] of [
        ['drop for its checksum', SAMPLE_KINDS[1]!],
        ['patch the priority', SAMPLE_KINDS[1]!],
        ['patch the sequence', SAMPLE_KINDS[4]!],
      ] as const) {
        await enterOperation(ledger, topicOf(work, kind), OURS, `codec/${work}/${kind.name}`, milliseconds);
      }
    }
    return ledger.rows();
  },
};

async function measureKind(
  bench: Bench,
  ledger: Ledger,
  work: 'decode' | 'encode',
  kind: SampleKind,
  milliseconds: number,
): Promise<void> {
  const topic = topicOf(work, kind);
  await enterOperation(ledger, topic, OURS, `codec/${work}/${kind.name}`, milliseconds);
  measureKindInC(bench, ledger, work, kind, milliseconds);
  if (work !== 'decode' || kind.authentication !== undefined) return;
  const lack = capLack();
  if (lack !== undefined) ledger.lack(topic, CAP, lack);
  else await enterOperation(ledger, topic, CAP, `cap/${work}/${kind.name}`, milliseconds);
}

function measureKindInC(
  bench: Bench,
  ledger: Ledger,
  work: 'decode' | 'encode',
  kind: SampleKind,
  milliseconds: number,
): void {
  const topic = topicOf(work, kind);
  const program = bench.programs.get('codec');
  if ('lack' in program) {
    ledger.lack(topic, IN_C, program.lack);
    return;
  }
  try {
    enterReport(ledger, topic, IN_C, measureInC(program.path, work, kind, milliseconds), false);
  } catch (error) {
    ledger.fail(topic, IN_C, error);
  }
}

function topicOf(work: string, kind: SampleKind): Topic {
  return { case: 'codec', scenario: kind.name, figure: work, unit: 'ns', parameters: { kind: kind.name, work } };
}
