/**
 * Which frames of the physical interface may concern a station, as a program that the kernel runs. It judges by the
 * first four octets of a unicast address, which virtual MACs share; the carrier looks closer.
 */
import { bpf } from '@locum/linux';

const ETHERTYPE_AT = 12;
const ARP_OPERATION_AT = 20;
const ARP_REQUEST = 1;
const IPV6_NEXT_HEADER_AT = 20;
const ICMPV6 = 58;
const ICMPV6_TYPE_AT = 54;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOUR_SOLICITATION = 135;

/** Where an ARP request names the address that it looks for. */
export const ARP_TARGET_AT = 38;
/** Where a neighbour solicitation does. */
export const SOLICITED_TARGET_AT = 62;
const INET6_BYTES = 16;
const INET_BYTES = 4;

/**
 * Lets through: unicast to a MAC that begins with one of `beginnings`, ARP requests, neighbour solicitations. Not router
 * advertisements: a station takes no configuration from the wire.
 * @param beginnings first four octets of MACs, as numbers; none lets nothing through
 */
export function assembleCarrierFilter(beginnings: readonly number[]): Uint8Array {
  if (beginnings.length === 0) return bpf.assemble(bpf.REJECT_ALL);
  return bpf.assemble([
    bpf.loadWord(bpf.PacketFact.VlanTagPresent),
    bpf.ifEqual(0, 'untagged'),
    // A tag with VLAN 0 carries a priority only; the frame belongs to this interface.
    bpf.loadWord(bpf.PacketFact.VlanTag),
    bpf.and(0x0fff),
    bpf.ifEqual(0, 'untagged', 'reject'),
    bpf.labelled('untagged', bpf.loadByte(0)),
    bpf.and(1),
    bpf.ifEqual(1, 'group'),
    bpf.loadWord(0),
    ...beginnings.map((beginning) => bpf.ifEqual(beginning, 'unicast')),
    bpf.reject(),
    bpf.labelled('unicast', bpf.loadHalf(ETHERTYPE_AT)),
    bpf.ifEqual(0x86dd, undefined, 'accept'),
    bpf.loadByte(IPV6_NEXT_HEADER_AT),
    bpf.ifEqual(ICMPV6, undefined, 'accept'),
    bpf.loadByte(ICMPV6_TYPE_AT),
    bpf.ifEqual(ROUTER_ADVERTISEMENT, 'reject', 'accept'),
    bpf.labelled('group', bpf.loadHalf(ETHERTYPE_AT)),
    bpf.ifEqual(0x0806, 'arp'),
    bpf.ifEqual(0x86dd, undefined, 'reject'),
    bpf.loadByte(IPV6_NEXT_HEADER_AT),
    bpf.ifEqual(ICMPV6, undefined, 'reject'),
    bpf.loadByte(ICMPV6_TYPE_AT),
    bpf.ifEqual(NEIGHBOUR_SOLICITATION, undefined, 'reject'),
    // A load beyond the frame rejects it, so the carrier may read the target.
    bpf.loadByte(SOLICITED_TARGET_AT + INET6_BYTES - 1),
    bpf.accept(),
    bpf.labelled('arp', bpf.loadByte(ARP_TARGET_AT + INET_BYTES - 1)),
    bpf.loadHalf(ARP_OPERATION_AT),
    bpf.ifEqual(ARP_REQUEST, 'accept', 'reject'),
    bpf.labelled('accept', bpf.accept()),
    bpf.labelled('reject', bpf.reject()),
  ]);
}
