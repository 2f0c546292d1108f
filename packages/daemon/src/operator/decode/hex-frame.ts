/**
 * A single frame given as hex digits: reading them, and telling what kind of frame they are.
 */
import { EtherType, IPV6_HEADER_BYTES, isLinkLocal, parseAddress } from '@locum/protocol';
import { locatePacket } from '../capture-file/link-type.ts';
import type { BareNetwork } from './frame-decoder.ts';
import { isToVrrpGroup } from './packet-suspicion.ts';

export type HexLink = 'ethernet' | 'ip' | 'vrrp';

const ETHERNET_LINK_TYPE = 1;

/** How {@link guessLink} decides; printed by `--help`. */
export const LINK_RULES = `Without --link, HEX is taken for
  ip        when octets 16-19 are 224.0.0.18 or octets 24-39 are ff02::12;
  ethernet  when the EtherType (behind VLAN tags) is IPv4, IPv6 or ARP and what follows begins like it;
  ip        when the first digit is 4 with a header length of 20 or more, or 6 with 40 octets or more;
  vrrp      when it is empty, the second digit is 1, or the first digit is 2 or 3;
  ip        otherwise.
A VRRP message alone is IPv6 when --src or --dst is, or when only that fits its length and address count.`;

/** The octets, or why the text is not hex. White space, colons, commas, and 0x in front of any group are passed over. */
export function parseHex(text: string): Uint8Array | string {
  const digits = text
    .replace(/[\s:,]+/g, ' ')
    .replace(/(^| )0x/gi, '$1')
    .replaceAll(' ', '');
  const wrong = /[^0-9a-f]/i.exec(digits);
  if (wrong !== null) return `${JSON.stringify(wrong[0])} is not a hex digit`;
  if (digits.length % 2 !== 0) return `${digits.length} hex digits are not a whole number of octets`;
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** What the octets are, by the {@link LINK_RULES}. */
export function guessLink(bytes: Uint8Array): HexLink {
  if (isToVrrpGroup(bytes, 0)) return 'ip';
  if (beginsLikeEthernet(bytes)) return 'ethernet';
  const high = (bytes[0] ?? 0) >> 4;
  const low = (bytes[0] ?? 0) & 0x0f;
  if ((high === 4 && low >= 5) || (high === 6 && bytes.length >= IPV6_HEADER_BYTES)) return 'ip';
  if (bytes.length === 0 || low === 1 || high === 2 || high === 3) return 'vrrp';
  return 'ip';
}

function beginsLikeEthernet(bytes: Uint8Array): boolean {
  const packet = locatePacket(ETHERNET_LINK_TYPE, bytes);
  const first = packet === undefined ? undefined : bytes[packet.start];
  if (packet === undefined || first === undefined) return false;
  if (packet.etherType === EtherType.Ipv4) return first >> 4 === 4;
  if (packet.etherType === EtherType.Ipv6) return first >> 4 === 6;
  return packet.etherType === EtherType.Arp && first === 0 && bytes[packet.start + 1] === 1;
}

/** Parts of the IP header that the operator stated. */
export interface StatedNetwork {
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  readonly ttl?: number;
}

/** The IP header that a bare message is given, or why that cannot be. */
export function networkOf(message: Uint8Array, stated: StatedNetwork): BareNetwork | string {
  const { source, destination } = stated;
  if (source !== undefined && destination !== undefined && source.length !== destination.length) {
    return '--src and --dst are of different families';
  }
  const length = (source ?? destination)?.length ?? (looksLikeIpv6(message) ? 16 : 4);
  return {
    source: source ?? parseAddress(length === 4 ? '192.0.2.1' : 'fe80::1')!,
    destination: destination ?? parseAddress(length === 4 ? '224.0.0.18' : 'ff02::12')!,
    ttl: stated.ttl ?? 255,
  };
}

function looksLikeIpv6(message: Uint8Array): boolean {
  const version = (message[0] ?? 0) >> 4;
  const count = message[3] ?? 0;
  const fits = (addressBytes: number): boolean => message.length === 8 + count * addressBytes;
  if (version === 2 || fits(4)) return false;
  return fits(16) || (message.length >= 24 && isLinkLocal(message, 8));
}
