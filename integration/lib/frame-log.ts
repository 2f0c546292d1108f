/**
 * Frames that an observer has seen, with who sent them and when: to look through, and to wait for.
 */
import { within } from './deadline.ts';
import { type Advert, type Arp, type Decoded, decode, type NeighbourAdvertisement } from './naive-decoder.ts';

export interface CapturedFrame {
  /** Wall-clock microseconds by the kernel, comparable with `realtimeUs()`. */
  readonly atUs: number;
  /** Name of the host that sent it. */
  readonly host: string;
  readonly bytes: Uint8Array;
  readonly decoded: Decoded | undefined;
}

/** A decoded frame with when and from whom. */
export type Seen<Kind extends Decoded> = Kind & { readonly atUs: number; readonly host: string };

interface Waiter {
  readonly predicate: (frame: CapturedFrame) => boolean;
  readonly found: (frame: CapturedFrame) => void;
}

export class FrameLog {
  /** In order of arrival. */
  readonly frames: CapturedFrame[] = [];
  readonly #waiters = new Set<Waiter>();

  /** Notes a frame and wakes who waits for it. The bytes stay with the log. */
  add(atUs: number, host: string, bytes: Uint8Array): void {
    const frame: CapturedFrame = { atUs, host, bytes, decoded: decode(bytes) };
    this.frames.push(frame);
    for (const waiter of this.#waiters) if (waiter.predicate(frame)) waiter.found(frame);
  }

  /**
   * Resolves with the first frame that satisfies `predicate`, seen already or to come, that entered the switch at
   * `sinceUs` or later. Rejects at the deadline with a message that names `what`.
   */
  async until(
    what: string,
    predicate: (frame: CapturedFrame) => boolean,
    deadlineMs: number,
    sinceUs = 0,
  ): Promise<CapturedFrame> {
    const wanted = (frame: CapturedFrame): boolean => frame.atUs >= sinceUs && predicate(frame);
    const seen = this.frames.find(wanted);
    if (seen) return seen;
    let waiter: Waiter | undefined;
    const found = new Promise<CapturedFrame>((resolve) => {
      waiter = { predicate: wanted, found: resolve };
      this.#waiters.add(waiter);
    });
    try {
      return await within(`on the wire: ${what}`, found, deadlineMs);
    } finally {
      this.#waiters.delete(waiter!);
    }
  }

  /** As {@link until}, for adverts. */
  async untilAdvert(
    what: string,
    predicate: (advert: Seen<Advert>) => boolean,
    deadlineMs: number,
    sinceUs = 0,
  ): Promise<Seen<Advert>> {
    const isWanted = (frame: CapturedFrame): boolean =>
      frame.decoded?.kind === 'advert' && predicate(seenAs(frame, frame.decoded));
    const frame = await this.until(what, isWanted, deadlineMs, sinceUs);
    return seenAs(frame, frame.decoded as Advert);
  }

  /** Adverts so far, in order. */
  adverts(): Seen<Advert>[] {
    return this.#all((decoded): decoded is Advert => decoded.kind === 'advert');
  }

  /** ARP requests and replies in which sender and target are the same address. */
  gratuitousArps(): Seen<Arp>[] {
    return this.#all((decoded): decoded is Arp => decoded.kind === 'arp' && decoded.gratuitous);
  }

  /** IPv6 neighbour advertisements that nobody asked for. */
  unsolicitedNeighbourAdvertisements(): Seen<NeighbourAdvertisement>[] {
    return this.#all(
      (decoded): decoded is NeighbourAdvertisement => decoded.kind === 'neighbour-advertisement' && !decoded.solicited,
    );
  }

  #all<Kind extends Decoded>(is: (decoded: Decoded) => decoded is Kind): Seen<Kind>[] {
    const found: Seen<Kind>[] = [];
    for (const frame of this.frames) if (frame.decoded && is(frame.decoded)) found.push(seenAs(frame, frame.decoded));
    return found;
  }
}

function seenAs<Kind extends Decoded>(frame: CapturedFrame, decoded: Kind): Seen<Kind> {
  return { ...decoded, atUs: frame.atUs, host: frame.host };
}
