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
  readonly #inner: Port;

  constructor(inner: Port) {
    this.#inner = inner;
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
    const etherType = (bytes[start + ETHER_TYPE_AT]! << 8) | bytes[start + ETHER_TYPE_AT + 1]!;
    if (etherType === EtherType.Arp) return SendResult.Sent;
    return this.#inner.send(bytes, start + ETHERNET_HEADER_BYTES, end);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    return this.#inner.sendRouted(bytes, start, end);
  }

  close(): void {
    this.#inner.close();
  }
}
