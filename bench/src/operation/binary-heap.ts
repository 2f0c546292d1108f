/**
 * A binary heap of timers with the wheel's interface: what one would write first, for comparison.
 */
export class BinaryHeap {
  readonly #deadlines: Float64Array;
  readonly #heap: Int32Array;
  readonly #position: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#deadlines = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#position = new Int32Array(capacity).fill(-1);
  }

  armFrom(id: number, deadlines: Float64Array, index: number): void {
    this.cancel(id);
    this.#deadlines[id] = deadlines[index]!;
    this.#rise(this.#count++, id);
  }

  cancel(id: number): void {
    const position = this.#position[id]!;
    if (position < 0) return;
    this.#position[id] = -1;
    const last = this.#heap[--this.#count]!;
    if (last === id) return;
    this.#rise(position, last);
    this.#sink(this.#position[last]!, last);
  }

  readNextDeadline(deadlines: Float64Array, index: number): void {
    // Two stores, because the runtime would make an object of the value that is chosen.
    if (this.#count === 0) deadlines[index] = Infinity;
    else deadlines[index] = this.#deadlines[this.#heap[0]!]!;
  }

  expireAt(instants: Float64Array, index: number): number {
    if (this.#count === 0 || this.#deadlines[this.#heap[0]!]! > instants[index]!) return -1;
    const id = this.#heap[0]!;
    this.cancel(id);
    return id;
  }

  #precedes(first: number, second: number): boolean {
    const difference = this.#deadlines[first]! - this.#deadlines[second]!;
    return difference < 0 || (difference === 0 && first < second);
  }

  #rise(from: number, id: number): void {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#precedes(id, above)) break;
      this.#put(position, above);
      position = parent;
    }
    this.#put(position, id);
  }

  #sink(from: number, id: number): void {
    let position = from;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#precedes(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const below = this.#heap[child]!;
      if (this.#precedes(id, below)) break;
      this.#put(position, below);
      position = child;
    }
    this.#put(position, id);
  }

  #put(position: number, id: number): void {
    this.#heap[position] = id;
    this.#position[id] = position;
  }
}
