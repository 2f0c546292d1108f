/**
 * Gratuitous ARP (RFC 5227 section 3): how a router that became Active tells the hosts where the address is.
 *
 * The request form with a broadcast target MAC, as keepalived and FRR send it; receivers ignore the target MAC.
 * The reader is for `locum decode` and tests; the engine never reads ARP.
 */
import { addressesEqual } from './address.ts';
import { readWord, writeWord } from './checksum.ts';
import { BROADCAST_MAC, EtherType, sourceMacStart, writeEthernetHeader } from './ethernet.ts';

const HARDWARE = 0;
const PROTOCOL = 2;
const LENGTHS = 4;
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_ADDRESS = 14;
const TARGET_MAC = 18;
const TARGET_ADDRESS = 24;

export const ARP_BYTES = 28;
/** Octets of the frame that {@link writeGratuitousArp} writes. */
export const GRATUITOUS_ARP_FRAME_BYTES = 42;

const ETHERNET = 1;
const MAC_AND_ADDRESS_LENGTHS = 0x0604;

export const ArpOperation = { Request: 1, Reply: 2 } as const;

/** Writes a broadcast frame that announces `address` (4 octets) at `mac` (6 octets); returns its end. */
export function writeGratuitousArp(bytes: Uint8Array, start: number, mac: Uint8Array, address: Uint8Array): number {
  const at = writeEthernetHeader(bytes, start, BROADCAST_MAC, mac, EtherType.Arp);
  writeWord(bytes, at + HARDWARE, ETHERNET);
  writeWord(bytes, at + PROTOCOL, EtherType.Ipv4);
  writeWord(bytes, at + LENGTHS, MAC_AND_ADDRESS_LENGTHS);
  writeWord(bytes, at + OPERATION, ArpOperation.Request);
  for (let index = 0; index < 6; index++) {
    bytes[at + SENDER_MAC + index] = mac[index]!;
    bytes[at + TARGET_MAC + index] = 0xff;
  }
  for (let index = 0; index < 4; index++) {
    bytes[at + SENDER_ADDRESS + index] = address[index]!;
    bytes[at + TARGET_ADDRESS + index] = address[index]!;
  }
  return at + ARP_BYTES;
}

/** What {@link readArp} says about an ARP packet. */
export interface ArpReading {
  /** `gratuitous`: sender and target address are the same, and not zero. */
  readonly kind: 'gratuitous' | 'other' | 'malformed';
  /** Why a packet is malformed, or what makes a gratuitous one useless to its receivers; undefined when it is fine. */
  readonly problem: string | undefined;
  readonly operation: number;
  /** Offsets into the bytes; -1 when malformed. */
  readonly senderMacStart: number;
  readonly senderAddressStart: number;
}

/** Reads the ARP packet in `[start, end)`; `frameStart` is the Ethernet header, or -1 without one. */
export function readArp(bytes: Uint8Array, start: number, end: number, frameStart: number): ArpReading {
  if (end - start < ARP_BYTES) return malformed('shorter than 28 octets');
  if (readWord(bytes, start + HARDWARE) !== ETHERNET || readWord(bytes, start + PROTOCOL) !== EtherType.Ipv4) {
    return malformed('not Ethernet and IPv4');
  }
  if (readWord(bytes, start + LENGTHS) !== MAC_AND_ADDRESS_LENGTHS) return malformed('address lengths are not 6 and 4');
  const operation = readWord(bytes, start + OPERATION);
  if (operation !== ArpOperation.Request && operation !== ArpOperation.Reply) {
    return malformed(`operation ${operation} is neither request nor reply`);
  }
  const sender = start + SENDER_ADDRESS;
  const isZero = (readWord(bytes, sender) | readWord(bytes, sender + 2)) === 0;
  const isGratuitous = !isZero && addressesEqual(bytes, sender, bytes, start + TARGET_ADDRESS, 4);
  return {
    kind: isGratuitous ? 'gratuitous' : 'other',
    problem: isGratuitous ? problemOf(bytes, start, frameStart) : undefined,
    operation,
    senderMacStart: start + SENDER_MAC,
    senderAddressStart: sender,
  };
}

function malformed(problem: string): ArpReading {
  return { kind: 'malformed', problem, operation: 0, senderMacStart: -1, senderAddressStart: -1 };
}

function problemOf(bytes: Uint8Array, start: number, frameStart: number): string | undefined {
  const mac = start + SENDER_MAC;
  if ((bytes[mac]! & 1) !== 0) return 'the sender MAC is a group address';
  if (frameStart < 0) return undefined;
  if (!addressesEqual(bytes, mac, bytes, sourceMacStart(frameStart), 6)) {
    return 'the sender MAC is not the source of the frame';
  }
  if (!addressesEqual(bytes, frameStart, BROADCAST_MAC, 0, 6)) return 'the frame is not broadcast';
  return undefined;
}
