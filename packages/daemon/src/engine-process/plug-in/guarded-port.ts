/**
 * Stands between the engine and a port that somebody else wrote.
 *
 * Whatever that port does wrong becomes a fault of this one port: exceptions, results that are none, frames that are none,
 * calls at the wrong moment. Faults are told from `poll` only, never from inside a send, where the engine is at work.
 * The plug-in gets copies of what it could spoil. An endless loop, a crash of native code and `process.exit` are beyond
 * this guard. The transports that come with Locum do without it.
 */
import { fstatSync } from 'node:fs';
import type {
  Capabilities,
  Frame,
  FrameSink,
  Host,
  Micros,
  Port,
  PortOptions,
  PortStats,
  StationOptions,
  Transport,
  VirtualStation,
} from '@locum/transport';
import { SendResult } from '@locum/transport/contract';
import { TransportError } from '@locum/transport/error';
import { LentBatch } from './lent-batch.ts';
import { forgetGuard, rememberGuard } from './mishap.ts';
import { AUTHOR_HINT, oneLine, Refusal } from './refusal.ts';

const HIGHEST_SEND_RESULT = Math.max(...Object.values(SendResult));
const LONGEST_FRAME_BYTES = 65_550;
/** So often in a row a descriptor may be ready without a frame before it is taken for a broken one. */
const MOST_EMPTY_WAKES = 1_000;
const NO_STATS: PortStats = Object.freeze({ framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 });
const STAT_NAMES = Object.keys(NO_STATS) as (keyof PortStats)[];

/**
 * Opens a port of `transport` behind a guard. Rejects with a Refusal, or with the TransportError of the plug-in.
 * Once `signal` is aborted the guard is closed, and so is a port that comes after that.
 */
