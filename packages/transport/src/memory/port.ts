/**
 * A port on a memory LAN: filters what arrives, queues it in an arena of its own, and lends it to the sink on `poll`.
 */
import {
  type Capabilities,
  type Frame,
  FrameFlag,
  type FrameSink,
  type Host,
  type Micros,
  type Port,
  type PortOptions,
  type PortStats,
  SendResult,
  type StationOptions,
  type VirtualStation,
} from '../contract.ts';
import { TransportError } from '../error.ts';
import type { MemoryStation } from './station.ts';
import { MemoryVirtualStation } from './virtual-station.ts';

const ETHERNET_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;

export class MemoryPort implements Port {
  readonly capabilities: Capabilities;
  readonly fd = -1;
  readonly stats: PortStats = { framesReceived: 0, framesSent: 0, framesDropped: 0, sendFailures: 0 };
  /** MAC addresses of the groups this port joined. */
  readonly groupMacs: readonly Uint8Array[];
  readonly #station: MemoryStation;
  readonly #sink: FrameSink;
  readonly #host: Host;
  readonly #wanted = new Uint8Array(256);
  readonly #slotBytes: number;
  readonly #slotCount: number;
  readonly #arena: Uint8Array;
  readonly #arrivesAt: Float64Array;
  readonly #frameBytes: Uint32Array;
  readonly #wireBytes: Uint32Array;
  readonly #flags: Uint8Array;
  readonly #vlanTci: Uint16Array;
  readonly #frame: Frame;
  readonly #routed: Uint8Array;
  readonly #virtualStations: MemoryVirtualStation[] = [];
  #first = 0;
  #queued = 0;
  #lastAt: Micros = -Infinity;
  #polling = false;
  #closed = false;
  #fault: TransportError | undefined;

  constructor(station: MemoryStation, capabilities: Capabilities, options: PortOptions, sink: FrameSink, host: Host) {
    this.capabilities = capabilities;
    this.groupMacs = options.groups.map(groupMac);
    this.#station = station;
    this.#sink = sink;
    this.#host = host;
    for (const protocol of options.filter.ipProtocols) this.#wanted[protocol] = 1;
    const { queueFrames, maxFrameBytes } = station.lan;
    this.#slotBytes = maxFrameBytes;
    this.#slotCount = queueFrames;
    this.#arena = new Uint8Array(queueFrames * maxFrameBytes);
    this.#arrivesAt = new Float64Array(queueFrames);
    this.#frameBytes = new Uint32Array(queueFrames);
    this.#wireBytes = new Uint32Array(queueFrames);
    this.#flags = new Uint8Array(queueFrames);
    this.#vlanTci = new Uint16Array(queueFrames);
    this.#frame = { bytes: this.#arena, start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
    this.#routed = new Uint8Array(maxFrameBytes);
    station.attach(this);
  }

