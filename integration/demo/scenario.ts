/**
 * The story: an election, a death without a word, a return, an orderly stop, another return. Each step waits for what
 * must happen on the wire and fails when it does not; the figures come from the instants at which frames were seen.
 */
import { eventually } from '../lib/deadline.ts';
import type { Seen } from '../lib/frame-log.ts';
import type { Advert } from '../lib/naive-decoder.ts';
import { ADDRESSES, type RouterName, type Stage, VIRTUAL_ADDRESS } from './stage.ts';
import { after, duration, type Timeline } from './timeline.ts';

const DEADLINE_MS = 15_000;
const INTERVAL_US = 1_000_000;
const PRIORITY: Readonly<Record<RouterName, number>> = { router1: 100, router2: 90 };
/** Pings on both sides of a step that are counted to it. */
const PING_MARGIN_US = 200_000;

/** How long a Backup waits after a resignation: RFC 3768 section 6.1, (256 - priority) / 256 seconds. */
const skewUs = (router: RouterName): number => ((256 - PRIORITY[router]) / 256) * INTERVAL_US;

export class Scenario {
  readonly #stage: Stage;
  readonly #timeline: Timeline;

  constructor(stage: Stage, timeline: Timeline) {
    this.#stage = stage;
    this.#timeline = timeline;
  }

  /** Rejects with what did not happen. */
  async play(): Promise<void> {
    this.#picture();
    await this.#election();
    await this.#death('router1', 'router2');
    await this.#comeback('router1', 'router2');
    await this.#orderlyStop('router1', 'router2');
    await this.#comeback('router1', 'router2');
    await this.#end();
  }

