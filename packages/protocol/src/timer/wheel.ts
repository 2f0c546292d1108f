/**
 * Hierarchical timer wheel for a fixed set of timer ids, exact to the microsecond.
 *
 * A timer's key is its deadline followed by its id, cut into digits of six bits. It hangs in the slot named by the
 * highest digit in which its key differs from the wheel's cursor, a key that no armed timer precedes. The first
 * occupied slot therefore holds the earliest timer; looking for it moves the cursor there and spreads that slot over
 * the lower levels, so a timer is moved at most once a level. A timer that is cancelled or moved back stays where it
 * hangs until its slot is spread. Timers armed before the cursor get a wheel of their own in front of it, so that a
 * short timer does not undo the order already found among long ones.
 *
 * Knows nothing of routers, roles or clocks; the engine says what an id means.
 */
import type { Micros } from '../units.ts';

const DIGIT_BITS = 6;
const SLOTS_PER_LEVEL = 64;
const ID_LEVELS = 4;
const LOW_LEVELS = 5;
const HIGH_LEVELS = 4;
const LEVELS = ID_LEVELS + LOW_LEVELS + HIGH_LEVELS;
const SLOTS_PER_WHEEL = LEVELS * SLOTS_PER_LEVEL;
const WORDS_PER_WHEEL = LEVELS * 2;
/** Deadlines are split into 30 low bits and the rest, because bit operations work on 32. */
const LOW_RANGE = 2 ** (LOW_LEVELS * DIGIT_BITS);
const MAX_CAPACITY = 2 ** (ID_LEVELS * DIGIT_BITS);
/** Wheels in front of one another; when all are in use, the foremost is rearranged instead. */
const MAX_WHEELS = 8;
const REAR = MAX_WHEELS - 1;

/** One record a timer in one buffer, so that touching a timer touches one cache line. */
const RECORD_DOUBLES = 4;
const RECORD_INTS = 8;
const DEADLINE = 0;
const NEXT = 2;
const PREVIOUS = 3;
const SLOT = 4;
const NONE = -1;

/** Index of the highest digit in which two numbers differ, given their exclusive or (not zero, below 2^30). */
function highestDigit(difference: number): number {
  return ((31 - Math.clz32(difference)) * 43) >> 8;
}

/** The digit of a key that names its slot on `level`. */
function digitOf(level: number, high: number, low: number, id: number): number {
  let digits: number;
  if (level >= ID_LEVELS + LOW_LEVELS) digits = high >>> ((level - ID_LEVELS - LOW_LEVELS) * DIGIT_BITS);
  else if (level >= ID_LEVELS) digits = low >>> ((level - ID_LEVELS) * DIGIT_BITS);
  else digits = id >>> (level * DIGIT_BITS);
  return digits & (SLOTS_PER_LEVEL - 1);
}

export class TimerWheel {
  #capacity = 0;
  #count = 0;
  readonly #now = new Float64Array(1);
  readonly #end = new Float64Array(1);
  /** The same records, as doubles and as integers. A deadline of Infinity means not armed. */
  #doubles = new Float64Array(0);
  #ints = new Int32Array(0);
  /** Slots of all wheels in order of time: foremost wheel first, then by level, then by digit. */
  readonly #heads = new Int32Array(MAX_WHEELS * SLOTS_PER_WHEEL).fill(NONE);
  /** Two words a level: which of its slots are occupied. */
  readonly #occupiedSlots = new Int32Array(MAX_WHEELS * WORDS_PER_WHEEL);
  /** One word a wheel: which of its levels are occupied. */
  readonly #occupiedLevels = new Int32Array(MAX_WHEELS);
  readonly #cursorDeadline = new Float64Array(MAX_WHEELS);
  readonly #cursorHigh = new Int32Array(MAX_WHEELS);
  readonly #cursorLow = new Int32Array(MAX_WHEELS);
  readonly #cursorId = new Int32Array(MAX_WHEELS);
  /** The foremost wheel in use. Keys of a wheel all precede the cursor of the wheel after it. */
  #front = REAR;

