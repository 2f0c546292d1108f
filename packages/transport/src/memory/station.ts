/**
 * One network interface on a memory LAN: its cable, its carrier, its MAC filter, its neighbour table and its ports.
 *
 * Frames addressed to its MAC, to a group that one of its ports joined, or to everybody pass the filter; the rest is
 * flooded in vain, as on a switch.
 */
import { type Micros, SendResult, type Transport } from '../contract.ts';
import { TransportError } from '../error.ts';
import type { MemoryLan } from './lan.ts';
import type { CutDirection, MemoryStationOptions } from './options.ts';
import type { MemoryPort } from './port.ts';
import { createMemoryTransport } from './transport.ts';
import type { MemoryVirtualStation } from './virtual-station.ts';

export class MemoryStation {
  readonly lan: MemoryLan;
  readonly interfaceName: string;
  readonly mac: Uint8Array;
  /** Addresses that others' `sendRouted` finds here. May be changed at any time. */
  addresses: readonly Uint8Array[];
  /** A transport whose only interface this station is. */
  readonly transport: Transport;
  /** Stations that do not hear this one; changed through {@link MemoryLan.cut}. */
  readonly unreachable = new Set<MemoryStation>();
  /** Stations behind this one's ports; they add and remove themselves. */
  readonly virtualStations = new Set<MemoryVirtualStation>();
  readonly #ports: MemoryPort[] = [];
  #sendCut = false;
  #receiveCut = false;
  #carrier = true;
  #present = true;

  constructor(lan: MemoryLan, index: number, options: MemoryStationOptions) {
    this.lan = lan;
    this.interfaceName = options.interfaceName;
    this.mac = options.mac ?? Uint8Array.of(0x02, 0, 0, 0, index >>> 8, index & 0xff);
    this.addresses = options.addresses ?? [];
    this.transport = createMemoryTransport([this]);
  }

  /** False after {@link remove}. */
  get present(): boolean {
    return this.#present;
  }

  /** Cuts the cable without a word: `send` goes on saying Sent, nothing arrives. */
  cut(direction: CutDirection = 'both'): void {
    if (direction !== 'receive') this.#sendCut = true;
    if (direction !== 'send') this.#receiveCut = true;
  }

  heal(): void {
    this.#sendCut = false;
    this.#receiveCut = false;
  }

  /** Without a carrier `send` says LinkDown and nothing arrives. */
  setCarrier(up: boolean): void {
    this.#carrier = up;
  }

  /** Removes the interface: each open port reports LINK_GONE at its next `poll`, and none can be opened again. */
  remove(): void {
    this.#present = false;
    const error = new TransportError('LINK_GONE', `interface ${this.interfaceName} was removed`, {
      operation: 'receive',
      interfaceName: this.interfaceName,
      hint: 'Create the interface again and open a new port.',
    });
    for (const port of this.#ports) port.fail(error);
  }

  attach(port: MemoryPort): void {
    this.#ports.push(port);
  }

  detach(port: MemoryPort): void {
    const index = this.#ports.indexOf(port);
    if (index >= 0) this.#ports.splice(index, 1);
  }

  /** Called by the station's ports. */
  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#carrier || !this.#present) return SendResult.LinkDown;
    if (end - start > this.lan.maxFrameBytes) return SendResult.TooLong;
    if (start < 0 || end > bytes.length || end - start < 14) return SendResult.Failed;
    if (this.#sendCut) return SendResult.Sent;
    return this.lan.carry(this, bytes, start, end);
  }

  /** Whether the address in `bytes` is set here. */
  owns(bytes: Uint8Array, start: number, count: number): boolean {
    return this.addresses.some(
      (address) => address.length === count && address.every((octet, index) => octet === bytes[start + index]),
    );
  }

  /**
   * MAC of whoever owns an address on this LAN, read from `bytes`: another station, or a device behind its ports that
   * would hear the question.
   */
  neighbourMac(bytes: Uint8Array, start: number, count: number): Uint8Array | undefined {
    for (const station of this.lan.stations) {
      if (station === this) continue;
      if (station.owns(bytes, start, count)) return station.mac;
      for (const { carrying, device } of station.virtualStations) {
        if (carrying && device.owns(bytes, start, count)) return device.mac;
      }
    }
    return undefined;
  }

  /** Called by the LAN when a frame reaches this end of the cable. */
  arrive(bytes: Uint8Array, count: number, arrivesAt: Micros): void {
    if (this.#receiveCut || !this.#carrier || !this.#present) return;
    for (const station of this.virtualStations) station.arrive(bytes, count);
    if (!this.#accepts(bytes)) return;
    for (const port of this.#ports) port.arrive(bytes, count, arrivesAt);
  }

  #accepts(bytes: Uint8Array): boolean {
    if ((bytes[0]! & 1) === 0) return startsWith(bytes, this.mac);
    if (isBroadcast(bytes)) return true;
    for (const port of this.#ports) {
      for (const mac of port.groupMacs) if (startsWith(bytes, mac)) return true;
    }
    return false;
  }
}

function startsWith(bytes: Uint8Array, mac: Uint8Array): boolean {
  for (let index = 0; index < 6; index++) if (bytes[index] !== mac[index]) return false;
  return true;
}

function isBroadcast(bytes: Uint8Array): boolean {
  for (let index = 0; index < 6; index++) if (bytes[index] !== 0xff) return false;
  return true;
}
