/**
 * The array that the frames of all routers stand in, and which parts of it are taken.
 *
 * A place stays where it is for as long as it is taken, so a router that changes disturbs no other. Places have sizes
 * that are powers of two: one that was given back fits the next router of its size, and nothing has to be tidied up.
 */

const LEAST_PLACE_BYTES = 64;
const LEAST_ARENA_BYTES = 4096;

export class FrameArena {
  #bytes: Uint8Array = new Uint8Array(0);
  /** First octet that was never taken. */
  #top = 0;
  /** Starts of places that were given back, by their size. */
  readonly #vacant = new Map<number, number[]>();

  /** The array; {@link take} replaces it by a larger copy when it is full. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Takes a place of at least `byteLength` octets and returns its start. What is in it is left over from others. */
  take(byteLength: number): number {
    const size = placeBytes(byteLength);
    const vacant = this.#vacant.get(size)?.pop();
    if (vacant !== undefined) return vacant;
    const start = this.#top;
    this.#top += size;
    if (this.#top > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(LEAST_ARENA_BYTES, 2 * this.#bytes.length, this.#top));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return start;
  }

  /** Gives back the place at `start`, taken for `byteLength` octets. */
  giveBack(start: number, byteLength: number): void {
    const size = placeBytes(byteLength);
    const vacant = this.#vacant.get(size);
    if (vacant === undefined) this.#vacant.set(size, [start]);
    else vacant.push(start);
  }
}

function placeBytes(byteLength: number): number {
  let size = LEAST_PLACE_BYTES;
  while (size < byteLength) size *= 2;
  return size;
}
