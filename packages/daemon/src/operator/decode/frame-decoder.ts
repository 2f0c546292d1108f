/**
 * Puts frames through the daemon's own receive ladder and readers of announcements.
 *
 * Nothing is judged here: what is an advert and whether it is accepted is the protocol package's answer. Each frame is
 * judged by itself.
 */
import {
  ArpOperation,
  ChecksumCoverage,
  EtherType,
  formatAddress,
  formatMac,
  Link,
  NeighborFlag,
  type PortProfile,
  Reception,
  readArp,
  readNeighborAdvertisement,
  receive,
  warningCodes,
} from '@locum/protocol';
import type { CapturedFrame } from '../capture-file/captured-frame.ts';
import { locatePacket, type NetworkPacket } from '../capture-file/link-type.ts';
import type { AdvertFinding, AdvertMessage, AnnouncementFinding, Finding } from './finding.ts';
import { mayBeAdvert } from './packet-suspicion.ts';

/** What an IP header would have said about a bare VRRP message. Both addresses are of the same family. */
export interface BareNetwork {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ttl: number;
}

const IPV4_VIRTUAL_MAC = '00:00:5e:00:01:';
const IPV6_VIRTUAL_MAC = '00:00:5e:00:02:';

export class FrameDecoder {
  readonly #port: PortProfile;
  readonly #reception = new Reception();

  constructor(port: PortProfile) {
    this.#port = port;
  }

  /**
   * What is in the frame; undefined when it is neither an advert nor an announcement. `isPicked` says that somebody
   * chose this very packet, so that any IP packet is judged as an advert.
   */
  decode(frame: CapturedFrame, isPicked = false): Finding | undefined {
    const { bytes } = frame;
    const packet = locatePacket(frame.linkType, bytes);
    if (packet === undefined) return undefined;
    if (packet.etherType === EtherType.Arp) return readAnnouncementV4(frame, packet);
    const isIp =
      packet.etherType === undefined || packet.etherType === EtherType.Ipv4 || packet.etherType === EtherType.Ipv6;
    if (!isIp) return undefined;
    const announcement = readAnnouncementV6(frame, packet);
    if (announcement !== undefined) return announcement;
    if (!isPicked && !mayBeAdvert(bytes, packet.start)) return undefined;
    const isEthernet = packet.frameStart === 0 && packet.vlans.length === 0;
    const link = isEthernet ? Link.Ethernet : Link.Ip;
    return this.#judge(frame, bytes, isEthernet ? 0 : packet.start, link, packet.vlans);
  }

  /** Judges a VRRP message without its IP header. */
  decodeMessage(message: Uint8Array, network: BareNetwork): AdvertFinding {
    const { source, destination, ttl } = network;
    const bytes = Uint8Array.of(...source, ...destination, ...message);
    this.#reception.prepare(source.length === 4 ? 4 : 6, ttl, 0, source.length);
    const frame = { number: 1, atUs: undefined, wireBytes: message.length, bytes: message, linkType: -1 };
    return this.#judge(frame, bytes, source.length * 2, Link.Vrrp, []);
  }

  #judge(frame: CapturedFrame, bytes: Uint8Array, start: number, link: Link, vlans: readonly number[]): AdvertFinding {
    const out = this.#reception;
    const verdict = receive(bytes, start, bytes.length, link, this.#port, out);
    const text = (at: number): string | undefined => (at < 0 ? undefined : formatAddress(bytes, at, out.addressLength));
    return {
      kind: 'advert',
      ...factsOf(frame, vlans),
      verdict,
      family: out.family === 0 ? undefined : out.family === 4 ? 'ipv4' : 'ipv6',
      source: text(out.sourceStart),
      destination: text(out.destinationStart),
      ttl: out.ttl < 0 ? undefined : out.ttl,
      vrid: out.vrid < 0 ? undefined : out.vrid,
      message: messageOf(bytes, out),
      warnings: verdict === 0 ? warningCodes(out.warnings) : [],
    };
  }
}

/** What the ladder has read of the message; undefined when it did not come to its first octet. */
function messageOf(bytes: Uint8Array, out: Reception): AdvertMessage | undefined {
  if (out.version === 0 && out.type === 0) return undefined;
  const { addressesStart: start, addressLength: length, count } = out;
  const addresses = Array.from({ length: count }, (_, index) => formatAddress(bytes, start + index * length, length));
  return {
    version: out.version,
    type: out.type,
    priority: out.priority,
    count,
    addresses: start < 0 ? undefined : addresses,
    checksum: out.checksum,
    checksumForm: out.checksumForm === 0 ? undefined : out.checksumForm === ChecksumCoverage.Message ? 'msg' : 'pseudo',
    interval: out.interval,
    authType: out.authType,
    reserved: out.reserved,
    ahSequence: out.ahSequence === 0 ? undefined : out.ahSequence,
  };
}

function readAnnouncementV4(frame: CapturedFrame, packet: NetworkPacket): AnnouncementFinding | undefined {
  const { bytes } = frame;
  const arp = readArp(bytes, packet.start, bytes.length, packet.frameStart);
  if (arp.kind !== 'gratuitous') return undefined;
  const mac = formatMac(bytes, arp.senderMacStart);
  return {
    kind: 'gratuitous-arp',
    ...factsOf(frame, packet.vlans),
    ok: arp.problem === undefined,
    problem: arp.problem,
    address: formatAddress(bytes, arp.senderAddressStart, 4),
    mac,
    vrid: vridOf(mac, IPV4_VIRTUAL_MAC),
    operation: arp.operation === ArpOperation.Request ? 'request' : 'reply',
    flags: undefined,
  };
}

function readAnnouncementV6(frame: CapturedFrame, packet: NetworkPacket): AnnouncementFinding | undefined {
  const { bytes } = frame;
  const reading = readNeighborAdvertisement(bytes, packet.start, bytes.length);
  const isSolicited = (reading.flags & NeighborFlag.Solicited) !== 0;
  if (reading.kind === 'other' || isSolicited) return undefined;
  const mac = reading.macStart < 0 ? undefined : formatMac(bytes, reading.macStart);
  const override = (reading.flags & NeighborFlag.Override) !== 0;
  return {
    kind: 'neighbor-advertisement',
    ...factsOf(frame, packet.vlans),
    ok: reading.kind === 'unsolicited' && mac !== undefined && override,
    problem: reading.problem,
    address: reading.targetStart < 0 ? undefined : formatAddress(bytes, reading.targetStart, 16),
    mac,
    vrid: mac === undefined ? undefined : vridOf(mac, IPV6_VIRTUAL_MAC),
    operation: undefined,
    flags: { router: (reading.flags & NeighborFlag.Router) !== 0, override },
  };
}

function vridOf(mac: string, prefix: string): number | undefined {
  return mac.startsWith(prefix) ? Number.parseInt(mac.slice(prefix.length), 16) : undefined;
}

function factsOf(frame: CapturedFrame, vlans: readonly number[]) {
  return {
    frame: frame.number,
    atUs: frame.atUs,
    vlans,
    missingBytes: frame.wireBytes - frame.bytes.length,
  };
}