  /** Timer ids are 0 .. capacity - 1; at most 2^24 of them. */
  constructor(capacity: number) {
    this.grow(capacity);
  }

  /** Makes room for ids up to `capacity - 1`. Armed timers stay armed. Never shrinks. */
  grow(capacity: number): void {
    if (capacity > MAX_CAPACITY) throw new RangeError(`a timer wheel holds at most ${MAX_CAPACITY} timers`);
    if (capacity <= this.#capacity) return;
    const buffer = new ArrayBuffer(capacity * RECORD_DOUBLES * Float64Array.BYTES_PER_ELEMENT);
    const doubles = new Float64Array(buffer);
    const ints = new Int32Array(buffer);
    doubles.set(this.#doubles);
    for (let id = this.#capacity; id < capacity; id++) {
      doubles[id * RECORD_DOUBLES + DEADLINE] = Infinity;
      ints[id * RECORD_INTS + SLOT] = NONE;
    }
    this.#doubles = doubles;
    this.#ints = ints;
    this.#capacity = capacity;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** How many timers are armed. */
  get count(): number {
    return this.#count;
  }

  isArmed(id: number): boolean {
    return this.#doubles[id * RECORD_DOUBLES + DEADLINE] !== Infinity;
  }

  /** Deadline of timer `id`, or Infinity when it is not armed. */
  deadlineOf(id: number): Micros {
    return this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
  }

  /** The earliest deadline, exactly; Infinity when no timer is armed. */
  get nextDeadline(): Micros {
    const id = this.#earliest();
    return id === NONE ? Infinity : this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
  }

  /** As {@link nextDeadline}, into `deadlines[index]`. */
  readNextDeadline(deadlines: Float64Array, index: number): void {
    const id = this.#earliest();
    // Two stores, because the engine would make an object of the value that is chosen.
    if (id === NONE) deadlines[index] = Infinity;
    else deadlines[index] = this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
  }

  /** Arms timer `id`, or moves it when it is armed. `deadline` is an integer, 0 <= deadline < 2^53; it may be past. */
  arm(id: number, deadline: Micros): void {
    const at = id * RECORD_DOUBLES + DEADLINE;
    if (this.#doubles[at] === Infinity) this.#count++;
    this.#doubles[at] = deadline;
    this.#place(id);
  }

  /** As `arm`, with the deadline in `deadlines[index]`. A number that is never an argument is never boxed. */
  armFrom(id: number, deadlines: Float64Array, index: number): void {
    const at = id * RECORD_DOUBLES + DEADLINE;
    if (this.#doubles[at] === Infinity) this.#count++;
    this.#doubles[at] = deadlines[index]!;
    this.#place(id);
  }

  /** Disarms timer `id`; nothing happens when it is not armed. */
  cancel(id: number): void {
    const at = id * RECORD_DOUBLES + DEADLINE;
    if (this.#doubles[at] === Infinity) return;
    this.#doubles[at] = Infinity;
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
    if (id === NONE || this.#doubles[id * RECORD_DOUBLES + DEADLINE]! > instants[index]!) return NONE;
    this.#unlink(id);
    this.#ints[id * RECORD_INTS + SLOT] = NONE;
    this.#doubles[id * RECORD_DOUBLES + DEADLINE] = Infinity;
    this.#count--;
    return id;
  }

  /** Hangs timer `id` where it will be found in time, which may be where it hangs. */
  #place(id: number): void {
    let slot = this.#slotOf(id);
    const present = this.#ints[id * RECORD_INTS + SLOT]!;
    if (present !== NONE) {
      if (slot !== NONE && present <= slot) return;
      this.#unlink(id);
    }
    if (slot === NONE) {
      this.#moveAhead(id);
      slot = this.#slotOf(id);
    }
    this.#link(slot, id);
  }

  /** The slot of timer `id` according to its key; NONE when it precedes all cursors. */
  #slotOf(id: number): number {
    const deadline = this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
    const high = Math.floor(deadline / LOW_RANGE) | 0;
    const low = (deadline - high * LOW_RANGE) | 0;
    // From the rear: most timers are armed for later than everything that was looked at before.
    let wheel = REAR;
    while (this.#precedesCursor(wheel, high, low, id)) {
      if (wheel === this.#front) return NONE;
      wheel--;
    }
    const level = this.#levelOf(wheel, high, low, id);
    return wheel * SLOTS_PER_WHEEL + level * SLOTS_PER_LEVEL + digitOf(level, high, low, id);
  }

  #precedesCursor(wheel: number, high: number, low: number, id: number): boolean {
    const cursorHigh = this.#cursorHigh[wheel]!;
    if (high !== cursorHigh) return high < cursorHigh;
    const cursorLow = this.#cursorLow[wheel]!;
    if (low !== cursorLow) return low < cursorLow;
    return id < this.#cursorId[wheel]!;
  }

  /** The highest digit in which a key differs from the cursor. The cursor itself shares level 0. */
  #levelOf(wheel: number, high: number, low: number, id: number): number {
    const highDifference = high ^ this.#cursorHigh[wheel]!;
    if (highDifference !== 0) return ID_LEVELS + LOW_LEVELS + highestDigit(highDifference);
    const lowDifference = low ^ this.#cursorLow[wheel]!;
    if (lowDifference !== 0) return ID_LEVELS + highestDigit(lowDifference);
    return highestDigit((id ^ this.#cursorId[wheel]!) | 1);
  }

  #setCursor(wheel: number, id: number): void {
    const deadline = this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
    const high = Math.floor(deadline / LOW_RANGE) | 0;
    this.#cursorDeadline[wheel] = deadline;
    this.#cursorHigh[wheel] = high;
    this.#cursorLow[wheel] = (deadline - high * LOW_RANGE) | 0;
    this.#cursorId[wheel] = id;
  }

  #link(slot: number, id: number): void {
    const ints = this.#ints;
    const next = this.#heads[slot]!;
    const record = id * RECORD_INTS;
    ints[record + NEXT] = next;
    ints[record + PREVIOUS] = NONE;
    ints[record + SLOT] = slot;
    this.#heads[slot] = id;
    if (next !== NONE) {
      ints[next * RECORD_INTS + PREVIOUS] = id;
      return;
    }
    this.#occupiedSlots[slot >>> 5]! |= 1 << (slot & 31);
    const level = slot >>> DIGIT_BITS;
    const wheel = (level / LEVELS) | 0;
    this.#occupiedLevels[wheel]! |= 1 << (level - wheel * LEVELS);
  }

  #unlink(id: number): void {
    const ints = this.#ints;
    const record = id * RECORD_INTS;
    const next = ints[record + NEXT]!;
    const previous = ints[record + PREVIOUS]!;
    if (next !== NONE) ints[next * RECORD_INTS + PREVIOUS] = previous;
    if (previous !== NONE) {
      ints[previous * RECORD_INTS + NEXT] = next;
      return;
    }
    const slot = ints[record + SLOT]!;
    this.#heads[slot] = next;
    if (next === NONE) this.#vacate(slot);
  }

  #vacate(slot: number): void {
    const word = slot >>> 5;
    this.#occupiedSlots[word]! &= ~(1 << (slot & 31));
    if (this.#occupiedSlots[word & ~1] !== 0 || this.#occupiedSlots[word | 1] !== 0) return;
    const level = slot >>> DIGIT_BITS;
    const wheel = (level / LEVELS) | 0;
    this.#occupiedLevels[wheel]! &= ~(1 << (level - wheel * LEVELS));
  }

  /** The first occupied slot of a level that is occupied. */
  #firstSlot(wheel: number, level: number): number {
    const word = wheel * WORDS_PER_WHEEL + level * 2;
    const lower = this.#occupiedSlots[word]!;
    if (lower !== 0) return word * 32 + 31 - Math.clz32(lower & -lower);
    const upper = this.#occupiedSlots[word + 1]!;
    return (word + 1) * 32 + 31 - Math.clz32(upper & -upper);
  }

  /** The earliest timer, or NONE. */
  #earliest(): number {
    if (this.#count === 0) return NONE;
    for (;;) {
      while (this.#occupiedLevels[this.#front] === 0) this.#front++;
      const wheel = this.#front;
      const levels = this.#occupiedLevels[wheel]!;
      const level = 31 - Math.clz32(levels & -levels);
      const slot = this.#firstSlot(wheel, level);
      const head = this.#heads[slot]!;
      // A slot of level 0 is one key. Its timer may have been moved back or cancelled since.
      const isFound = level === 0 && this.#doubles[head * RECORD_DOUBLES + DEADLINE] === this.#cursorDeadline[wheel];
      if (isFound) return head;
      this.#spread(wheel, level, slot);
    }
  }

  /**
   * Empties the first occupied slot. What was cancelled is dropped and what was moved back goes to its place; the
   * cursor moves to the earliest of the rest, which are hung by it.
   */
  #spread(wheel: number, level: number, slot: number): void {
    const ints = this.#ints;
    const doubles = this.#doubles;
    this.#findEnd(wheel, level, slot);
    const end = this.#end[0]!;
    let id = this.#heads[slot]!;
    let rest = NONE;
    let earliest = NONE;
    let earliestDeadline = Infinity;
    this.#heads[slot] = NONE;
    this.#vacate(slot);
    while (id !== NONE) {
      const next = ints[id * RECORD_INTS + NEXT]!;
      const deadline = doubles[id * RECORD_DOUBLES + DEADLINE]!;
      if (deadline >= end) {
        this.#rehang(id);
      } else {
        ints[id * RECORD_INTS + NEXT] = rest;
        rest = id;
        if (deadline < earliestDeadline || (deadline === earliestDeadline && id < earliest)) {
          earliest = id;
          earliestDeadline = deadline;
        }
      }
      id = next;
    }
    if (rest === NONE) return;
    this.#setCursor(wheel, earliest);
    this.#rehangAll(rest);
  }

  /** Puts the first deadline after those of a slot into `#end`: as a result it might become an object. */
  #findEnd(wheel: number, level: number, slot: number): void {
    const cursor = this.#cursorDeadline[wheel]!;
    if (level < ID_LEVELS) {
      this.#end[0] = cursor + 1;
      return;
    }
    const span = SLOTS_PER_LEVEL ** (level - ID_LEVELS);
    const turn = span * SLOTS_PER_LEVEL;
    this.#end[0] = Math.floor(cursor / turn) * turn + ((slot & (SLOTS_PER_LEVEL - 1)) + 1) * span;
  }

  #rehangAll(first: number): void {
    for (let id = first; id !== NONE; ) {
      const next = this.#ints[id * RECORD_INTS + NEXT]!;
      this.#rehang(id);
      id = next;
    }
  }

