/**
 * The timers that are next: a binary heap of deadlines with their timer ids, earliest first, equal ones by id.
 *
 * What is in it stays until it is taken: whether an entry still counts is for the wheel to say. Deadlines come and go
 * in typed arrays, because a number that is handed around may become an object.
 */

export class ReadyHeap {
  #deadlines: Float64Array;
  #ids: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#deadlines = new Float64Array(capacity);
    this.#ids = new Int32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** The id of the earliest entry. Only while there is one. */
  get firstId(): number {
    return this.#ids[0]!;
  }

  /** Whether the earliest entry is for `deadlines[index]`. Only while there is one. */
  isFirstFor(deadlines: Float64Array, index: number): boolean {
    return this.#deadlines[0] === deadlines[index];
  }

  clear(): void {
    this.#count = 0;
  }

  /** Makes room for `capacity` entries in all. */
  grow(capacity: number): void {
    const deadlines = new Float64Array(capacity);
    deadlines.set(this.#deadlines);
    this.#deadlines = deadlines;
    const ids = new Int32Array(capacity);
    ids.set(this.#ids);
    this.#ids = ids;
  }

  /** Adds `id` with the deadline in `from[index]`. */
  push(from: Float64Array, index: number, id: number): void {
    const deadlines = this.#deadlines;
    const ids = this.#ids;
    const deadline = from[index]!;
    let position = this.#count++;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = deadlines[parent]!;
      if (above < deadline || (above === deadline && ids[parent]! <= id)) break;
      deadlines[position] = above;
      ids[position] = ids[parent]!;
      position = parent;
    }
    deadlines[position] = deadline;
    ids[position] = id;
  }

  /** Takes the earliest entry out. Only while there is one. */
  pop(): void {
    const deadlines = this.#deadlines;
    const ids = this.#ids;
    const count = --this.#count;
    const deadline = deadlines[count]!;
    const id = ids[count]!;
    let position = 0;
    for (let child = 1; child < count; child = 2 * position + 1) {
      const right = child + 1;
      if (right < count) {
        const left = deadlines[child]!;
        const other = deadlines[right]!;
        if (other < left || (other === left && ids[right]! < ids[child]!)) child = right;
      }
      const below = deadlines[child]!;
      if (deadline < below || (deadline === below && id <= ids[child]!)) break;
      deadlines[position] = below;
      ids[position] = ids[child]!;
      position = child;
    }
    deadlines[position] = deadline;
    ids[position] = id;
  }
}
