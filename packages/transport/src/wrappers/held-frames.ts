/**
 * Copies of frames that wait for an instant, in the order of that instant; ties in the order of adding.
 */
import type { Micros } from '../contract.ts';

export interface HeldFrame {
  readonly bytes: Uint8Array;
  readonly releaseAt: Micros;
  readonly wireBytes: number;
  readonly flags: number;
  readonly vlanTci: number;
  /** The bytes are an IP packet for `sendRouted`. */
  readonly routed: boolean;
}

export class HeldFrames {
  readonly #frames: HeldFrame[] = [];

  get count(): number {
    return this.#frames.length;
  }

  /** Release of the first frame, `Infinity` without one. */
  get nextAt(): Micros {
    return this.#frames[0]?.releaseAt ?? Infinity;
  }

  add(frame: HeldFrame): void {
    let index = this.#frames.length;
    while (index > 0 && this.#frames[index - 1]!.releaseAt > frame.releaseAt) index -= 1;
    this.#frames.splice(index, 0, frame);
  }

  /** The first frame, if its instant is no later than `now`. */
  take(now: Micros): HeldFrame | undefined {
    return this.nextAt <= now ? this.#frames.shift() : undefined;
  }
}
