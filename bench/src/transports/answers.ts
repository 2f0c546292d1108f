/**
 * How long an answer takes by a way to the wire: an Active hears an advert of lower priority and sends its own at once.
 *
 * Between the two stamps of the switch lie the way to the engine, the engine, and the way back. With stamps inside, the
 * three are told apart.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injector } from '@locum/integration/injector';
import { withLab } from '@locum/integration/lab';
import { checkContent } from '../lan/advert-check.ts';
import { allOf, type Check } from '../row.ts';
import type { RouterConfiguration } from '../subjects/configuration.ts';
import { LocumdProgram } from '../subjects/locumd.ts';
import { type Exchange, type Parts, partsOf, stampingEnvironment } from './stamped-engine.ts';
import { advertsOf, onInterface, rivalOf, stations, type Way } from './way.ts';

export const ADDRESS = '192.168.1.100';
export const VRID = 51;
/** Its own adverts are this far apart, so that between two there is room for answers. */
const INTERVAL_MS = 500;
const PRIORITY = 200;
const RIVAL_PRIORITY = 50;
const SETTLE_MS = 600;
const PAUSE_MS = 20;
/** An answer that takes longer is none: it may be an advert of the router's own accord. */
const LIMIT_MS = 15;

export interface Answers {
  readonly tookUs: readonly number[];
  readonly check: Check;
  /** Absent where no stamps were asked for. */
  readonly parts?: Parts;
}

/** Asks `count` times. */
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
    const running = await program.start(lab, router.host, onInterface(configuration, router.interfaceName));
    const injector = new Injector(lab, rival);
    const frameOf = rivalOf(way, rival, router.host);
    const capture = await lab.capture({ deferred: true });
    // Until it is Active, and the first announcements are over.
    await sleep(2 * INTERVAL_MS + SETTLE_MS);
    for (let asked = 0; asked < count; asked++) {
      injector.send(
        frameOf({ version: 3, vrid: VRID, priority: RIVAL_PRIORITY, interval: INTERVAL_MS / 10, addresses: [ADDRESS] }),
      );
      await sleep(PAUSE_MS);
    }
    await running.stop();
    await capture.stop();
    const asked = advertsOf(way, rival, capture.frames);
    const said = advertsOf(way, router.host, capture.frames);
    const exchanges = asked.flatMap(({ atUs: askedUs }): Exchange[] => {
      const answeredUs = said.find(({ atUs }) => atUs > askedUs)?.atUs ?? Infinity;
      return answeredUs - askedUs <= LIMIT_MS * 1000 ? [{ askedUs, answeredUs }] : [];
    });
    const words = `${exchanges.length} answers to ${asked.length} rivals, of ${count}`;
    const counted: Check = { passed: asked.length === count && exchanges.length === count, words };
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
