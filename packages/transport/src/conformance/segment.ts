/**
 * What the author of a transport gives to the conformance suite: two interfaces on one isolated segment.
 */
import type { Transport } from '../contract.ts';

/** One end of the segment. The suite opens and closes ports on it, several times in a row. */
export interface SegmentEnd {
  readonly transport: Transport;
  readonly interfaceName: string;
  /** The interface's own MAC, 6 octets. Needed where the medium is Ethernet. */
  readonly mac?: Uint8Array;
  /** An IPv4 address of this interface that the other end can reach, 4 octets. Needed where `routesUnicast` is declared. */
  readonly address?: Uint8Array;
  /** An IPv6 address of this interface, 16 octets. Needed at end B where `virtualStations` and `routesUnicast` are declared. */
  readonly address6?: Uint8Array;
  /** Options that every port on this end needs, the transport's option block; a case may add to them. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Two ends that hear each other and nobody else. Made afresh for each case and closed after it. */
export interface Segment {
  readonly a: SegmentEnd;
  readonly b: SegmentEnd;
  /** Puts a frame of a third party on the segment, link header included, so that both ends hear it. */
  inject?(bytes: Uint8Array): void | Promise<void>;
  /** Takes the link of end A away as the author's medium does: interface removed, device unplugged, carrier lost. */
  takeLinkFromA?(): void | Promise<void>;
  /**
   * The device called `name` on the host of A, as another program on that host has it, or undefined where there is none.
   * Needed where `virtualStations` is declared.
   */
  deviceOfA?(name: string): SegmentEnd | undefined;
  /**
   * Sets an address of 4 or 16 octets on the device called `name` on the host of A, as the daemon does: usable at once.
   * Needed where `virtualStations` and `routesUnicast` are declared; the address is one of the network of B's own.
   */
  setAddressOnDeviceOfA?(name: string, address: Uint8Array): void | Promise<void>;
  /** Called between polls; a segment in virtual time moves its clock here. */
  advance?(): void;
  /** Leaves nothing behind. Called once, also after a failed case. */
  close(): void | Promise<void>;
}

export type SegmentFactory = () => Segment | Promise<Segment>;
