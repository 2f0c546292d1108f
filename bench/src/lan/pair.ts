/**
 * Two routers of one kind on a LAN with a client that pings their address every millisecond, and failovers between
 * them: whichever is Active is struck, the other takes over, and the struck one comes back as its Backup.
 *
 * Both have the same priority, so that neither takes the address back, and a repeat can begin at once with the sides
 * changed. The heir is never one that has been Active before it was started anew, except where the outage leaves it
 * running.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture, Seen } from '@locum/integration/capture';
import { eventually } from '@locum/integration/deadline';
import type { Host } from '@locum/integration/host';
import type { Lab } from '@locum/integration/lab';
import type { Advert } from '@locum/integration/naive-decoder';
import type { Pinger } from '@locum/integration/pinger';
import { realtimeUs } from '@locum/linux';
import { activeDownUs, type RouterConfiguration, skewUs } from '../subjects/configuration.ts';
import { BACKUP_LINE, type RouterProgram, type RunningRouters } from '../subjects/router-program.ts';
import type { Outage } from './outage.ts';

const ADDRESS = '192.168.1.100';
const PRIORITY = 200;
const DEADLINE_MS = 20_000;
/** The first bursts of announcements are over, and both have settled. */
const QUIET_MS = 250;

interface Side {
  readonly host: Host;
  routers: RunningRouters;
}

/** What a failover took, in milliseconds from the event. */
export interface Failover {
  readonly advertMs: number;
  readonly announcementMs: number;
  /** First ping that the heir answered. */
  readonly pingMs: number;
  /** The longest stretch without an answer for the client, whoever answered. */
  readonly silenceMs: number;
  /** How much later the heir spoke than the RFC has it: by its skew after a resignation, else by its timer. */
  readonly beyondMs: number;
  /** From the heir's first advert to its first announcement. */
  readonly announcementAfterAdvertMs: number;
  readonly resigned: boolean;
}

export class Pair {
  readonly configuration: RouterConfiguration;
  readonly #lab: Lab;
  readonly #program: RouterProgram;
  readonly #capture: Capture;
  readonly #pinger: Pinger;
  readonly #sides: readonly [Side, Side];

  private constructor(
    lab: Lab,
    program: RouterProgram,
    configuration: RouterConfiguration,
    capture: Capture,
    pinger: Pinger,
    sides: readonly [Side, Side],
  ) {
    this.#lab = lab;
    this.#program = program;
    this.configuration = configuration;
    this.#capture = capture;
    this.#pinger = pinger;
    this.#sides = sides;
  }

  /** Starts both; resolves when one is Active and the client gets answers. */
  static async start(
    lab: Lab,
    program: RouterProgram,
    timing: Pick<RouterConfiguration, 'intervalMs' | 'downAdverts'>,
  ): Promise<Pair> {
    const configuration = { ...timing, priority: PRIORITY, routers: [{ vrid: 51, address: ADDRESS }] };
    const first = await lab.addHost('first', { addresses: ['192.168.1.1/24'] });
    const second = await lab.addHost('second', { addresses: ['192.168.1.2/24'] });
    const client = await lab.addHost('client', { addresses: ['192.168.1.10/24'] });
    const capture = await lab.capture();
    const sides: readonly [Side, Side] = [
      { host: first, routers: await program.start(lab, first, configuration) },
      { host: second, routers: await program.start(lab, second, configuration) },
    ];
    const pinger = await lab.ping(client, { target: ADDRESS });
    const pair = new Pair(lab, program, configuration, capture, pinger, sides);
    await pair.#settle();
    return pair;
  }

