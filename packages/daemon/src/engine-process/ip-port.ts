/**
 * A port of a medium without link header, as the engine uses ports: its frames have an Ethernet header.
 *
 * What is sent loses the header. Gratuitous ARP has no meaning on such a medium and is passed over.
 */
import { ETHERNET_HEADER_BYTES, EtherType } from '@locum/protocol';
import type { Capabilities, Port, PortStats } from '@locum/transport';
import { SendResult } from '@locum/transport/contract';

const ETHER_TYPE_AT = 12;

export class IpPort implements Port {
  readonly capabilities: Capabilities;
  readonly fd: number;
  /** There when the port inside has it. */
  sendAll?: (bytes: Uint8Array, bounds: Int32Array, count: number) => number;
  readonly #inner: Port;
  /** Those of a batch, without headers and gratuitous ARP. */
  #bounds = new Int32Array(0);

  constructor(inner: Port) {
    this.#inner = inner;
    if (inner.sendAll !== undefined) this.sendAll = (bytes, bounds, count) => this.#sendAll(bytes, bounds, count);
    this.capabilities = inner.capabilities;
    this.fd = inner.fd;
  }

  get stats(): Readonly<PortStats> {
    return this.#inner.stats;
  }

  get drops(): Readonly<Record<string, number>> | undefined {
    return this.#inner.drops;
  }

  poll(budget: number): number {
    return this.#inner.poll(budget);
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (isArp(bytes, start)) return SendResult.Sent;
    return this.#inner.send(bytes, start + ETHERNET_HEADER_BYTES, end);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#inner.sendRouted(bytes, start, end);
  }

  close(): void {
    this.#inner.close();
  }

  #sendAll(bytes: Uint8Array, bounds: Int32Array, count: number): number {
    if (this.#bounds.length < 2 * count) this.#bounds = new Int32Array(2 * count);
    let packetCount = 0;
    for (let index = 0; index < count; index++) {
      const start = bounds[2 * index]!;
      if (isArp(bytes, start)) continue;
      this.#bounds[2 * packetCount] = start + ETHERNET_HEADER_BYTES;
      this.#bounds[2 * packetCount + 1] = bounds[2 * index + 1]!;
      packetCount++;
    }
    const sentCount = packetCount === 0 ? 0 : this.#inner.sendAll!(bytes, this.#bounds, packetCount);
    if (sentCount === packetCount) return count;
    // The first packet that was not sent ends the batch, wherever it stood among the gratuitous ARP.
    let before = 0;
    for (let index = 0; index < count; index++) {
      if (!isArp(bytes, bounds[2 * index]!) && before++ === sentCount) return index;
    }
    return count;
  }
}

function isArp(bytes: Uint8Array, start: number): boolean {
  return ((bytes[start + ETHER_TYPE_AT]! << 8) | bytes[start + ETHER_TYPE_AT + 1]!) === EtherType.Arp;
}
