/**
 * A raw port with stations of their own behind it. Its adverts go before everything that is carried.
 */
import { Epoll } from '@locum/linux';
import {
  type Capabilities,
  type Port,
  type PortStats,
  type SendResult,
  type StationOptions,
  TransportError,
  type VirtualStation,
} from '@locum/transport';
import type { Carriage } from './carrier.ts';
import { tapError } from './failure.ts';
import type { GuardedSink } from './guarded-sink.ts';
import { StationSet } from './station-set.ts';

const NOTHING_CARRIED: Carriage = Object.freeze({ framesToStations: 0, framesToWire: 0, framesDropped: 0 });

export class VirtualMacPort implements Port {
  readonly capabilities: Capabilities;
  readonly fd: number;
  readonly stats: Readonly<PortStats>;

  readonly #interfaceName: string;
  readonly #raw: Port;
  readonly #sink: GuardedSink;
  readonly #epoll = new Epoll(1);
  #stations: StationSet | undefined;
  #polling = false;
  #open = true;

  /** Takes the raw port over, which delivers to `sink`. */
  constructor(interfaceName: string, raw: Port, sink: GuardedSink) {
    this.#interfaceName = interfaceName;
    this.#raw = raw;
    this.#sink = sink;
    this.capabilities = Object.freeze({ ...raw.capabilities, virtualStations: true });
    this.stats = raw.stats;
    this.#epoll.add(raw.fd, 0);
    this.fd = this.#epoll.fd;
  }

  /** What was carried to and from stations. */
  get carriage(): Carriage {
    return this.#stations?.carrier ?? NOTHING_CARRIED;
  }

  get drops(): Readonly<Record<string, number>> {
    return { 'not carried': this.carriage.framesDropped };
  }

  poll(budget: number): number {
    if (this.#polling || !this.#open || this.#sink.faulted) return 0;
    this.#polling = true;
    try {
      const count = this.#raw.poll(budget);
      if (this.#open && !this.#sink.faulted) this.#stations?.poll();
      return count;
    } finally {
      this.#polling = false;
    }
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#raw.send(bytes, start, end);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#raw.sendRouted(bytes, start, end);
  }

  openStation(options: StationOptions): VirtualStation {
    if (!this.#open)
      throw new TransportError('LINK_GONE', `${this.#interfaceName}: the port is closed`, {
        operation: 'open station',
        interfaceName: this.#interfaceName,
        hint: 'Open a new port.',
      });
    this.#stations ??= this.#makeStations();
    return this.#stations.open(options);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stations?.close();
    this.#epoll.close();
    this.#raw.close();
  }

  #makeStations(): StationSet {
    try {
      const stations = new StationSet(this.#interfaceName, (error) => this.#sink.onFault(error));
      this.#epoll.add(stations.fd, 1);
      return stations;
    } catch (error) {
      throw tapError(error, this.#interfaceName);
    }
  }
}