  /**
   * Strikes the Active and resolves with what came of it when the struck one is the heir's Backup.
   * @param observed awaited when everything has been seen, before the struck one comes back
   */
  async failOver(outage: Outage, observed: () => Promise<void> = async () => {}): Promise<Failover> {
    const active = await this.#settle();
    const [victim, heir] = active === this.#sides[0].host.name ? this.#sides : [this.#sides[1], this.#sides[0]];
    await this.#halfWay(victim.host);
    const struck = { lab: this.#lab, host: victim.host, routers: victim.routers };
    const logEnd = victim.routers.process.lines.length;
    const eventUs = realtimeUs();
    outage.strike(struck);
    const failover = await this.#observe(eventUs, victim.host, heir.host);
    await observed();
    if (outage.recovery === 'start') {
      await victim.routers.process.exited;
      await eventually('everything has ended', () => victim.host.processIds().length === 0, DEADLINE_MS);
      victim.routers = await this.#program.start(this.#lab, victim.host, this.configuration);
    } else {
      outage.undo?.(struck);
      if (outage.undo === undefined) await victim.routers.process.line(BACKUP_LINE, DEADLINE_MS, logEnd);
    }
    return failover;
  }

  /**
   * Stops the Backup for a while, as a frozen virtual machine is, and resolves with how many adverts each side sent after
   * it was let go. Those of the Backup should be none, because the Active was there all the time.
   */
  async stallBackup(milliseconds: number): Promise<{ readonly backup: number; readonly active: number }> {
    const active = await this.#settle();
    const backup = this.#sides.find(({ host }) => host.name !== active)!;
    backup.host.signalAll('SIGSTOP');
    await sleep(milliseconds);
    const resumedUs = realtimeUs();
    backup.host.signalAll('SIGCONT');
    await sleep(2 * this.configuration.intervalMs + QUIET_MS);
    const heard = this.#heardSince(resumedUs);
    const ofBackup = heard.filter(({ host }) => host === backup.host.name).length;
    return { backup: ofBackup, active: heard.length - ofBackup };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sides.map(({ routers }) => routers.stop()));
  }

  /** Resolves in the middle between two adverts, so that no event is luckier than another. */
  async #halfWay(speaker: Host): Promise<void> {
    const next = await this.#capture.untilAdvert(
      `${speaker.name} goes on`,
      ({ host }) => host === speaker.name,
      DEADLINE_MS,
      realtimeUs(),
    );
    const passedMs = (realtimeUs() - next.atUs) / 1000;
    const { intervalMs } = this.configuration;
    await sleep((((intervalMs / 2 - passedMs) % intervalMs) + intervalMs) % intervalMs);
  }

  async #observe(eventUs: number, victim: Host, heir: Host): Promise<Failover> {
    const advert = await this.#capture.untilAdvert(
      `${heir.name} is Active`,
      (seen) => seen.host === heir.name && seen.priority > 0,
      DEADLINE_MS,
      eventUs,
    );
    const announcement = await this.#capture.until(
      `${heir.name} announces`,
      ({ host, decoded }) => host === heir.name && decoded?.kind === 'arp' && decoded.gratuitous,
      DEADLINE_MS,
      eventUs,
    );
    const mac = heir.mac;
    const ping = await eventually(
      `${heir.name} answers the client`,
      () => this.#pinger.firstAnswered(eventUs, (candidate) => candidate.mac === mac),
      DEADLINE_MS,
    );
    const last = this.#capture.adverts().findLast((seen) => seen.host === victim.name && seen.atUs < advert.atUs)!;
    const resigned = last.priority === 0;
    const dueUs = last.atUs + (resigned ? skewUs(this.configuration) : activeDownUs(this.configuration));
    return {
      advertMs: (advert.atUs - eventUs) / 1000,
      announcementMs: (announcement.atUs - eventUs) / 1000,
      pingMs: (ping.answeredUs! - eventUs) / 1000,
      silenceMs: this.#pinger.summary(eventUs, ping.sentUs + 1).longestGapUs / 1000,
      beyondMs: (advert.atUs - dueUs) / 1000,
      announcementAfterAdvertMs: (announcement.atUs - advert.atUs) / 1000,
      resigned,
    };
  }

  /** Waits until one speaks and the other has been silent for a while. Resolves with the name of the speaker. */
  async #settle(): Promise<string> {
    const quietUs = (1.2 * this.configuration.intervalMs + QUIET_MS) * 1000;
    let sinceUs = realtimeUs();
    const end = performance.now() + DEADLINE_MS;
    while (performance.now() < end) {
      await sleep(Math.min(50, this.configuration.intervalMs));
      const heard = this.#heardSince(sinceUs);
      const speakers = new Set(heard.map(({ host }) => host));
      if (speakers.size > 1) sinceUs = heard.at(-1)!.atUs + 1;
      else if (heard.length > 1 && realtimeUs() - sinceUs > quietUs) return heard[0]!.host;
    }
    throw new Error('the routers do not agree on which is Active');
  }

  #heardSince(sinceUs: number): Seen<Advert>[] {
    return this.#capture.adverts().filter(({ atUs, priority }) => atUs >= sinceUs && priority > 0);
  }
}
