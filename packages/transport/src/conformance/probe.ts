/**
 * The frames that the suite sends: small IP packets which carry a serial number, and how to find it again.
 *
 * A probe is a VRRP packet by its protocol number, so that the filter lets it pass, and nonsense by its content, so
 * that no router believes it.
 */
import type { Frame, Medium } from '../contract.ts';

export const PROBE_PROTOCOL = 112;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const MARK = Uint8Array.of(0x4c, 0x6f, 0x63, 0x75, 0x6d, 0x21);
const PAYLOAD_BYTES = 40;

export const IPV4_GROUP = Uint8Array.of(224, 0, 0, 18);
export const IPV6_GROUP = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
const IPV4_GROUP_MAC = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 0x12);
const IPV6_GROUP_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x12);
const STRANGER_MAC = Uint8Array.of(0x02, 0, 0, 0xfe, 0, 1);
const STRANGER_ADDRESS = Uint8Array.of(192, 0, 2, 99);
const STRANGER_ADDRESS_6 = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99);

export interface ProbeOptions {
  readonly medium: Medium;
  readonly serial: number;
  readonly family?: 4 | 6;
  readonly protocol?: number;
  readonly sourceMac?: Uint8Array | undefined;
  readonly destinationMac?: Uint8Array | undefined;
  /** Of the family, as is the destination. */
  readonly sourceAddress?: Uint8Array | undefined;
  readonly destinationAddress?: Uint8Array | undefined;
  /** Whole length, link header included; the payload is filled up to it. */
  readonly frameBytes?: number;
  /** 802.1Q tag control information to put in front of the EtherType. */
  readonly vlanTci?: number;
}

/** Builds a probe, beginning with the link header of the medium. */
export function buildProbe(options: ProbeOptions): Uint8Array {
  const packet = options.family === 6 ? buildIpv6(options) : buildIpv4(options);
  if (options.medium === 'ip') return packet;
  const groupMac = options.family === 6 ? IPV6_GROUP_MAC : IPV4_GROUP_MAC;
  const type = options.family === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  const { vlanTci } = options;
  const tag = vlanTci === undefined ? [] : [0x81, 0x00, vlanTci >>> 8, vlanTci & 0xff];
  return Uint8Array.of(
    ...(options.destinationMac ?? groupMac),
    ...(options.sourceMac ?? STRANGER_MAC),
    ...tag,
    ...type,
    ...packet,
  );
}

/** The serial number of a probe, or -1 for any other frame. Trusts the IP header for where the payload begins. */
export function serialOf(medium: Medium, frame: Pick<Frame, 'bytes' | 'start' | 'end'>): number {
  const ip = frame.start + (medium === 'ethernet' ? ETHERNET_BYTES : 0);
  const version = (frame.bytes[ip] ?? 0) >>> 4;
  const headerBytes = version === 6 ? IPV6_BYTES : ((frame.bytes[ip] ?? 0) & 0x0f) * 4;
  const mark = ip + headerBytes;
  if (mark + MARK.length + 2 > frame.end) return -1;
  for (let index = 0; index < MARK.length; index++) if (frame.bytes[mark + index] !== MARK[index]) return -1;
  return (frame.bytes[mark + MARK.length]! << 8) | frame.bytes[mark + MARK.length + 1]!;
}

function payload(options: ProbeOptions, headerBytes: number): Uint8Array {
  const linkBytes = options.medium === 'ethernet' ? ETHERNET_BYTES : 0;
  const count = options.frameBytes === undefined ? PAYLOAD_BYTES : options.frameBytes - linkBytes - headerBytes;
  const bytes = new Uint8Array(count);
  for (let index = 0; index < count; index++) bytes[index] = (options.serial * 7 + index) & 0xff;
  bytes.set(MARK);
  bytes[MARK.length] = options.serial >>> 8;
  bytes[MARK.length + 1] = options.serial & 0xff;
  return bytes;
}

function buildIpv4(options: ProbeOptions): Uint8Array {
  const content = payload(options, IPV4_BYTES);
  const bytes = new Uint8Array(IPV4_BYTES + content.length);
  bytes[0] = 0x45;
  bytes[1] = 0xc0;
  bytes[2] = bytes.length >>> 8;
  bytes[3] = bytes.length & 0xff;
  bytes[8] = 255;
  bytes[9] = options.protocol ?? PROBE_PROTOCOL;
  bytes.set(options.sourceAddress ?? STRANGER_ADDRESS, 12);
  bytes.set(options.destinationAddress ?? IPV4_GROUP, 16);
  let sum = 0;
  for (let index = 0; index < IPV4_BYTES; index += 2) sum += (bytes[index]! << 8) | bytes[index + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[10] = (~sum >>> 8) & 0xff;
  bytes[11] = ~sum & 0xff;
  bytes.set(content, IPV4_BYTES);
  return bytes;
}

function buildIpv6(options: ProbeOptions): Uint8Array {
  const content = payload(options, IPV6_BYTES);
  const bytes = new Uint8Array(IPV6_BYTES + content.length);
  bytes[0] = 0x6c;
  bytes[4] = content.length >>> 8;
  bytes[5] = content.length & 0xff;
  bytes[6] = options.protocol ?? PROBE_PROTOCOL;
  bytes[7] = 255;
  bytes.set(options.sourceAddress ?? STRANGER_ADDRESS_6, 8);
  bytes.set(options.destinationAddress ?? IPV6_GROUP, 24);
  bytes.set(content, IPV6_BYTES);
  return bytes;
}
