/**
 * Frames on the wire of a memory LAN, ordered by arrival, ties in the order of sending.
 *
 * A linked list over recycled records: after warm-up nothing is allocated. Arrival times rise almost always, so adding
 * looks at the tail first.
 */
import type { Micros } from '../contract.ts';
import type { MemoryStation } from './station.ts';

export class FlyingFrame {
  bytes: Uint8Array;
  count = 0;
  arrivesAt: Micros = 0;
  from: MemoryStation | undefined = undefined;
  next: FlyingFrame | undefined = undefined;

  constructor(maxFrameBytes: number) {
    this.bytes = new Uint8Array(maxFrameBytes);
  }
}

export class Flight {
  readonly #maxFrameBytes: number;
  #head: FlyingFrame | undefined;
  #tail: FlyingFrame | undefined;
  #idle: FlyingFrame | undefined;
  #count = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Arrival of the next frame, `Infinity` when none is on the wire. */
  get nextAt(): Micros {
    return this.#head === undefined ? Infinity : this.#head.arrivesAt;
  }

  /** Copies the bytes; the caller keeps its own. */
  add(from: MemoryStation | undefined, bytes: Uint8Array, start: number, end: number, arrivesAt: Micros): void {
    const frame = this.#idle ?? new FlyingFrame(this.#maxFrameBytes);
    this.#idle = frame.next;
    frame.next = undefined;
    frame.from = from;
    frame.arrivesAt = arrivesAt;
    frame.count = end - start;
    if (frame.bytes.length < frame.count) frame.bytes = new Uint8Array(frame.count);
    for (let index = 0; index < frame.count; index++) frame.bytes[index] = bytes[start + index]!;
    this.#insert(frame);
    this.#count += 1;
  }

  /** Takes the next frame off the wire if it arrives no later than `now`. Give it back with {@link recycle}. */
  take(now: Micros): FlyingFrame | undefined {
    const frame = this.#head;
    if (frame === undefined || frame.arrivesAt > now) return undefined;
    this.#head = frame.next;
    if (this.#head === undefined) this.#tail = undefined;
    this.#count -= 1;
    return frame;
  }

  recycle(frame: FlyingFrame): void {
    frame.from = undefined;
    frame.next = this.#idle;
    this.#idle = frame;
  }

  #insert(frame: FlyingFrame): void {
    if (this.#tail === undefined) {
      this.#head = frame;
      this.#tail = frame;
      return;
    }
    if (this.#tail.arrivesAt <= frame.arrivesAt) {
      this.#tail.next = frame;
      this.#tail = frame;
      return;
    }
    if (this.#head!.arrivesAt > frame.arrivesAt) {
      frame.next = this.#head;
      this.#head = frame;
      return;
    }
    let before = this.#head!;
    while (before.next!.arrivesAt <= frame.arrivesAt) before = before.next!;
    frame.next = before.next;
    before.next = frame;
  }
}
