/**
 * Pings that were sent and what became of each.
 */

/** The kernel takes an IPv6 address into use in a work queue of its own, which others may keep busy. */
const USABLE_US = 400_000;

export interface Ping {
  /** Wall-clock microseconds, as all instants here. */
  readonly sentUs: number;
  /** Undefined: not answered (yet). */
  answeredUs: number | undefined;
  /** MAC that the first answer came from. */
  mac: string | undefined;
}

export interface PingSummary {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** MACs that answered, in order of their first answer. */
  readonly macs: readonly string[];
  /** Longest stretch without an answered ping, from the last ping answered before to the first answered after. */
  readonly longestGapUs: number;
}

export class PingLog {
  /** By sequence number. */
  readonly pings: Ping[] = [];

  /** What became of the pings sent from `fromUs` up to but not including `toUs`. */
  summary(fromUs = 0, toUs = Number.POSITIVE_INFINITY): PingSummary {
    const pings = this.pings.filter((ping) => ping.sentUs >= fromUs && ping.sentUs < toUs);
    const macs = new Set<string>();
    let answered = 0;
    let longestGapUs = 0;
    let lastAnsweredUs = pings[0]?.sentUs ?? 0;
    for (const ping of pings) {
      if (ping.answeredUs === undefined) continue;
      answered++;
      macs.add(ping.mac!);
      longestGapUs = Math.max(longestGapUs, ping.sentUs - lastAnsweredUs);
      lastAnsweredUs = ping.sentUs;
    }
    longestGapUs = Math.max(longestGapUs, (pings.at(-1)?.sentUs ?? 0) - lastAnsweredUs);
    return { sent: pings.length, answered, lost: pings.length - answered, macs: [...macs], longestGapUs };
  }

  /**
   * When answers can be expected of a router that clients have taken notice of by `noticedUs`: from the first one on, and
   * no later than {@link USABLE_US} after that.
   */
  beginningOfAnswers(noticedUs: number): number {
    const latestUs = noticedUs + USABLE_US;
    return Math.min(this.firstAnswered(noticedUs)?.sentUs ?? latestUs, latestUs);
  }

  /** The first answered ping that was sent at `sinceUs` or later and satisfies `predicate`. */
  firstAnswered(sinceUs: number, predicate: (ping: Ping) => boolean = () => true): Ping | undefined {
    return this.pings.find((ping) => ping.sentUs >= sinceUs && ping.answeredUs !== undefined && predicate(ping));
  }
}
