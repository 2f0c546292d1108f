/**
 * The last things that happened in the engine, as fixed-size records in shared memory.
 *
 * The engine writes without a system call and without allocating; the supervisor reads at its leisure and turns
 * records into log lines. What the engine wrote before it died can still be read. A slow reader loses the oldest
 * records and is told how many.
 */
import { type Effect, EffectKind, type Micros } from '@locum/protocol';

/** Kinds below 100 are the protocol's {@link EffectKind}; these are the host's own. */
export const HostEvent = {
  /** An address could not be set or removed: `value` is the errno, `detail` the index of the address. */
  AddressFailed: 100,
  /** Something else removed an address while we were Active, and it was set again. `detail`: index of the address. */
  AddressRestored: 101,
  /** The link of `port` became able (`value` 1) or unable (0) to carry routers. */
  LinkChanged: 102,
  /** `port` is closed, which was its opening number `value`. Why is for the port's own state to say. */
  PortClosed: 103,
  /** A frame was not sent: `value` is the SendResult, `detail` the purpose. */
  SendFailed: 104,
  /** An address left behind by an earlier process was removed. `detail`: index of the address. */
  LeftoverRemoved: 105,
  /** A priority-0 advert was sent. */
  Resigned: 107,
  /** The process did not run for a while; the microseconds beyond its deadline stand in `value`. */
  Stalled: 108,
} as const;

/** A record as the reader sees it. */
export interface BoardEvent {
  at: Micros;
  kind: number;
  router: number;
  port: number;
  from: number;
  to: number;
  reason: number;
  value: number;
  detail: number;
  lateUs: Micros;
  /** Source address of the frame that caused it: 0, 4 or 16 octets. */
  source: Uint8Array;
}

const Field = {
  at: 0,
  kind: 1,
  router: 2,
  port: 3,
  from: 4,
  to: 5,
  reason: 6,
  value: 7,
  detail: 8,
  lateUs: 9,
  sourceLength: 10,
  source: 11,
} as const;

/** Doubles in one record: eleven fields and up to four 32-bit words of source address, rounded up. */
const RECORD_LENGTH = 16;
const HEAD = 0;
const RECORDS = 1;

export class EventRing {
  readonly #cells: Float64Array;
  readonly #capacity: number;
  #tail = 0;

  /** @param cells the ring's memory: a multiple of 16 doubles plus one for the head. */
  constructor(cells: Float64Array) {
    this.#cells = cells;
    this.#capacity = Math.floor((cells.length - RECORDS) / RECORD_LENGTH);
  }

  /** Doubles that a ring of `capacity` records takes. */
  static cellCount(capacity: number): number {
    return RECORDS + capacity * RECORD_LENGTH;
  }

  /** Number of records ever written. */
  get head(): number {
    return this.#cells[HEAD]!;
  }

  /** Records what the protocol engine reported. `frame` is the memory that the effect's source offsets point into. */
  writeEffect(at: Micros, effect: Effect, frame: Uint8Array | undefined): void {
    const base = this.#begin(at, effect.kind, effect.router, effect.port);
    const cells = this.#cells;
    cells[base + Field.from] = effect.from;
    cells[base + Field.to] = effect.to;
    cells[base + Field.reason] = effect.reason;
    cells[base + Field.value] = effect.value;
    cells[base + Field.lateUs] = effect.lateUs;
    const caused =
      effect.kind === EffectKind.Discarded ||
      effect.kind === EffectKind.Warned ||
      effect.kind === EffectKind.LowerPriorityHeard;
    const length = caused && frame !== undefined && effect.sourceStart >= 0 ? effect.sourceEnd - effect.sourceStart : 0;
    cells[base + Field.sourceLength] = length;
    for (let offset = 0; offset < length; offset += 4) {
      const start = effect.sourceStart + offset;
      cells[base + Field.source + offset / 4] =
        ((frame![start]! << 24) | (frame![start + 1]! << 16) | (frame![start + 2]! << 8) | frame![start + 3]!) >>> 0;
    }
    this.#commit();
  }

  /** Records an event of the host itself; see {@link HostEvent} for the fields. */
  write(at: Micros, kind: number, router: number, port: number, value: number, detail: number): void {
    const base = this.#begin(at, kind, router, port);
    this.#cells[base + Field.value] = value;
    this.#cells[base + Field.detail] = detail;
    this.#commit();
  }

  /**
   * Hands every record since the last call to `onEvent` and returns how many were overwritten before they were read. The
   * first for which `isEarly` says so, and those behind it, stay for the next call.
   */
  drain(onEvent: (event: BoardEvent) => void, isEarly: (event: BoardEvent) => boolean = () => false): number {
    const head = this.head;
    let lost = 0;
    if (head - this.#tail > this.#capacity) {
      lost = head - this.#tail - this.#capacity;
      this.#tail = head - this.#capacity;
    }
    while (this.#tail < head) {
      const event = this.#read(this.#tail);
      if (isEarly(event)) break;
      onEvent(event);
      this.#tail++;
    }
    return lost;
  }

  /** Skips what is already there: for a reader that joins late. */
  skipToEnd(): void {
    this.#tail = this.head;
  }

  #read(index: number): BoardEvent {
    const cells = this.#cells;
    const base = RECORDS + (index % this.#capacity) * RECORD_LENGTH;
    const source = new Uint8Array(cells[base + Field.sourceLength]!);
    const view = new DataView(source.buffer);
    for (let offset = 0; offset < source.length; offset += 4) {
      view.setUint32(offset, cells[base + Field.source + offset / 4]!);
    }
    return {
      at: cells[base + Field.at]!,
      kind: cells[base + Field.kind]!,
      router: cells[base + Field.router]!,
      port: cells[base + Field.port]!,
      from: cells[base + Field.from]!,
      to: cells[base + Field.to]!,
      reason: cells[base + Field.reason]!,
      value: cells[base + Field.value]!,
      detail: cells[base + Field.detail]!,
      lateUs: cells[base + Field.lateUs]!,
      source,
    };
  }

  #begin(at: Micros, kind: number, router: number, port: number): number {
    const cells = this.#cells;
    const base = RECORDS + (cells[HEAD]! % this.#capacity) * RECORD_LENGTH;
    for (let field = 0; field < RECORD_LENGTH; field++) cells[base + field] = 0;
    cells[base + Field.at] = at;
    cells[base + Field.kind] = kind;
    cells[base + Field.router] = router;
    cells[base + Field.port] = port;
    return base;
  }

  // The head moves last, so that a reader in another process never sees half a record.
  #commit(): void {
    this.#cells[HEAD] = this.#cells[HEAD]! + 1;
  }
}