  /** Hangs a timer that has been taken from its slot; one that is not armed goes nowhere. */
  #rehang(id: number): void {
    if (this.#doubles[id * RECORD_DOUBLES + DEADLINE] === Infinity) this.#ints[id * RECORD_INTS + SLOT] = NONE;
    else this.#link(this.#slotOf(id), id);
  }

  /** Moves the foremost cursor to the key of timer `id`, which precedes it and hangs nowhere. */
  #moveAhead(id: number): void {
    if (this.#occupiedLevels[this.#front] !== 0 && this.#front > 0) this.#front--;
    const wheel = this.#front;
    if (this.#occupiedLevels[wheel] === 0) {
      this.#setCursor(wheel, id);
      return;
    }
    const deadline = this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
    const high = Math.floor(deadline / LOW_RANGE) | 0;
    const level = this.#levelOf(wheel, high, (deadline - high * LOW_RANGE) | 0, id);
    this.#setCursor(wheel, id);
    // Above `level` nothing changes; at and below it every timer now belongs to `level`.
    for (let lower = 0; lower < level; lower++) {
      while ((this.#occupiedLevels[wheel]! & (1 << lower)) !== 0) {
        const slot = this.#firstSlot(wheel, lower);
        const head = this.#heads[slot]!;
        this.#heads[slot] = NONE;
        this.#vacate(slot);
        this.#rehangAll(head);
      }
    }
  }
}
