/**
 * Ways to the wire side by side: how steady adverts leave by each, what an advert costs, and how long an answer takes.
 *
 * An *answer* is the advert that an Active sends at once when it hears one of lower priority: the way from the wire to the
 * engine, the engine, and the way back, all between two time stamps of the switch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, withLab } from '@locum/integration/lab';
import { realtimeUs } from '@locum/linux';
import { checkAdverts } from '../lan/advert-check.ts';
import { processorSeconds } from '../lan/process-use.ts';
import { spacingOf } from '../lan/spacing.ts';
import { Ledger } from '../ledger.ts';
import { allOf, type Subject, type Topic, type Unit } from '../row.ts';
import type { RouterConfiguration } from '../subjects/configuration.ts';
import { KeepalivedProgram } from '../subjects/keepalived.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import type { RouterProgram } from '../subjects/router-program.ts';
import type { BenchCase, Effort } from '../suite.ts';
import { ADDRESS, askFor, VRID } from '../transports/answers.ts';
import { askInMemory, costInMemory } from '../transports/memory.ts';
import { advertsOf, onInterface, stations, WAYS, type Way } from '../transports/way.ts';

interface Contender extends Subject {
  readonly way: Way;
  readonly program: RouterProgram;
}

interface Extent {
  readonly repeats: number;
  readonly stretchMs: number;
  readonly answers: number;
}

const EXTENTS: Readonly<Record<Effort, Extent>> = {
  short: { repeats: 1, stretchMs: 2000, answers: 10 },
  full: { repeats: 5, stretchMs: 1500, answers: 20 },
};
const INTERVAL_MS = 100;
const MANY = 64;
const MANY_INTERVAL_MS = 10;
const SETTLE_MS = 600;
const TO_THE_ANSWER = 'to the answer';
const PARTS = ['from the wire to the engine', 'inside the engine', 'from the engine to the wire'] as const;

const MEMORY: Subject = { name: 'engine, memory', ours: true };
const MEMORY_COPIES = 1;
const MEMORY_ADVERTS = MANY * 200;

const CONTENDERS: readonly Contender[] = [
  ...WAYS.map((way) => {
    const name = `locumd, ${way.name}`;
    return { name, ours: true, way, program: new LocumdProgram({ name, globals: way.globals }) };
  }),
  { name: 'keepalived', ours: false, way: { ...WAYS[0]!, globals: [] }, program: new KeepalivedProgram() },
];

export const transports: BenchCase = {
  name: 'transports',
  title: 'ways to the wire side by side',
  needs: { namespaces: true, tap: true },
  run: async (bench) => {
    const ledger = new Ledger();
    const extent = EXTENTS[bench.effort];
    for (const { name, ours, way } of CONTENDERS.filter((contender) => contender.ours)) {
      const check = { passed: true, words: 'by construction' };
      ledger.add(copiesTopic('received'), { name, ours }, [way.copies.received], check);
      ledger.add(copiesTopic('sent'), { name, ours }, [way.copies.sent], check);
    }
    for (const direction of ['received', 'sent']) {
      ledger.add(copiesTopic(direction), MEMORY, [MEMORY_COPIES], { passed: true, words: 'by construction' });
    }
    for (let repeat = 0; repeat < extent.repeats; repeat++) {
      await inMemory(extent, ledger);
      for (const contender of CONTENDERS) {
        bench.progress(`  ${contender.name}`);
        await attempt(contender, ledger, spacingTopic('spacing error', 'us'), () =>
          steadiness(contender, extent, ledger),
        );
        await attempt(contender, ledger, manyTopic('processor, an advert', 'us'), () =>
          cost(contender, extent, ledger),
        );
        // keepalived lets a rival speak, as RFC 5798 wants.
        if (contender.ours)
          await attempt(contender, ledger, answerTopic(TO_THE_ANSWER), () => answers(contender, extent, ledger));
      }
    }
    return ledger.rows();
  },
};

/** What applies to a LAN on which nothing waits: there is no pace to keep, and no time of day. */
async function inMemory({ answers: count }: Extent, ledger: Ledger): Promise<void> {
  try {
    const { eachUs, check } = await costInMemory(MANY, MEMORY_ADVERTS);
    // Not beside a daemon: there is none.
    const topic = { ...manyTopic('processor, an advert', 'us'), scenario: `${MANY} routers, in memory` };
    ledger.add(topic, MEMORY, [eachUs], check);
    const parts = await askInMemory(count);
    ledger.add(answerTopic(TO_THE_ANSWER), MEMORY, parts.tookUs, parts.check);
    ledger.add(answerTopic(PARTS[0]), MEMORY, parts.wireToEngineUs, parts.check);
    ledger.add(answerTopic(PARTS[1]), MEMORY, parts.insideUs, parts.check);
    ledger.add(answerTopic(PARTS[2]), MEMORY, parts.engineToWireUs, parts.check);
  } catch (error) {
    ledger.fail(answerTopic(TO_THE_ANSWER), MEMORY, error);
  }
}

