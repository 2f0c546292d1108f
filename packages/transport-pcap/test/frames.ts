/** Frames for tests of the pcap transport, built octet by octet, and a sink that writes down what it is given. */
import type { Frame, FrameSink, TransportError } from '@locum/transport';

export const GROUP_MAC = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 0x12);
export const IPV4_GROUP = Uint8Array.of(224, 0, 0, 18);
export const IPV6_GROUP = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
const SOURCE_MAC = Uint8Array.of(0, 0, 0x5e, 0, 1, 7);

const ethernet = (destination: Uint8Array, ...type: number[]): number[] => [...destination, ...SOURCE_MAC, ...type];

/** An IPv4 frame with `payload` behind its header. `fragment` is the flags and offset field. */
export function ipv4Frame(
  protocol: number,
  payload: Uint8Array,
  destination: Uint8Array = GROUP_MAC,
  fragment = 0,
): Uint8Array {
  const length = 20 + payload.length;
  const frame = Uint8Array.of(
    ...ethernet(destination, 0x08, 0x00),
    ...[0x45, 0xc0, length >> 8, length & 0xff, 0, 0, fragment >> 8, fragment & 0xff, 255, protocol, 0, 0],
    ...[192, 0, 2, 2, ...IPV4_GROUP],
    ...payload,
  );
  // Bridges with netfilter drop packets with a wrong header checksum.
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += (frame[at]! << 8) | frame[at + 1]!;
  sum = (sum & 0xffff) + (sum >> 16);
  frame[24] = (~sum >> 8) & 0xff;
  frame[25] = ~sum & 0xff;
  return frame;
}

/** An IPv6 frame. The payload begins with what `nextHeader` names. */
export function ipv6Frame(nextHeader: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(
    ...ethernet(Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x12), 0x86, 0xdd),
    ...[0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, nextHeader, 255],
    ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, ...IPV6_GROUP],
    ...payload,
  );
}

/** Puts an 802.1Q tag into a frame. */
export function tagged(frame: Uint8Array, tci: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0x00, tci >> 8, tci & 0xff, ...frame.subarray(12));
}

/** `count` octets that differ from their neighbours. */
export function pattern(count: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (seed + index * 7) & 0xff);
}

/** Keeps a copy of each frame and every fault. */
export class Witness implements FrameSink {
  readonly frames: Frame[] = [];
  readonly faults: TransportError[] = [];
  /** Called within the loan. */
  during: ((frame: Frame) => void) | undefined;

  onFrame(frame: Frame): void {
    this.frames.push({ ...frame, bytes: frame.bytes.slice(frame.start, frame.end) });
    this.during?.(frame);
  }

  onFault(error: TransportError): void {
    this.faults.push(error);
  }
}
