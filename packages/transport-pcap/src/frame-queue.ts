/**
 * Frames between the event that brought them and the poll that delivers them: a ring of copies in one piece of memory.
 *
 * Starts again at its beginning whenever it is empty, so that a port with little traffic touches little memory.
 */
import type { Frame, Micros } from '@locum/transport';

const ETHERTYPE_AT = 12;
const TAG_BYTES = 4;

export class FrameQueue {
  readonly bytes: Uint8Array;
  /** Frames that found no room. */
  dropped = 0;
  readonly #slotBytes: number;
  readonly #capacity: number;
  readonly #lengths: Uint32Array;
  readonly #wireLengths: Uint32Array;
  readonly #instants: Float64Array;
  #first = 0;
  #count = 0;

  /** @param slotBytes a longer frame is cut */
  constructor(capacity: number, slotBytes: number) {
    this.#capacity = capacity;
    this.#slotBytes = slotBytes;
    this.bytes = new Uint8Array(capacity * slotBytes);
    this.#lengths = new Uint32Array(capacity);
    this.#wireLengths = new Uint32Array(capacity);
    this.#instants = new Float64Array(capacity);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Copies the first `byteCount` octets of `frame`, without the tag that libpcap puts back into a tagged frame. */
  put(frame: Uint8Array, byteCount: number, at: Micros): void {
    if (this.#count === this.#capacity) {
      this.dropped++;
      return;
    }
    const slot = (this.#first + this.#count) % this.#capacity;
    const tagBytes = byteCount >= ETHERTYPE_AT + TAG_BYTES && isTagged(frame) ? TAG_BYTES : 0;
    const wireBytes = byteCount - tagBytes;
    const length = Math.min(wireBytes, this.#slotBytes);
    const start = slot * this.#slotBytes;
    for (let index = 0; index < length; index++) {
      this.bytes[start + index] = frame[index < ETHERTYPE_AT ? index : index + tagBytes]!;
    }
    this.#lengths[slot] = length;
    this.#wireLengths[slot] = wireBytes;
    this.#instants[slot] = at;
    this.#count++;
  }

  /** Describes the first frame. It stays where it is until {@link take}. */
  readFirst(into: Frame): void {
    const slot = this.#first;
    into.start = slot * this.#slotBytes;
    into.end = into.start + this.#lengths[slot]!;
    into.wireBytes = this.#wireLengths[slot]!;
    into.at = this.#instants[slot]!;
  }

  /** Removes the first frame. */
  take(): void {
    this.#count--;
    this.#first = this.#count === 0 ? 0 : (this.#first + 1) % this.#capacity;
  }
}

/** 802.1Q or 802.1ad. */
function isTagged(frame: Uint8Array): boolean {
  const type = (frame[ETHERTYPE_AT]! << 8) | frame[ETHERTYPE_AT + 1]!;
  return type === 0x8100 || type === 0x88a8;
}
