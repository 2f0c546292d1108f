/**
 * Carries frames between the physical interface and the devices of stations: a packet socket of its own, beside that of
 * the adverts, which listens only while somebody carries.
 *
 * Frames pass as the kernel has them, with what is left undone of checksum and segmentation in front (the offload
 * header), so a segment of 64 KiB that the interface put together is carried in one piece.
 */
import {
  addPacketMembership,
  bindSocket,
  bpf,
  closeDescriptor,
  dropPacketMembership,
  Errno,
  ETHERTYPE_ALL,
  ignoreOutgoing,
  OFFLOAD_HEADER_BYTES,
  openPacketSocket,
  PacketMembership,
  packetAddress,
  ReceiveBatch,
  read,
  SocketLevel,
  SocketOption,
  setSocketOption,
  takePacketDrops,
  useOffloadHeader,
  write,
} from '@locum/linux';
import type { AddressBook } from './address-book.ts';
import { ARP_TARGET_AT, assembleCarrierFilter, SOLICITED_TARGET_AT } from './carrier-filter.ts';
import type { Station } from './station.ts';
import { letRead } from './tap-device.ts';

/** Frames that are carried in each direction before the adverts are looked at again. */
const FRAMES_AT_ONCE = 16;
/** Ethernet, a tag, and the longest IP packet that an interface puts together from segments. */
const LONGEST_FRAME_BYTES = 14 + 4 + 65535 + OFFLOAD_HEADER_BYTES;
/** Frames that wait to be carried, with the kernel's overhead; more are dropped and counted. */
const QUEUE_BYTES = 4 * 1024 * 1024;
/** Frames that the kernel sent while nobody carried; its queue for a device holds 1000. */
const MOST_STALE = 4096;

/** Counted since the first station was opened. */
export interface Carriage {
  /** Carried from the wire to a device. */
  readonly framesToStations: number;
  /** Carried from a device to the wire. */
  readonly framesToWire: number;
  /** Lost: the queue was full, or a device or the wire did not take the frame. */
  readonly framesDropped: number;
}

export class Carrier implements Carriage {
  readonly fd: number;
  framesToStations = 0;
  framesToWire = 0;

  readonly #interfaceIndex: number;
  readonly #book: AddressBook;
  readonly #batch = new ReceiveBatch(FRAMES_AT_ONCE, LONGEST_FRAME_BYTES);
  readonly #outgoing = new Uint8Array(LONGEST_FRAME_BYTES);
  /** Stations that carry, by the last octet of their MAC. */
  readonly #carrying: Station[][] = Array.from({ length: 256 }, () => []);
  #beginnings = '';
  #drops = 0;
  #hearsAllGroups = false;
  #open = true;

  /** @throws SystemError */
  constructor(interfaceIndex: number, book: AddressBook) {
    this.#interfaceIndex = interfaceIndex;
    this.#book = book;
    const fd = openPacketSocket();
    try {
      bpf.attachFilter(fd, assembleCarrierFilter([]));
      ignoreOutgoing(fd);
      useOffloadHeader(fd);
      setSocketOption(fd, SocketLevel.Socket, SocketOption.ReceiveBuffer, QUEUE_BYTES);
      bindSocket(fd, packetAddress(interfaceIndex, ETHERTYPE_ALL), 'bind AF_PACKET');
    } catch (error) {
      closeDescriptor(fd);
      throw error;
    }
    this.fd = fd;
  }

  get framesDropped(): number {
    if (this.#open) this.#drops += takePacketDrops(this.fd);
    return this.#drops;
  }

  /** @throws SystemError */
  start(station: Station): void {
    // What the kernel said before must not go out late.
    for (let count = 0; count < MOST_STALE && this.#take(station) >= 0; count++);
    letRead(station.fd, true);
    addPacketMembership(this.fd, this.#interfaceIndex, PacketMembership.Unicast, station.mac);
    this.#carrying[station.mac[5]!]!.push(station);
    this.#refilter();
  }

  /** @throws SystemError */
  stop(station: Station): void {
    const neighbours = this.#carrying[station.mac[5]!]!;
    const index = neighbours.indexOf(station);
    if (index >= 0) neighbours.splice(index, 1);
    this.#refilter();
    letRead(station.fd, false);
    if (index >= 0) dropPacketMembership(this.fd, this.#interfaceIndex, PacketMembership.Unicast, station.mac);
  }

  /** Lets every group through the interface's own filter, for as long as this is open. @throws SystemError */
  hearAllGroups(): void {
    if (this.#hearsAllGroups) return;
    addPacketMembership(this.fd, this.#interfaceIndex, PacketMembership.AllMulticast);
    this.#hearsAllGroups = true;
  }

  /** Carries frames that have arrived on the interface to the stations that they are for, a bounded number. */
  toStations(): void {
    const batch = this.#batch;
    const count = batch.receive(this.fd);
    for (let index = 0; index < count; index++) {
      const start = index * batch.slotBytes;
      const station = this.#addressee(batch.bytes, start + OFFLOAD_HEADER_BYTES);
      if (station === undefined) continue;
      const whole = !batch.truncated(index);
      if (whole && write(station.fd, batch.bytes, start, start + batch.length(index)) >= 0) this.framesToStations++;
      else this.#drops++;
    }
  }

  /** Carries frames that the kernel sent out of a station's device to the wire, a bounded number. */
  toWire(station: Station): void {
    for (let count = 0; count < FRAMES_AT_ONCE; count++) {
      const length = this.#take(station);
      if (length < 0) return;
      if (!station.carrying) continue;
      if (write(this.fd, this.#outgoing, 0, length) >= 0) this.framesToWire++;
      else this.#drops++;
    }
  }

  close(): void {
    this.#drops = this.framesDropped;
    this.#open = false;
    closeDescriptor(this.fd);
  }

  /** Reads one frame of a device: its length, or -errno. */
  #take(station: Station): number {
    const length = read(station.fd, this.#outgoing, 0, this.#outgoing.length);
    return length === 0 ? -Errno.EAGAIN : length;
  }

  /** Whom the frame at `at` is for; the filter has seen to it that the octets are there. */
  #addressee(bytes: Uint8Array, at: number): Station | undefined {
    if ((bytes[at]! & 1) !== 0) {
      const arp = bytes[at + 12] === 0x08;
      const target = at + (arp ? ARP_TARGET_AT : SOLICITED_TARGET_AT);
      return this.#book.find(bytes, target, target + (arp ? 4 : 16));
    }
    const candidates = this.#carrying[bytes[at + 5]!]!;
    for (let index = 0; index < candidates.length; index++) {
      const { mac } = candidates[index]!;
      let octet = 0;
      while (octet < 5 && mac[octet] === bytes[at + octet]) octet++;
      if (octet === 5) return candidates[index];
    }
    return undefined;
  }

  #refilter(): void {
    const beginnings = new Set<number>();
    for (const { mac } of this.#carrying.flat()) beginnings.add(new DataView(mac.buffer, mac.byteOffset).getUint32(0));
    const sorted = [...beginnings].sort();
    const key = sorted.join();
    if (key === this.#beginnings) return;
    this.#beginnings = key;
    bpf.attachFilter(this.fd, assembleCarrierFilter(sorted));
  }
}
