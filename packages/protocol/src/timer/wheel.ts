/**
 * Hierarchical timer wheel for a fixed set of timer ids, exact to the microsecond.
 *
 * A timer's key is its deadline followed by its id, cut into digits of six bits. It hangs in the slot named by the
 * highest digit in which its key differs from the wheel's cursor, a key that no armed timer precedes. The lowest
 * occupied slot therefore holds the earliest timer; looking for it moves the cursor there and spreads that slot over
 * the lower levels, so a timer is moved at most once a level. Timers armed before the cursor get a wheel of their own
 * in front of it, so that a short timer does not undo the order already found among long ones.
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

export class TimerWheel {
  #capacity = 0;
  #count = 0;
  #doubles = new Float64Array(0);
  #ints = new Int32Array(0);
  readonly #heads = new Int32Array(MAX_WHEELS * SLOTS_PER_WHEEL).fill(NONE);
  /** Two words a level: which of its slots are occupied. */
  readonly #occupiedSlots = new Int32Array(MAX_WHEELS * WORDS_PER_WHEEL);
  /** One word a wheel: which of its levels are occupied. */
  readonly #occupiedLevels = new Int32Array(MAX_WHEELS);
  readonly #cursorHigh = new Int32Array(MAX_WHEELS);
  readonly #cursorLow = new Int32Array(MAX_WHEELS);
  readonly #cursorId = new Int32Array(MAX_WHEELS);
  /** The foremost wheel in use. Keys of wheel n all precede the cursor of wheel n - 1. */
  #front = 0;

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
    for (let id = this.#capacity; id < capacity; id++) ints[id * RECORD_INTS + SLOT] = NONE;
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
    return this.#ints[id * RECORD_INTS + SLOT] !== NONE;
  }

  /** Deadline of timer `id`, or Infinity when it is not armed. */
  deadlineOf(id: number): Micros {
    return this.#ints[id * RECORD_INTS + SLOT] === NONE ? Infinity : this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
  }

  /** The earliest deadline, exactly; Infinity when no timer is armed. */
  get nextDeadline(): Micros {
    const id = this.#earliest();
    return id === NONE ? Infinity : this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
  }

  /** Arms timer `id`, or moves it when it is armed. `deadline` is an integer, 0 <= deadline < 2^53; it may be past. */
  arm(id: number, deadline: Micros): void {
    this.#doubles[id * RECORD_DOUBLES + DEADLINE] = deadline;
    this.#place(id);
  }

  /** As `arm`, with the deadline in `deadlines[index]`. A number that is never an argument is never boxed. */
  armFrom(id: number, deadlines: Float64Array, index: number): void {
    this.#doubles[id * RECORD_DOUBLES + DEADLINE] = deadlines[index]!;
    this.#place(id);
  }

  #place(id: number): void {
    if (this.#ints[id * RECORD_INTS + SLOT] !== NONE) this.#unlink(id);
    else this.#count++;
    const deadline = this.#doubles[id * RECORD_DOUBLES + DEADLINE]!;
    const high = Math.floor(deadline / LOW_RANGE) | 0;
    const low = (deadline - high * LOW_RANGE) | 0;
    // From the rearmost wheel: most timers are armed for later than everything that was looked at before.
    for (let wheel = 0; wheel <= this.#front; wheel++) {
      if (!this.#precedesCursor(wheel, high, low, id)) {
        this.#insert(wheel, id, high, low);
        return;
      }
    }
    this.#moveAhead(high, low, id);
    this.#insert(this.#front, id, high, low);
  }

  /** Disarms timer `id`; nothing happens when it is not armed. */
  cancel(id: number): void {
    if (this.#ints[id * RECORD_INTS + SLOT] === NONE) return;
    this.#unlink(id);
    this.#ints[id * RECORD_INTS + SLOT] = NONE;
    this.#count--;
  }

  /**
   * Disarms and returns the earliest timer whose deadline is not after `now`, or -1. Called repeatedly, it gives the
   * due timers by deadline, those with the same deadline by id.
   */
  expire(now: Micros): number {
    const id = this.#earliest();
    if (id === NONE || this.#doubles[id * RECORD_DOUBLES + DEADLINE]! > now) return NONE;
    this.cancel(id);
    return id;
  }

  #precedesCursor(wheel: number, high: number, low: number, id: number): boolean {
    const cursorHigh = this.#cursorHigh[wheel]!;
    if (high !== cursorHigh) return high < cursorHigh;
    const cursorLow = this.#cursorLow[wheel]!;
    if (low !== cursorLow) return low < cursorLow;
    return id < this.#cursorId[wheel]!;
  }

  #setCursor(wheel: number, high: number, low: number, id: number): void {
    this.#cursorHigh[wheel] = high;
    this.#cursorLow[wheel] = low;
    this.#cursorId[wheel] = id;
  }

  #insert(wheel: number, id: number, high: number, low: number): void {
    const highDifference = high ^ this.#cursorHigh[wheel]!;
    const lowDifference = low ^ this.#cursorLow[wheel]!;
    let level: number;
    let digits: number;
    if (highDifference !== 0) {
      const digit = highestDigit(highDifference);
      level = ID_LEVELS + LOW_LEVELS + digit;
      digits = high >>> (digit * DIGIT_BITS);
    } else if (lowDifference !== 0) {
      const digit = highestDigit(lowDifference);
      level = ID_LEVELS + digit;
      digits = low >>> (digit * DIGIT_BITS);
    } else {
      // A key equal to the cursor's shares level 0, where a slot is one key.
      const digit = highestDigit((id ^ this.#cursorId[wheel]!) | 1);
      level = digit;
      digits = id >>> (digit * DIGIT_BITS);
    }
    const digit = digits & (SLOTS_PER_LEVEL - 1);
    this.#link(wheel, level, digit, id);
  }

  #link(wheel: number, level: number, digit: number, id: number): void {
    const ints = this.#ints;
    const slot = wheel * SLOTS_PER_WHEEL + level * SLOTS_PER_LEVEL + digit;
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
    this.#occupiedLevels[wheel]! |= 1 << level;
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

  /** The earliest timer, or NONE. Spreads the slot that holds it until it stands alone. */
  #earliest(): number {
    if (this.#count === 0) return NONE;
    while (this.#occupiedLevels[this.#front] === 0) this.#front--;
    const wheel = this.#front;
    const levels = this.#occupiedLevels[wheel]!;
    const level = 31 - Math.clz32(levels & -levels);
    const slot = this.#firstSlot(wheel, level);
    return level === 0 ? this.#heads[slot]! : this.#spread(wheel, slot);
  }

  /** Moves the cursor to the earliest timer of `slot`, the first occupied one, and hangs its timers lower. */
  #spread(wheel: number, slot: number): number {
    const ints = this.#ints;
    const doubles = this.#doubles;
    const head = this.#heads[slot]!;
    let earliest = head;
    let earliestDeadline = doubles[head * RECORD_DOUBLES + DEADLINE]!;
    for (let id = ints[head * RECORD_INTS + NEXT]!; id !== NONE; id = ints[id * RECORD_INTS + NEXT]!) {
      const deadline = doubles[id * RECORD_DOUBLES + DEADLINE]!;
      if (deadline < earliestDeadline || (deadline === earliestDeadline && id < earliest)) {
        earliest = id;
        earliestDeadline = deadline;
      }
    }
    const high = Math.floor(earliestDeadline / LOW_RANGE) | 0;
    this.#setCursor(wheel, high, (earliestDeadline - high * LOW_RANGE) | 0, earliest);
    this.#rehang(wheel, slot);
    return earliest;
  }

  /** Hangs all timers of `slot` anew, where the cursor wants them. */
  #rehang(wheel: number, slot: number): void {
    const ints = this.#ints;
    const doubles = this.#doubles;
    let id = this.#heads[slot]!;
    this.#heads[slot] = NONE;
    this.#vacate(slot);
    while (id !== NONE) {
      const next = ints[id * RECORD_INTS + NEXT]!;
      const deadline = doubles[id * RECORD_DOUBLES + DEADLINE]!;
      const high = Math.floor(deadline / LOW_RANGE) | 0;
      this.#insert(wheel, id, high, (deadline - high * LOW_RANGE) | 0);
      id = next;
    }
  }

  /** Makes the foremost wheel's cursor a key that precedes it. */
  #moveAhead(high: number, low: number, id: number): void {
    if (this.#occupiedLevels[this.#front] === 0) {
      this.#setCursor(this.#front, high, low, id);
      return;
    }
    if (this.#front < MAX_WHEELS - 1) {
      this.#front++;
      this.#setCursor(this.#front, high, low, id);
      return;
    }
    const wheel = this.#front;
    const level = this.#levelAgainstCursor(wheel, high, low, id);
    this.#setCursor(wheel, high, low, id);
    // Above `level` nothing changes; at and below it every timer now belongs to `level`.
    for (let lower = 0; lower < level; lower++) {
      while ((this.#occupiedLevels[wheel]! & (1 << lower)) !== 0) this.#rehang(wheel, this.#firstSlot(wheel, lower));
    }
  }

  #levelAgainstCursor(wheel: number, high: number, low: number, id: number): number {
    const highDifference = high ^ this.#cursorHigh[wheel]!;
    if (highDifference !== 0) return ID_LEVELS + LOW_LEVELS + highestDigit(highDifference);
    const lowDifference = low ^ this.#cursorLow[wheel]!;
    if (lowDifference !== 0) return ID_LEVELS + highestDigit(lowDifference);
    return highestDigit((id ^ this.#cursorId[wheel]!) | 1);
  }
}
