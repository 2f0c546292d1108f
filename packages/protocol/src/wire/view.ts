/**
 * Borrowed bytes by the word: four octets in one read, where a byte array gives one at a time.
 *
 * Hosts lend their frames out of a few arrays that live long, so the view of an array is made once. The array in use is
 * at hand; others are found in a map that keeps none of them alive.
 */

const NOTHING: Uint8Array = new Uint8Array(0);
const inUse = { bytes: NOTHING, view: new DataView(NOTHING.buffer) };
const views = new WeakMap<Uint8Array, DataView>();

/** The octets of `bytes` as a view with the same offsets. Allocates only for an array that was never seen. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== inUse.bytes) change(bytes);
  return inUse.view;
}

function change(bytes: Uint8Array): void {
  let view = views.get(bytes);
  if (view === undefined) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    views.set(bytes, view);
  }
  inUse.bytes = bytes;
  inUse.view = view;
}

/** Whether `length` octets are the same: an address or a packed list of them, a multiple of 4. */
export function sameWords(
  first: DataView,
  firstStart: number,
  second: DataView,
  secondStart: number,
  length: number,
): boolean {
  if (length === 4) return first.getInt32(firstStart) === second.getInt32(secondStart);
  // From the end, because that is where addresses of one network differ.
  let at = length - 16;
  for (; at >= 0; at -= 16) {
    const one = firstStart + at;
    const other = secondStart + at;
    const difference =
      (first.getInt32(one + 12) ^ second.getInt32(other + 12)) |
      (first.getInt32(one + 8) ^ second.getInt32(other + 8)) |
      (first.getInt32(one + 4) ^ second.getInt32(other + 4)) |
      (first.getInt32(one) ^ second.getInt32(other));
    if (difference !== 0) return false;
  }
  for (at += 12; at >= 0; at -= 4) {
    if (first.getInt32(firstStart + at) !== second.getInt32(secondStart + at)) return false;
  }
  return true;
}
