/**
 * Copies of frames that are lent to a plug-in together, side by side in memory that grows to the largest batch.
 */

export class LentBatch {
  bytes = new Uint8Array(0);
  bounds = new Int32Array(0);

  /**
   * Copies the first `count` frames, number `index` being `bytes[bounds[2 * index]..bounds[2 * index + 1])`, but none from
   * the first on that is longer than `maxFrameBytes`. Returns how many were copied.
   */
  fill(bytes: Uint8Array, bounds: Int32Array, count: number, maxFrameBytes: number): number {
    let copied = 0;
    let total = 0;
    while (copied < count) {
      const length = bounds[2 * copied + 1]! - bounds[2 * copied]!;
      if (length > maxFrameBytes) break;
      total += length;
      copied++;
    }
    if (this.bytes.length < total) this.bytes = new Uint8Array(total);
    if (this.bounds.length < 2 * copied) this.bounds = new Int32Array(2 * copied);
    let at = 0;
    for (let index = 0; index < copied; index++) {
      this.bounds[2 * index] = at;
      for (let from = bounds[2 * index]!; from < bounds[2 * index + 1]!; from++) this.bytes[at++] = bytes[from]!;
      this.bounds[2 * index + 1] = at;
    }
    return copied;
  }
}
