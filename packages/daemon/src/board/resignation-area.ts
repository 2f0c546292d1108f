/**
 * The frames that would resign each router, kept where another process can send them when this one is dead.
 *
 * The engine writes them whenever its settings or links change. An entry holds one frame, or for a unicast router one
 * packet a peer; what does not fit is left out, and those peers find out by their own timers.
 */

/** A frame in the area. */
export interface Resignation {
  readonly port: number;
  readonly start: number;
  readonly end: number;
  /** The bytes begin at the IP header and want `sendRouted`. */
  readonly routed: boolean;
}

const ENTRY_BYTES = 4096;
const COUNT_BYTES = 4;
/** port (2), length (2), routed (1), padding. */
const FRAME_HEADER_BYTES = 8;

export class ResignationArea {
  /** The whole area; {@link Resignation.start} and `end` are offsets into it. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static byteCount(routers: number): number {
    return routers * ENTRY_BYTES;
  }

  /** Forgets the frames of `router`. */
  clear(router: number): void {
    this.#view.setUint32(router * ENTRY_BYTES, 0);
  }

  /** Adds a copy of `source[start..end)` to the frames of `router`. */
  add(router: number, port: number, routed: boolean, source: Uint8Array, start: number, end: number): void {
    const entry = router * ENTRY_BYTES;
    const count = this.#view.getUint32(entry);
    const at = this.#endOf(router);
    if (at + FRAME_HEADER_BYTES + (end - start) > entry + ENTRY_BYTES) return;
    this.#view.setUint16(at, port);
    this.#view.setUint16(at + 2, end - start);
    this.#view.setUint8(at + 4, routed ? 1 : 0);
    this.bytes.set(source.subarray(start, end), at + FRAME_HEADER_BYTES);
    this.#view.setUint32(entry, count + 1);
  }

  /** Where the frames of `router` end. */
  #endOf(router: number): number {
    const entry = router * ENTRY_BYTES;
    const count = this.#view.getUint32(entry);
    let at = entry + COUNT_BYTES;
    for (let index = 0; index < count; index++) at += FRAME_HEADER_BYTES + this.#view.getUint16(at + 2);
    return at;
  }

  /**
   * Makes the frames of `router` those of number 0 of `draft`. Frames that stay the same are there all the time, whenever
   * this process may be killed.
   */
  take(router: number, draft: ResignationArea): void {
    const entry = router * ENTRY_BYTES;
    const wanted = draft.bytes.subarray(0, draft.#endOf(0));
    if (Buffer.compare(wanted, this.bytes.subarray(entry, entry + wanted.length)) === 0) return;
    this.clear(router);
    this.bytes.set(wanted.subarray(COUNT_BYTES), entry + COUNT_BYTES);
    this.#view.setUint32(entry, draft.#view.getUint32(0));
  }

  /** The frames of `router`, in the order they were added. */
  list(router: number): Resignation[] {
    const entry = router * ENTRY_BYTES;
    const count = this.#view.getUint32(entry);
    const list: Resignation[] = [];
    let at = entry + COUNT_BYTES;
    for (let index = 0; index < count; index++) {
      const start = at + FRAME_HEADER_BYTES;
      const end = start + this.#view.getUint16(at + 2);
      list.push({ port: this.#view.getUint16(at), start, end, routed: this.#view.getUint8(at + 4) === 1 });
      at = end;
    }
    return list;
  }
}