  poll(budget: number): number {
    if (this.#polling || this.#closed) return 0;
    this.#polling = true;
    let count = 0;
    try {
      // The host's clock is read first: a stamp may then be early by the time between two reads, never in the future.
      const hostNow = this.#host.now();
      const lanNow = this.#station.lan.clock.now();
      this.#station.lan.advance(lanNow);
      while (count < budget && this.#queued > 0 && !this.#closed) {
        count += 1;
        this.#deliver(hostNow - lanNow);
      }
      if (this.#fault !== undefined && this.#queued === 0 && !this.#closed) this.#reportFault(this.#fault);
    } finally {
      this.#polling = false;
    }
    return count;
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (this.#closed) return SendResult.NotOpen;
    const result = this.#station.send(bytes, start, end);
    if (result === SendResult.Sent) this.stats.framesSent += 1;
    else if (result === SendResult.Failed) this.stats.sendFailures += 1;
    return result;
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    if (this.#closed) return SendResult.NotOpen;
    const count = ETHERNET_BYTES + end - start;
    if (count > this.#routed.length) return SendResult.TooLong;
    const version = bytes[start]! >>> 4;
    const neighbourMac =
      version === 6
        ? this.#station.neighbourMac(bytes, start + 24, 16)
        : this.#station.neighbourMac(bytes, start + 16, 4);
    // A host that finds no neighbour says so to nobody: the packet is lost after it was sent.
    if (neighbourMac === undefined) return SendResult.Sent;
    const type = version === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    for (let index = 0; index < 6; index++) {
      this.#routed[index] = neighbourMac[index]!;
      this.#routed[6 + index] = this.#station.mac[index]!;
    }
    this.#routed[12] = type >>> 8;
    this.#routed[13] = type & 0xff;
    for (let index = start; index < end; index++) this.#routed[ETHERNET_BYTES + index - start] = bytes[index]!;
    return this.send(this.#routed, 0, count);
  }

  openStation(options: StationOptions): VirtualStation {
    if (this.#closed) {
      throw new TransportError('LINK_GONE', `the port on ${this.#station.interfaceName} is closed`, {
        operation: 'open memory station',
        interfaceName: this.#station.interfaceName,
        hint: 'Open a new port.',
      });
    }
    const station = new MemoryVirtualStation(this.#station, options);
    this.#virtualStations.push(station);
    return station;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const station of this.#virtualStations) station.close();
    this.#station.detach(this);
  }

  /** Called by the station when the interface is gone; said to the sink after what had arrived before. */
  fail(error: TransportError): void {
    this.#fault ??= error;
  }

  /** Called by the station with a frame that passed its MAC filter. Copies what the port's own filter wants. */
  arrive(bytes: Uint8Array, wireBytes: number, arrivesAt: Micros): void {
    if (wireBytes < ETHERNET_BYTES) return;
    const tagged = etherType(bytes, 12) === ETHERTYPE_VLAN && wireBytes >= ETHERNET_BYTES + VLAN_TAG_BYTES;
    const removed = tagged ? VLAN_TAG_BYTES : 0;
    if (!this.#wants(bytes, removed, wireBytes)) return;
    if (this.#queued === this.#slotCount) {
      this.stats.framesDropped += 1;
      return;
    }
    const slot = (this.#first + this.#queued) % this.#slotCount;
    const offset = slot * this.#slotBytes;
    const count = Math.min(wireBytes - removed, this.#slotBytes);
    for (let index = 0; index < 12; index++) this.#arena[offset + index] = bytes[index]!;
    for (let index = 12; index < count; index++) this.#arena[offset + index] = bytes[removed + index]!;
    this.#arrivesAt[slot] = arrivesAt;
    this.#frameBytes[slot] = count;
    this.#wireBytes[slot] = wireBytes;
    this.#flags[slot] = (tagged ? FrameFlag.Vlan : 0) | (count < wireBytes - removed ? FrameFlag.Truncated : 0);
    this.#vlanTci[slot] = tagged ? etherType(bytes, 14) : 0;
    this.#queued += 1;
  }

  #deliver(hostAheadUs: Micros): void {
    const slot = this.#first;
    const frame = this.#frame;
    frame.bytes = this.#arena;
    frame.start = slot * this.#slotBytes;
    frame.end = frame.start + this.#frameBytes[slot]!;
    frame.wireBytes = this.#wireBytes[slot]!;
    this.#lastAt = Math.max(this.#lastAt, this.#arrivesAt[slot]! + hostAheadUs);
    frame.at = this.#lastAt;
    frame.flags = this.#flags[slot]!;
    frame.vlanTci = this.#vlanTci[slot]!;
    this.stats.framesReceived += 1;
    try {
      this.#sink.onFrame(frame);
    } finally {
      // The slot is free only when the loan has ended: frames that arrive meanwhile go elsewhere.
      this.#first = (slot + 1) % this.#slotCount;
      this.#queued -= 1;
    }
  }

  #reportFault(error: TransportError): void {
    this.close();
    this.#sink.onFault(error);
  }

  #wants(bytes: Uint8Array, removed: number, wireBytes: number): boolean {
    const type = etherType(bytes, 12 + removed);
    const ip = ETHERNET_BYTES + removed;
    if (type === ETHERTYPE_IPV4) return wireBytes > ip + 9 && this.#wanted[bytes[ip + 9]!] === 1;
    if (type === ETHERTYPE_IPV6) return wireBytes > ip + 6 && this.#wanted[bytes[ip + 6]!] === 1;
    return false;
  }
}

function etherType(bytes: Uint8Array, start: number): number {
  return (bytes[start]! << 8) | bytes[start + 1]!;
}

/** RFC 1112 section 6.4 and RFC 2464 section 7. */
function groupMac(group: Uint8Array): Uint8Array {
  if (group.length === 4) return Uint8Array.of(0x01, 0x00, 0x5e, group[1]! & 0x7f, group[2]!, group[3]!);
  return Uint8Array.of(0x33, 0x33, group[12]!, group[13]!, group[14]!, group[15]!);
}
