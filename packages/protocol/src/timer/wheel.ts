/**
 * Hierarchical timer wheel for a fixed set of timer ids, exact to the microsecond.
 *
 * Timers until the cursor are in a heap, which is small; those after it hang in slots. A deadline is cut into digits of
 * six bits, and its slot is named by the highest digit in which it differs from the cursor. When the heap is empty, the
 * cursor moves to the first occupied slot: to its end, so that its timers go to the heap, or, where they are many, to
 * its beginning, so that they spread over the slots of the lower levels.
 *
 * What hangs in slot or heap is an entry, a deadline and an id. Entries lie in rows and are only ever read in a row: a
 * list that leads through the memory of a million timers waits for that memory at each step. A timer that is cancelled
 * or moved back keeps its entry until it comes up; one that is moved ahead gets another, and the old one is dropped when
 * it comes up. Should too many of those gather, all entries are made anew.
 *
 * Knows nothing of routers, roles or clocks; the engine says what an id means.
 */
import type { Micros } from '../units.ts';
import { ReadyHeap } from './ready-heap.ts';

const DIGIT_BITS = 6;
const SLOTS_PER_LEVEL = 64;
const LOW_LEVELS = 5;
const HIGH_LEVELS = 4;
const LEVELS = LOW_LEVELS + HIGH_LEVELS;
const SLOTS = LEVELS * SLOTS_PER_LEVEL;
/** Deadlines are split into 30 low bits and the rest, because bit operations work on 32. */
const LOW_BITS = LOW_LEVELS * DIGIT_BITS;
const LOW_RANGE = 2 ** LOW_BITS;
const LOW_MASK = LOW_RANGE - 1;
const MAX_CAPACITY = 2 ** 24;
/** Slots with at most so many entries go to the heap as they are. */
const READY_ENTRIES = 96;
/** Entries for each timer, counting those that will be dropped. */
const ENTRIES_PER_TIMER = 2;

/** Two numbers a timer, side by side: when it is due, and the deadline of its entry. Infinity: none. */
const RECORD = 2;
const DEADLINE = 0;
const ENTRY = 1;

/** Entries in a row. */
const ROW_BITS = 6;
const ROW_ENTRIES = 2 ** ROW_BITS;
const NONE = -1;

/** Index of the highest digit that is not zero in a number (not zero, below 2^30). */
function highestDigit(number: number): number {
  return ((31 - Math.clz32(number)) * 43) >> 8;
}

export class TimerWheel {
  #capacity = 0;
  #count = 0;
  readonly #now = new Float64Array(1);
  #records = new Float64Array(0);
  readonly #heap = new ReadyHeap(0);

  /** The last instant whose timers are in the heap. */
  #cursorHigh = 0;
  #cursorLow = 0;
  /** How many entries hang in each slot, and the row that is being filled; the rows behind it are full. */
  readonly #counts = new Int32Array(SLOTS);
  readonly #rows = new Int32Array(SLOTS).fill(NONE);
  /** Two words a level: which of its slots are occupied. */
  readonly #occupiedSlots = new Int32Array(LEVELS * 2);
  #occupiedLevels = 0;

  /** Entries by row, and the row after each: of the same slot, or free. */
  #deadlines = new Float64Array(0);
  #ids = new Int32Array(0);
  #nextRow = new Int32Array(0);
  #freeRow = NONE;
  /** Entries in slots and heap, and how many there may be. */
  #entries = 0;
  #mostEntries = 0;

  /** Timer ids are 0 .. capacity - 1; at most 2^24 of them. */
  constructor(capacity: number) {
    this.grow(capacity);
  }