export async function openGuarded(
  transport: Transport,
  folder: string,
  options: PortOptions,
  sink: FrameSink,
  host: Host,
  signal: AbortSignal,
): Promise<GuardedPort> {
  signal.throwIfAborted();
  const guard = new GuardedPort(folder, options.interfaceName, sink, host);
  const giveUp = (): void => guard.close();
  const lent: PortOptions = {
    interfaceName: options.interfaceName,
    filter: { ipProtocols: [...options.filter.ipProtocols] },
    groups: options.groups.map((group) => group.slice()),
    ...(options.extra === undefined ? {} : { extra: Object.freeze({ ...options.extra }) }),
  };
  rememberGuard(guard);
  signal.addEventListener('abort', giveUp);
  try {
    guard.adopt(await transport.open(lent, guard.sink, { now: () => host.now() }, signal));
    return guard;
  } catch (error) {
    guard.close();
    if (error instanceof Refusal || isTransportError(error)) throw error;
    throw new Refusal('THREW', `open failed: ${oneLine(error)}`, AUTHOR_HINT);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function isTransportError(error: unknown): error is TransportError {
  if (!(error instanceof Error) || error.name !== 'TransportError') return false;
  return typeof (error as TransportError).code === 'string' && typeof (error as TransportError).operation === 'string';
}

export class GuardedPort implements Port {
  /** Folder of the plug-in's module. */
  readonly folder: string;
  readonly sink: FrameSink;
  /** There when the plug-in's port has it. */
  sendAll?: (bytes: Uint8Array, bounds: Int32Array, count: number) => number;
  #inner: Port | undefined;
  #capabilities: Capabilities | undefined;
  #fd = -1;
  readonly #interfaceName: string;
  readonly #outer: FrameSink;
  readonly #host: Host;
  readonly #frame: Frame = { bytes: new Uint8Array(0), start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
  #scratch = new Uint8Array(2048);
  readonly #batch = new LentBatch();
  #lastAt: Micros = -Infinity;
  #delivered = 0;
  #emptyWakes = 0;
  /** The plug-in is in a call of ours that may not deliver. */
  #busy = false;
  #delivering = false;
  #ended = false;
  #fault: TransportError | undefined;
  /** What our own side threw while a frame was delivered: not the plug-in's. */
  #ownError: unknown;

  constructor(folder: string, interfaceName: string, outer: FrameSink, host: Host) {
    this.folder = folder;
    this.#interfaceName = interfaceName;
    this.#outer = outer;
    this.#host = host;
    this.sink = { onFrame: (frame) => this.#onFrame(frame), onFault: (error) => this.#onFault(error) };
  }

  /** Takes over what `open` resolved with. Throws a Refusal when it is no port, or breaks its own promises. */
  adopt(candidate: Port): void {
    if (typeof candidate !== 'object' || candidate === null || typeof candidate.close !== 'function') {
      throw new Refusal('BAD_PORT', 'open did not resolve with a port', AUTHOR_HINT);
    }
    if (this.#ended) {
      this.#attempt('close', () => candidate.close());
      throw new Refusal('OPEN_TIMEOUT', 'it was open when nobody wanted it any more', AUTHOR_HINT);
    }
    this.#inner = candidate;
    const capabilities = { ...candidate.capabilities };
    const { fd } = candidate;
    const lie = lieOf(candidate, capabilities, fd);
    if (lie !== undefined) throw new Refusal('BAD_PORT', lie, AUTHOR_HINT);
    this.#capabilities = Object.freeze(capabilities);
    this.#fd = capabilities.pollable ? fd : -1;
    this.#scratch = new Uint8Array(capabilities.maxFrameBytes);
    if (candidate.sendAll !== undefined) this.sendAll = (bytes, bounds, count) => this.#sendAll(bytes, bounds, count);
  }

  get capabilities(): Capabilities {
    return this.#capabilities!;
  }

  get fd(): number {
    return this.#fd;
  }

  /** A copy. */
  get stats(): Readonly<PortStats> {
    const counts = { ...NO_STATS };
    this.#attempt('stats', () => {
      // By name: they may be getters of a class, which no enumeration shows.
      const stats = this.#inner?.stats ?? NO_STATS;
      for (const name of STAT_NAMES) counts[name] = countOf(stats[name]);
    });
    return counts;
  }

  /** A copy. */
  get drops(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    this.#attempt('drops', () => {
      for (const [reason, count] of Object.entries(this.#inner?.drops ?? {})) counts[reason] = countOf(count);
    });
    return counts;
  }

  /** The descriptor woke the process; `valid` is false when there is no such descriptor any more. */
  woken(valid: boolean, delivered: number): void {
    this.#emptyWakes = delivered > 0 ? 0 : this.#emptyWakes + 1;
    if (!valid) this.fail('its descriptor was closed behind our back');
    else if (this.#emptyWakes > MOST_EMPTY_WAKES) this.fail('its descriptor is always ready, and there is no frame');
  }

  /** Gives the port up; told by the next `poll`. */
  fail(what: string): void {
    this.#fault ??= new TransportError('SYSTEM', `${this.#interfaceName}: ${what}`, {
      operation: 'guard',
      interfaceName: this.#interfaceName,
      hint: AUTHOR_HINT,
    });
  }

  poll(budget: number): number {
    if (this.#ownError !== undefined) throw this.#ownError;
    if (this.#ended || this.#busy) return 0;
    this.#delivered = 0;
    if (this.#fault === undefined) {
      try {
        const count: unknown = this.#inner!.poll(budget);
        if (typeof count !== 'number') this.fail(`poll returned ${oneLine(silenced(count))}`);
      } catch (error) {
        if (this.#ownError !== undefined) throw this.#ownError;
        this.fail(`poll threw: ${oneLine(error)}`);
      }
    }
    // A sink may have closed this port.
    if (this.#fault !== undefined && !this.#ended) {
      this.close();
      this.#outer.onFault(this.#fault);
    }
    return this.#delivered;
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#send('send', bytes, start, end);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#send('sendRouted', bytes, start, end);
  }

  openStation(options: StationOptions): VirtualStation {
    if (this.#ended || this.#capabilities?.virtualStations !== true) {
      throw new Refusal('BROKE_CONTRACT', 'it has no stations', AUTHOR_HINT);
    }
    let station: VirtualStation;
    try {
      station = this.#inner!.openStation!({ mac: options.mac.slice(), deviceName: options.deviceName });
      if (typeof station?.interfaceName !== 'string') throw new Error('it resolved with no station');
    } catch (error) {
      if (isTransportError(error)) throw error;
      throw new Refusal('THREW', `openStation failed: ${oneLine(error)}`, AUTHOR_HINT);
    }
    const { interfaceName } = station;
    return {
      interfaceName,
      carry: (wanted) => this.#attempt('carry', () => station.carry(wanted)),
      close: () => this.#attempt('close', () => station.close()),
    };
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    forgetGuard(this);
    this.#attempt('close', () => this.#inner?.close());
  }

  #send(method: 'send' | 'sendRouted', bytes: Uint8Array, start: number, end: number): SendResult {
    if (this.#ended || this.#fault !== undefined) return SendResult.NotOpen;
    const length = end - start;
    if (length > this.#scratch.length) return SendResult.TooLong;
    for (let index = 0; index < length; index++) this.#scratch[index] = bytes[start + index]!;
    let result: unknown = SendResult.Failed;
    this.#attempt(method, () => {
      result = this.#inner![method](this.#scratch, 0, length);
    });
    if (this.#fault !== undefined) return SendResult.Failed;
    if (Number.isInteger(result) && (result as number) >= 0 && (result as number) <= HIGHEST_SEND_RESULT) {
      return result as SendResult;
    }
    this.fail(`${method} returned ${oneLine(silenced(result))}`);
    return SendResult.Failed;
  }

  #sendAll(bytes: Uint8Array, bounds: Int32Array, count: number): number {
    if (this.#ended || this.#fault !== undefined) return 0;
    const lent = this.#batch.fill(bytes, bounds, count, this.#scratch.length);
    let result: unknown = 0;
    this.#attempt('sendAll', () => {
      result = this.#inner!.sendAll!(this.#batch.bytes, this.#batch.bounds, lent);
    });
    if (this.#fault !== undefined) return 0;
    if (Number.isInteger(result) && (result as number) >= 0 && (result as number) <= lent) return result as number;
    this.fail(`sendAll of ${lent} frames returned ${oneLine(silenced(result))}`);
    return 0;
  }

  #attempt(what: string, action: () => unknown): void {
    const wasBusy = this.#busy;
    this.#busy = true;
    try {
      silenced(action());
    } catch (error) {
      this.fail(`${what} threw: ${oneLine(error)}`);
    }
    this.#busy = wasBusy;
  }

  #onFrame(frame: Frame): void {
    if (this.#ended || this.#fault !== undefined || this.#capabilities === undefined) return;
    if (this.#busy || this.#delivering) {
      this.fail('it delivered a frame from inside another call');
      return;
    }
    if (!this.#take(frame)) return;
    this.#delivered++;
    this.#delivering = true;
    try {
      this.#outer.onFrame(this.#frame);
    } catch (error) {
      this.#ownError = error;
      throw error;
    } finally {
      this.#delivering = false;
    }
  }

  /** Copies what the frame says into our record if it can be true. */
  #take(frame: Frame): boolean {
    const own = this.#frame;
    try {
      own.bytes = frame.bytes;
      own.start = frame.start;
      own.end = frame.end;
      own.wireBytes = frame.wireBytes;
      own.at = frame.at;
      own.flags = frame.flags;
      own.vlanTci = frame.vlanTci;
    } catch (error) {
      this.fail(`it delivered no frame: ${oneLine(error)}`);
      return false;
    }
    const { bytes, start, end, at } = own;
    const isWhole = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end;
    if (!(bytes instanceof Uint8Array) || !isWhole || end > bytes.length || end - start > LONGEST_FRAME_BYTES) {
      this.fail(`it delivered a frame from ${oneLine(start)} to ${oneLine(end)} of ${bytes?.length ?? 'no'} octets`);
      return false;
    }
    if (!Number.isFinite(at)) {
      this.fail(`it delivered a frame of the instant ${oneLine(at)}`);
      return false;
    }
    // Contract or not, the time of the engine neither goes back nor runs ahead.
    own.at = Math.max(this.#lastAt, Math.min(at, this.#host.now()));
    this.#lastAt = own.at;
    return true;
  }

  #onFault(error: TransportError): void {
    if (this.#ended) return;
    if (isTransportError(error)) this.#fault ??= error;
    else this.fail(oneLine(error));
  }
}

/** What a port promises and does not keep, as far as one can see from outside. */
function lieOf(port: Port, capabilities: Capabilities, fd: number): string | undefined {
  for (const method of ['poll', 'send', 'sendRouted'] as const) {
    if (typeof port[method] !== 'function') return `its port has no function ${method}`;
  }
  if (port.sendAll !== undefined && typeof port.sendAll !== 'function') return 'the sendAll of its port is no function';
  const { medium, maxFrameBytes, pollable, virtualStations } = capabilities;
  if (medium !== 'ethernet' && medium !== 'ip') return `its medium is ${oneLine(medium)}`;
  if (!(maxFrameBytes > 0 && maxFrameBytes <= LONGEST_FRAME_BYTES))
    return `its longest frame is ${oneLine(maxFrameBytes)}`;
  if (typeof pollable !== 'boolean') return 'it does not say whether it is pollable';
  if (pollable && !isDescriptor(fd)) return `it says that it is pollable, and its descriptor is ${oneLine(fd)}`;
  if (virtualStations === true && typeof port.openStation !== 'function') {
    return 'it says that it has virtual stations, and has no function openStation';
  }
  return undefined;
}

function countOf(value: unknown): number {
  return Number.isFinite(value) ? (value as number) : 0;
}

function isDescriptor(fd: number): boolean {
  try {
    // Large numbers for the reason that the supervisor's socket has.
    fstatSync(fd, { bigint: true });
    return true;
  } catch {
    return false;
  }
}

/** The value itself; a promise among those that should be none may be rejected without ending the process. */
function silenced(value: unknown): unknown {
  if (value instanceof Promise) value.catch(() => {});
  return value;
}
