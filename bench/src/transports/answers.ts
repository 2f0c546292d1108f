/**
 * How long an answer takes by a way to the wire: an Active hears an advert of lower priority and sends its own at once.
 *
 * Between the two stamps of the switch lie the way to the engine, the engine, and the way back. With stamps inside, the
 * three are told apart. The Active has nothing to say of its own accord meanwhile, so the answers are told by their order,
 * and one that had to wait for a processor counts as late and not as missing.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injector } from '@locum/integration/injector';
import { withLab } from '@locum/integration/lab';
import { checkContent } from '../lan/advert-check.ts';
import { allOf, type Check } from '../row.ts';
import { activeDownUs, type RouterConfiguration } from '../subjects/configuration.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import { type Exchange, type Parts, partsOf, stampingEnvironment } from './stamped-engine.ts';
import { advertsOf, onInterface, rivalOf, stations, type Way } from './way.ts';

export const ADDRESS = '192.168.1.100';
export const VRID = 51;
/** Longer than all questions take: the second advert of its own comes when they are over. */
const INTERVAL_MS = 1500;
/** An owner would not answer. */
const PRIORITY = 200;
const RIVAL_PRIORITY = 50;
/** After it has become Active: the first announcements. */
const SETTLE_MS = 250;
const PAUSE_MS = 20;
/** For answers that are late. */
const LAST_PAUSE_MS = 200;

export interface Answers {
  readonly tookUs: readonly number[];
  readonly check: Check;
  /** Absent where no stamps were asked for. */
  readonly parts?: Parts;
}

/** Asks `count` times: at most 30, or it takes longer than the interval. */
export async function askFor(way: Way, count: number, stamped: boolean): Promise<Answers> {
  return withLab('bench-answers', async (lab) => {
    const { router, rival } = await stations(lab, way);
    const file = join(lab.artifacts, 'stamps.json');
    const environment = stamped ? stampingEnvironment(way.transport, file) : {};
    const program = new LocumdProgram({ globals: way.globals, environment });
    const configuration: RouterConfiguration = {
      routers: [{ vrid: VRID, address: ADDRESS }],
      intervalMs: INTERVAL_MS,
      priority: PRIORITY,
      downAdverts: 1,
    };
    const capture = await lab.capture({ deferred: true });
    const injector = new Injector(lab, rival);
    const running = await program.start(lab, router.host, onInterface(configuration, router.interfaceName));
    const frameOf = rivalOf(way, rival, router.host);
    await sleep(activeDownUs(configuration) / 1000 + SETTLE_MS);
    for (let asked = 0; asked < count; asked++) {
      injector.send(
        frameOf({ version: 3, vrid: VRID, priority: RIVAL_PRIORITY, interval: INTERVAL_MS / 10, addresses: [ADDRESS] }),
      );
      await sleep(PAUSE_MS);
    }
    await sleep(LAST_PAUSE_MS);
    await running.stop();
    await capture.stop();
    const asked = advertsOf(way, rival, capture.frames).map(({ atUs }) => atUs);
    const said = advertsOf(way, router.host, capture.frames);
    const answered = said
      .filter(({ atUs, priority }) => atUs > (asked[0] ?? Infinity) && priority > 0)
      .map(({ atUs }) => atUs);
    const words = `${answered.length} answers to ${asked.length} rivals, of ${count}`;
    const counted: Check = { passed: asked.length === count && answered.length === count, words };
    const exchanges = counted.passed
      ? asked.map((askedUs, index): Exchange => ({ askedUs, answeredUs: answered[index]! }))
      : [];
    const content = checkContent(
      said.filter(({ priority }) => priority > 0),
      configuration,
    );
    const tookUs = exchanges.map(({ askedUs, answeredUs }) => answeredUs - askedUs);
    const check = allOf([counted, content]);
    if (!stamped) return { tookUs, check };
    const parts = partsOf(exchanges, file);
    rmSync(file);
    return { tookUs, check, parts };
  });
}