  #picture(): void {
    const { router1, router2, client } = ADDRESSES;
    const columns = (...cells: string[]): string => `   ${cells.map((cell) => cell.padEnd(20)).join('')}`.trimEnd();
    const timeline = this.#timeline;
    timeline.text();
    timeline.text(`   ${timeline.style('Locum: two routers, one address that follows the living one', 'bold')}`);
    timeline.text();
    timeline.text(columns('client', 'router1', 'router2'));
    timeline.text(columns(client, router1, router2));
    timeline.text(columns('pings each 1 ms', 'priority 100', 'priority 90'));
    timeline.text(columns('     |', '     |', '     |'));
    timeline.text(`   =====+${'='.repeat(19)}+${'='.repeat(19)}+=====  ${this.#stage.material}`);
    timeline.text(columns('', `     ${VIRTUAL_ADDRESS} lives on the Active`));
  }

  async #election(): Promise<void> {
    const beginUs = this.#stage.nowUs();
    this.#timeline.begin(beginUs);
    this.#stage.start('router1');
    this.#stage.start('router2');
    this.#timeline.event(beginUs, 'router1 and router2 start', 'yellow', 'each with its own keepalived.conf');
    const advert = await this.#firstAdvert('router1', beginUs);
    await this.#becomesActive('router1', advert, beginUs);
    await this.#stage.startPinging();
    await eventually('the address answers', () => this.#stage.pings.firstAnswered(0), DEADLINE_MS);
    await this.#rhythm('router1', advert.atUs);
  }

  async #death(active: RouterName, backup: RouterName): Promise<void> {
    const fromUs = this.#stage.nowUs();
    const count = await this.#stage.kill(active);
    const killedUs = this.#stage.nowUs();
    this.#timeline.event(
      killedUs,
      `kill -9 ${active}`,
      'red',
      count > 0 ? `${count} processes at once, no last word` : 'no last word',
    );
    const takeover = await this.#firstAdvert(backup, killedUs);
    const last = this.#lastAdvert(active, killedUs);
    this.#timeline.detail(`last advert of ${active}`, after(killedUs, last.atUs));
    await this.#becomesActive(backup, takeover, killedUs);
    const silence = takeover.atUs - last.atUs;
    const formula = 3 * INTERVAL_US + skewUs(backup);
    this.#timeline.detail(
      'silence on the wire',
      duration(silence),
      `RFC 3768: 3 x interval + skew = ${duration(formula)}`,
    );
    await this.#countPings(fromUs, takeover.atUs);
    const { lost } = this.#stage.pings.summary(fromUs, takeover.atUs);
    // A killed process leaves its address behind, and the kernel under it goes on answering.
    if (lost === 0)
      this.#timeline.detail('', '', `the kernel of ${active} answered until ${backup} announced the address`);
    await this.#rhythm(backup, takeover.atUs);
  }

  async #comeback(higher: RouterName, active: RouterName): Promise<void> {
    const startedUs = this.#stage.nowUs();
    this.#stage.start(higher);
    this.#timeline.event(
      startedUs,
      `${higher} starts again`,
      'yellow',
      'it listens first, then takes over: its priority is higher',
    );
    const takeover = await this.#firstAdvert(higher, startedUs);
    this.#timeline.detail(`last advert of ${active}`, after(startedUs, this.#lastAdvert(active, takeover.atUs).atUs));
    await this.#becomesActive(higher, takeover, startedUs);
    await eventually(`${active} lets go of the address`, () => !this.#stage.holdsAddress(active), DEADLINE_MS);
    await this.#countPings(startedUs, takeover.atUs);
    await this.#rhythm(higher, takeover.atUs);
  }

  async #orderlyStop(active: RouterName, backup: RouterName): Promise<void> {
    const askedUs = this.#stage.nowUs();
    await this.#stage.stop(active);
    this.#timeline.event(askedUs, `${active} is asked to stop`, 'yellow', 'SIGTERM');
    const isLastWord = (advert: Seen<Advert>): boolean => advert.host === active && advert.priority === 0;
    const lastWord = await this.#stage.wire.untilAdvert(`${active} resigns`, isLastWord, DEADLINE_MS, askedUs);
    this.#timeline.detail('last word (priority 0)', after(askedUs, lastWord.atUs));
    const takeover = await this.#firstAdvert(backup, lastWord.atUs);
    await this.#becomesActive(backup, takeover, askedUs);
    const silence = duration(takeover.atUs - lastWord.atUs);
    this.#timeline.detail('silence on the wire', silence, `RFC 3768: skew = ${duration(skewUs(backup))}`);
    await this.#countPings(askedUs, takeover.atUs);
    await this.#rhythm(backup, takeover.atUs);
  }

  async #end(): Promise<void> {
    const endUs = this.#stage.nowUs();
    await this.#stage.stop('router2');
    await this.#stage.stop('router1');
    this.#timeline.event(endUs, 'both routers stop', 'yellow');
    for (const router of ['router1', 'router2'] as const) {
      await eventually(`${router} takes the address away`, () => !this.#stage.holdsAddress(router), DEADLINE_MS);
    }
    this.#timeline.detail('address', 'gone', 'from both');
    const { sent, answered, longestGapUs } = this.#stage.pings.summary(0, endUs);
    this.#timeline.text(
      `\n   ${answered} of ${sent} pings answered; the longest outage was ${duration(longestGapUs)}.\n`,
    );
  }

  /** The first advert with the router's own priority, not its last word. */
  #firstAdvert(router: RouterName, sinceUs: number): Promise<Seen<Advert>> {
    const isFirst = (advert: Seen<Advert>): boolean => advert.host === router && advert.priority === PRIORITY[router];
    return this.#stage.wire.untilAdvert(`${router} advertises`, isFirst, DEADLINE_MS, sinceUs);
  }

  #lastAdvert(router: RouterName, beforeUs: number): Seen<Advert> {
    const last = this.#stage.wire.adverts().findLast((advert) => advert.host === router && advert.atUs <= beforeUs);
    if (!last) throw new Error(`${router} never advertised`);
    return last;
  }

  async #becomesActive(router: RouterName, takeover: Seen<Advert>, eventUs: number): Promise<void> {
    const announcement = await this.#stage.wire.until(
      `${router} announces ${VIRTUAL_ADDRESS}`,
      ({ host, decoded }) =>
        host === router && decoded?.kind === 'arp' && decoded.gratuitous && decoded.target === VIRTUAL_ADDRESS,
      DEADLINE_MS,
      takeover.atUs,
    );
    await eventually(`${router} has the address`, () => this.#stage.holdsAddress(router), DEADLINE_MS);
    const name = this.#timeline.style(`${router} is Active`, 'green');
    // Padded here, because what colours a text has no width.
    this.#timeline.detail(name + ' '.repeat(24 - `${router} is Active`.length), after(eventUs, takeover.atUs));
    const later = `${duration(announcement.atUs - takeover.atUs)} after the advert`;
    this.#timeline.detail('first gratuitous ARP', after(eventUs, announcement.atUs), later);
  }

  /** What the client noticed from the event until shortly after the takeover. */
  async #countPings(fromUs: number, takeoverUs: number): Promise<void> {
    const toUs = takeoverUs + PING_MARGIN_US;
    const { pings } = this.#stage;
    await eventually('pings go on', () => (pings.pings.at(-1)?.sentUs ?? 0) > toUs + PING_MARGIN_US, DEADLINE_MS);
    const { sent, lost, longestGapUs, macs } = pings.summary(fromUs, toUs);
    const outage = lost === 0 ? '' : `longest outage ${duration(longestGapUs)}; `;
    const names = macs.map((mac) => (['router1', 'router2'] as const).find((name) => this.#stage.macOf(name) === mac));
    this.#timeline.detail('pings lost', `${lost} of ${sent}`, `${outage}answered by ${names.join(', then ')}`);
  }

  /** Two more adverts: the new Active keeps its rhythm. */
  async #rhythm(router: RouterName, sinceUs: number): Promise<void> {
    const later = await this.#firstAdvert(router, sinceUs + INTERVAL_US / 2);
    await this.#firstAdvert(router, later.atUs + INTERVAL_US / 2);
  }
}
