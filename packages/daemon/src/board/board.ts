/**
 * The memory that the engine process and the supervisor share.
 *
 * The engine writes: its heartbeat, a row of figures for each router and each port, the last events, and the frames that resign its
 * routers. The supervisor reads, at any time, without asking: status costs the engine nothing, and all of it
 * survives the engine. The engine makes the memory; the supervisor maps it by way of the engine's descriptor table.
 */
import { closeSync, openSync } from 'node:fs';
import { createMemoryFile, type Mapping, mapShared } from '@locum/linux';
import { rowsLength } from '@locum/protocol';
import { EventRing } from './event-ring.ts';
import { PortCounters } from './port-counters.ts';
import { ResignationArea } from './resignation-area.ts';

/** Most virtual routers of one daemon: 255 VRIDs of both families on eight interfaces. */
export const MAX_ROUTERS = 4080;
/** Room for a change of state of every router at once, with what comes with it. */
const EVENT_CAPACITY = 16_384;
const HEADER_LENGTH = 8;
const DOUBLE_BYTES = 8;

const Header = { heartbeatAt: 0, startedAt: 1, deathWord: 2, countedAt: 3 } as const;

const EVENTS = HEADER_LENGTH;
const ROWS = EVENTS + EventRing.cellCount(EVENT_CAPACITY);
const PORTS = ROWS + rowsLength(MAX_ROUTERS);
const RESIGNATIONS = PORTS + PortCounters.length;
const BOARD_BYTES = RESIGNATIONS * DOUBLE_BYTES + ResignationArea.byteCount(MAX_ROUTERS);

export class Board {
  readonly events: EventRing;
  /** Memory for the engine's snapshot rows: the node's row, then one for each router. */
  readonly rows: Float64Array;
  readonly ports: PortCounters;
  readonly resignations: ResignationArea;
  /** One word that the kernel marks when the engine dies; see `holdUntilDeath`. */
  readonly deathWord: Uint32Array;
  readonly deathWordAddress: number;
  /** Descriptor of the memory in the process that made it, else -1. */
  readonly fd: number;
  readonly #header: Float64Array;
  readonly #mapping: Mapping;

  private constructor(fd: number, mapping: Mapping) {
    this.fd = fd;
    this.#mapping = mapping;
    const { buffer, byteOffset } = mapping.bytes;
    this.#header = new Float64Array(buffer, byteOffset, HEADER_LENGTH);
    this.deathWord = new Uint32Array(buffer, byteOffset + Header.deathWord * DOUBLE_BYTES, 1);
    this.deathWordAddress = mapping.address + Header.deathWord * DOUBLE_BYTES;
    this.events = new EventRing(
      new Float64Array(buffer, byteOffset + EVENTS * DOUBLE_BYTES, EventRing.cellCount(EVENT_CAPACITY)),
    );
    this.rows = new Float64Array(buffer, byteOffset + ROWS * DOUBLE_BYTES, PORTS - ROWS);
    this.ports = new PortCounters(new Float64Array(buffer, byteOffset + PORTS * DOUBLE_BYTES, PortCounters.length));
    this.resignations = new ResignationArea(mapping.bytes.subarray(RESIGNATIONS * DOUBLE_BYTES));
  }

  /** Makes the memory; untouched pages of it cost nothing. Throws a SystemError. */
  static create(): Board {
    const fd = createMemoryFile('locum-board', BOARD_BYTES);
    return new Board(fd, mapShared(fd, BOARD_BYTES));
  }

  /** Maps the board that process `pid` made as its descriptor `fd`. Throws when the process is gone or not ours. */
  static attach(pid: number, fd: number): Board {
    const descriptor = openSync(`/proc/${pid}/fd/${fd}`, 'r+');
    try {
      return new Board(-1, mapShared(descriptor, BOARD_BYTES));
    } finally {
      closeSync(descriptor);
    }
  }

  /** Gives the memory back to the system once no process maps it. The board must not be used afterwards. */
  close(): void {
    this.#mapping.unmap();
    if (this.fd >= 0) closeSync(this.fd);
  }

  /** Instant (CLOCK_BOOTTIME) at which the engine last woke. */
  get heartbeatAt(): number {
    return this.#header[Header.heartbeatAt]!;
  }

  set heartbeatAt(at: number) {
    this.#header[Header.heartbeatAt] = at;
  }

  /** Instant (CLOCK_BOOTTIME) at which the engine last wrote down what became of frames on its ports. */
  get countedAt(): number {
    return this.#header[Header.countedAt]!;
  }

  set countedAt(at: number) {
    this.#header[Header.countedAt] = at;
  }

  /** Instant (CLOCK_BOOTTIME) at which the engine process began. */
  get startedAt(): number {
    return this.#header[Header.startedAt]!;
  }

  set startedAt(at: number) {
    this.#header[Header.startedAt] = at;
  }
}