async function attempt(
  contender: Contender,
  ledger: Ledger,
  topic: Topic,
  measure: () => Promise<void>,
): Promise<void> {
  const lack = contender.program.lack(oneRouter(INTERVAL_MS, 255));
  if (lack !== undefined) return ledger.lack(topic, contender, lack);
  try {
    await measure();
  } catch (error) {
    ledger.fail(topic, contender, error);
  }
}

async function steadiness(contender: Contender, { stretchMs }: Extent, ledger: Ledger): Promise<void> {
  await withLab('bench-transports', async (lab) => {
    const configuration = oneRouter(INTERVAL_MS, 255);
    const { adverts } = await speak(lab, contender, configuration, stretchMs);
    const instants = adverts.map(({ atUs }) => atUs);
    const { errorsUs, driftUs } = spacingOf(instants, INTERVAL_MS * 1000);
    const check = checkAdverts(adverts, stretchMs, configuration);
    ledger.add(spacingTopic('spacing error', 'us'), contender, errorsUs, check);
    ledger.add(spacingTopic('drift', 'us/advert'), contender, [driftUs], check);
  });
}

async function cost(contender: Contender, { stretchMs }: Extent, ledger: Ledger): Promise<void> {
  await withLab('bench-transports', async (lab) => {
    const routers = Array.from({ length: MANY }, (_, index) => ({
      vrid: index + 1,
      address: `192.168.2.${index + 1}`,
    }));
    const configuration = { routers, intervalMs: MANY_INTERVAL_MS, priority: 255 };
    const { adverts, seconds } = await speak(lab, contender, configuration, stretchMs);
    const check = checkAdverts(adverts, stretchMs, configuration);
    ledger.add(manyTopic('processor, an advert', 'us'), contender, [(seconds * 1e6) / adverts.length], check);
    ledger.add(manyTopic('adverts a second', 'adverts/s'), contender, [adverts.length / (stretchMs / 1000)], check);
  });
}

/** Lets it speak for a while; gives its adverts and the processor time of all its processes meanwhile. */
async function speak(
  lab: Lab,
  { way, program }: Contender,
  configuration: RouterConfiguration,
  stretchMs: number,
): Promise<{ readonly adverts: ReturnType<typeof advertsOf>; readonly seconds: number }> {
  const { router } = await stations(lab, way);
  const capture = await lab.capture({ deferred: true });
  const running = await program.start(lab, router.host, onInterface(configuration, router.interfaceName));
  await sleep(SETTLE_MS);
  const startUs = realtimeUs();
  const before = processorSeconds(router.host.processIds());
  await sleep(stretchMs);
  const seconds = processorSeconds(router.host.processIds()) - before;
  const endUs = realtimeUs();
  await running.stop();
  await capture.stop();
  const adverts = advertsOf(way, router.host, capture.frames).filter(({ atUs }) => atUs >= startUs && atUs < endUs);
  return { adverts, seconds };
}

/** Measured from outside; then once more with stamps inside, which tell the parts apart and cost little themselves. */
async function answers(contender: Contender, extent: Extent, ledger: Ledger): Promise<void> {
  const outside = await askFor(contender.way, extent.answers, false);
  ledger.add(answerTopic(TO_THE_ANSWER), contender, outside.tookUs, outside.check);
  const { tookUs, check, parts } = await askFor(contender.way, extent.answers, true);
  const all = allOf([check, parts!.check]);
  ledger.add(answerTopic(PARTS[0]), contender, parts!.wireToEngineUs, all);
  ledger.add(answerTopic(PARTS[1]), contender, parts!.insideUs, all);
  ledger.add(answerTopic(PARTS[2]), contender, parts!.engineToWireUs, all);
  ledger.add(answerTopic('to the answer, stamped inside'), contender, tookUs, all);
}

function oneRouter(intervalMs: number, priority: number): RouterConfiguration {
  return { routers: [{ vrid: VRID, address: ADDRESS }], intervalMs, priority };
}

function answerTopic(figure: string): Topic {
  return { case: 'transports', scenario: 'an advert of lower priority', figure, unit: 'us', parameters: {} };
}

function spacingTopic(figure: string, unit: Unit): Topic {
  const parameters = { intervalMs: INTERVAL_MS };
  return { case: 'transports', scenario: `${INTERVAL_MS} ms, idle`, figure, unit, parameters };
}

function manyTopic(figure: string, unit: Unit): Topic {
  const parameters = { routers: MANY, intervalMs: MANY_INTERVAL_MS };
  return { case: 'transports', scenario: `${MANY} routers, ${MANY_INTERVAL_MS} ms`, figure, unit, parameters };
}

function copiesTopic(figure: string): Topic {
  return { case: 'transports', scenario: 'copies of a frame', figure, unit: 'copies', parameters: {} };
}
