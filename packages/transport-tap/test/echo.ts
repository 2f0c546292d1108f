/**
 * A client that asks by UDP, and a server on an address that answers: sockets in namespaces, without a program.
 */
import { readFileSync } from 'node:fs';
import {
  AddressFamily,
  bindSocket,
  closeDescriptor,
  inet6Address,
  inetAddress,
  openSocket,
  receive,
  SocketType,
  sendTo,
} from '@locum/linux';
import type { Host } from './segment.ts';

const PORT = 4112;

const socketAddress = (address: Uint8Array): Uint8Array =>
  address.length === 4 ? inetAddress(address, PORT) : inet6Address(address, PORT);

class Endpoint {
  readonly fd: number;
  protected readonly bytes = new Uint8Array(64);

  constructor(host: Host, family: number) {
    this.fd = host.namespace.run(() => openSocket(family, SocketType.Datagram | SocketType.NonBlocking, 0));
  }

  close(): void {
    closeDescriptor(this.fd);
  }
}

const familyOf = (address: Uint8Array): number => (address.length === 4 ? AddressFamily.Inet : AddressFamily.Inet6);

/** Sends every datagram back from the address that it came to. */
export class EchoServer extends Endpoint {
  readonly #from: Uint8Array;

  constructor(host: Host, address: Uint8Array) {
    super(host, familyOf(address));
    this.#from = socketAddress(address);
    bindSocket(this.fd, socketAddress(address));
  }

  poll(): void {
    for (;;) {
      const count = receive(this.fd, this.bytes, 0, this.bytes.length, 0, this.#from);
      if (count < 0) return;
      sendTo(this.fd, this.bytes, 0, count, this.#from, 0);
    }
  }
}

/** Asks one server, again and again. */
export class EchoClient extends Endpoint {
  answers = 0;
  readonly #to: Uint8Array;

  constructor(host: Host, address: Uint8Array) {
    super(host, familyOf(address));
    this.#to = socketAddress(address);
  }

  ask(): void {
    sendTo(this.fd, this.bytes, 0, 8, this.#to, 0);
  }

  poll(): void {
    while (receive(this.fd, this.bytes, 0, this.bytes.length, 0) >= 0) this.answers++;
  }
}

/** The MAC that a host has in its ARP table for an address; undefined while it has none. */
export function arpEntry(host: Host, address: Uint8Array): string | undefined {
  const table = host.namespace.run(() => readFileSync('/proc/thread-self/net/arp', 'utf8'));
  for (const line of table.split('\n').slice(1)) {
    const [entry, , flags, mac] = line.split(/\s+/);
    // ATF_COM: the entry is complete.
    if (entry === address.join('.') && (Number(flags) & 0x2) !== 0) return mac;
  }
  return undefined;
}