  /** Makes room for ids up to `capacity - 1`. Armed timers stay armed. Never shrinks. */
  grow(capacity: number): void {
    if (capacity > MAX_CAPACITY) throw new RangeError(`a timer wheel holds at most ${MAX_CAPACITY} timers`);
    if (capacity <= this.#capacity) return;
    const records = new Float64Array(capacity * RECORD).fill(Infinity);
    records.set(this.#records);
    this.#records = records;
    this.#capacity = capacity;
    this.#mostEntries = capacity * ENTRIES_PER_TIMER;
    // Each slot has one row that is not full, and one more is being emptied.
    const rows = Math.ceil(this.#mostEntries / ROW_ENTRIES) + Math.min(SLOTS, this.#mostEntries) + 1;
    this.#deadlines = new Float64Array(rows * ROW_ENTRIES);
    this.#ids = new Int32Array(rows * ROW_ENTRIES);
    this.#nextRow = new Int32Array(rows);
    this.#heap.grow(this.#mostEntries);
    this.#makeAnew();
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** How many timers are armed. */
  get count(): number {
    return this.#count;
  }

  isArmed(id: number): boolean {
    return this.#records[id * RECORD + DEADLINE] !== Infinity;
  }

  /** Deadline of timer `id`, or Infinity when it is not armed. */
  deadlineOf(id: number): Micros {
    return this.#records[id * RECORD + DEADLINE]!;
  }

  /** The earliest deadline, exactly; Infinity when no timer is armed. */
  get nextDeadline(): Micros {
    const id = this.#earliest();
    return id === NONE ? Infinity : this.#records[id * RECORD + DEADLINE]!;
  }

  /** As {@link nextDeadline}, into `deadlines[index]`. */
  readNextDeadline(deadlines: Float64Array, index: number): void {
    const id = this.#earliest();
    // Two stores, because the engine would make an object of the value that is chosen.
    if (id === NONE) deadlines[index] = Infinity;
    else deadlines[index] = this.#records[id * RECORD + DEADLINE]!;
  }

  /** The timer whose deadline is the earliest, or -1. */
  get next(): number {
    return this.#earliest();
  }

  /** Arms timer `id`, or moves it when it is armed. `deadline` is an integer, 0 <= deadline < 2^53; it may be past. */
  arm(id: number, deadline: Micros): void {
    this.#now[0] = deadline;
    this.armFrom(id, this.#now, 0);
  }

  /** As `arm`, with the deadline in `deadlines[index]`. A number that is never an argument is never boxed. */
  armFrom(id: number, deadlines: Float64Array, index: number): void {
    const records = this.#records;
    const at = id * RECORD;
    const deadline = deadlines[index]!;
    if (records[at + DEADLINE] === Infinity) this.#count++;
    records[at + DEADLINE] = deadline;
    // An entry that comes up too early finds out then.
    if (records[at + ENTRY]! <= deadline) return;
    if (this.#entries === this.#mostEntries) {
      this.#makeAnew();
      return;
    }
    records[at + ENTRY] = deadline;
    this.#entries++;
    this.#insert(records, at + ENTRY, id);
  }

  /** Disarms timer `id`; nothing happens when it is not armed. */
  cancel(id: number): void {
    const at = id * RECORD + DEADLINE;
    if (this.#records[at] === Infinity) return;
    this.#records[at] = Infinity;
    this.#count--;
  }

  /**
   * Disarms and returns the earliest timer whose deadline is not after `now`, or -1. Called repeatedly, it gives the
   * due timers by deadline, those with the same deadline by id.
   */
  expire(now: Micros): number {
    this.#now[0] = now;
    return this.expireAt(this.#now, 0);
  }

  /** As {@link expire}, at the instant in `instants[index]`. */
  expireAt(instants: Float64Array, index: number): number {
    const id = this.#earliest();
    const at = id * RECORD;
    if (id === NONE || this.#records[at + DEADLINE]! > instants[index]!) return NONE;
    this.#heap.pop();
    this.#entries--;
    this.#records[at + DEADLINE] = Infinity;
    this.#records[at + ENTRY] = Infinity;
    this.#count--;
    return id;
  }

  /** The earliest timer, whose entry is then the first of the heap; or NONE. */
  #earliest(): number {
    if (this.#count === 0) return NONE;
    const heap = this.#heap;
    const records = this.#records;
    for (;;) {
      while (heap.count === 0) this.#advance();
      const id = heap.firstId;
      const at = id * RECORD;
      if (heap.isFirstFor(records, at + DEADLINE)) return id;
      const isCurrent = heap.isFirstFor(records, at + ENTRY);
      heap.pop();
      if (isCurrent) this.#renew(id);
      else this.#entries--;
    }
  }

  /** Another entry for a timer whose entry came up and was taken out, if it is still armed. */
  #renew(id: number): void {
    const records = this.#records;
    const at = id * RECORD;
    records[at + ENTRY] = records[at + DEADLINE]!;
    if (records[at + ENTRY] === Infinity) this.#entries--;
    else this.#insert(records, at + ENTRY, id);
  }

  /** Moves the cursor to the first occupied slot and hangs its entries anew. There is an entry in a slot. */
  #advance(): void {
    const level = 31 - Math.clz32(this.#occupiedLevels & -this.#occupiedLevels);
    const slot = this.#firstSlot(level);
    const count = this.#counts[slot]!;
    const isReady = level === 0 || count <= READY_ENTRIES;
    this.#moveCursor(level, slot & (SLOTS_PER_LEVEL - 1), isReady);
    let row = this.#rows[slot]!;
    let inRow = ((count - 1) & (ROW_ENTRIES - 1)) + 1;
    this.#vacate(slot);
    while (row !== NONE) {
      const start = row << ROW_BITS;
      if (isReady) this.#admit(start, start + inRow);
      else this.#spread(start, start + inRow);
      const next = this.#nextRow[row]!;
      this.#nextRow[row] = this.#freeRow;
      this.#freeRow = row;
      row = next;
      inRow = ROW_ENTRIES;
    }
  }

  /** Sets the cursor to the last or the first instant of a slot; the digits above `level` stay. */
  #moveCursor(level: number, digit: number, toEnd: boolean): void {
    const isHigh = level >= LOW_LEVELS;
    const shift = (isHigh ? level - LOW_LEVELS : level) * DIGIT_BITS;
    const below = (1 << shift) - 1;
    const cursor = isHigh ? this.#cursorHigh : this.#cursorLow;
    const above = cursor & ~((SLOTS_PER_LEVEL << shift) - 1);
    const moved = above | (digit << shift) | (toEnd ? below : 0);
    if (isHigh) {
      this.#cursorHigh = moved;
      this.#cursorLow = toEnd ? LOW_MASK : 0;
    } else {
      this.#cursorLow = moved;
    }
  }

  /** Entries of the pool that come up go to the heap, if they still count. */
  #admit(start: number, end: number): void {
    const deadlines = this.#deadlines;
    const ids = this.#ids;
    if (this.#firstOutdated(start, end) === end) {
      for (let index = start; index < end; index++) this.#heap.push(deadlines, index, ids[index]!);
    } else {
      for (let index = start; index < end; index++) this.#admitOne(index);
    }
  }

  /**
   * The first entry of a row whose timer is not due when it says; `end` when there is none. They are looked up together,
   * so that memory is waited for once and not timer by timer.
   */
  #firstOutdated(start: number, end: number): number {
    const records = this.#records;
    const deadlines = this.#deadlines;
    const ids = this.#ids;
    let index = start;
    while (index < end && records[ids[index]! * RECORD + DEADLINE] === deadlines[index]) index++;
    return index;
  }

  #admitOne(index: number): void {
    const id = this.#ids[index]!;
    const at = id * RECORD;
    const deadline = this.#deadlines[index]!;
    if (this.#records[at + ENTRY] !== deadline) this.#entries--;
    else if (this.#records[at + DEADLINE] !== deadline) this.#renew(id);
    else this.#heap.push(this.#deadlines, index, id);
  }

  /** Entries of the pool that go to lower levels. They are not looked up: that would be one more walk through memory. */
  #spread(start: number, end: number): void {
    for (let index = start; index < end; index++) this.#insert(this.#deadlines, index, this.#ids[index]!);
  }

  /** Hangs an entry with the deadline in `from[index]` where it will come up in time. */
  #insert(from: Float64Array, index: number, id: number): void {
    const deadline = from[index]!;
    const high = (deadline / LOW_RANGE) | 0;
    const low = (deadline | 0) & LOW_MASK;
    const highDifference = high ^ this.#cursorHigh;
    const lowDifference = low ^ this.#cursorLow;
    if (high < this.#cursorHigh || (highDifference === 0 && low <= this.#cursorLow)) {
      this.#heap.push(from, index, id);
      return;
    }
    let slot: number;
    if (highDifference === 0) {
      const level = highestDigit(lowDifference);
      slot = level * SLOTS_PER_LEVEL + ((low >>> (level * DIGIT_BITS)) & (SLOTS_PER_LEVEL - 1));
    } else {
      const level = highestDigit(highDifference);
      slot = (LOW_LEVELS + level) * SLOTS_PER_LEVEL + ((high >>> (level * DIGIT_BITS)) & (SLOTS_PER_LEVEL - 1));
    }
    const count = this.#counts[slot]!;
    const place = count & (ROW_ENTRIES - 1);
    if (place === 0) this.#beginRow(slot);
    const at = (this.#rows[slot]! << ROW_BITS) + place;
    this.#deadlines[at] = deadline;
    this.#ids[at] = id;
    this.#counts[slot] = count + 1;
  }

  #beginRow(slot: number): void {
    const row = this.#freeRow;
    this.#freeRow = this.#nextRow[row]!;
    this.#nextRow[row] = this.#rows[slot]!;
    this.#rows[slot] = row;
    this.#occupiedSlots[slot >>> 5]! |= 1 << (slot & 31);
    this.#occupiedLevels |= 1 << (slot >>> DIGIT_BITS);
  }

  /** Forgets what hangs in a slot. */
  #vacate(slot: number): void {
    const word = slot >>> 5;
    this.#counts[slot] = 0;
    this.#rows[slot] = NONE;
    this.#occupiedSlots[word]! &= ~(1 << (slot & 31));
    if (this.#occupiedSlots[word & ~1] !== 0 || this.#occupiedSlots[word | 1] !== 0) return;
    this.#occupiedLevels &= ~(1 << (slot >>> DIGIT_BITS));
  }

  /** The first occupied slot of a level that is occupied. */
  #firstSlot(level: number): number {
    const word = level * 2;
    const lower = this.#occupiedSlots[word]!;
    if (lower !== 0) return word * 32 + 31 - Math.clz32(lower & -lower);
    const upper = this.#occupiedSlots[word + 1]!;
    return (word + 1) * 32 + 31 - Math.clz32(upper & -upper);
  }

  /** Drops all entries and gives every armed timer one. */
  #makeAnew(): void {
    this.#heap.clear();
    this.#counts.fill(0);
    this.#rows.fill(NONE);
    this.#occupiedSlots.fill(0);
    this.#occupiedLevels = 0;
    const rows = this.#nextRow.length;
    for (let row = 0; row < rows; row++) this.#nextRow[row] = row + 1;
    this.#freeRow = 0;
    this.#entries = 0;
    for (let id = 0; id < this.#capacity; id++) {
      this.#entries++;
      this.#renew(id);
    }
  }
}
