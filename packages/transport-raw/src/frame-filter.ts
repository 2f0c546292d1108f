/**
 * Which frames a raw port lets through, as a program the kernel runs before a frame costs anything.
 *
 * It keeps untagged IPv4 and IPv6 frames for this host with one of the wanted protocols, fragments included: whether a
 * fragment is acceptable is for the receiver to judge and count. In IPv6 it looks behind extension headers.
 */
import { bpf } from '@locum/linux';

const ETHERTYPE_AT = 12;
const IP_AT = 14;
const IPV4_PROTOCOL_AT = IP_AT + 9;
const IPV6_NEXT_HEADER_AT = IP_AT + 6;
const IPV6_HEADER_BYTES = 40;

const TYPE_OTHER_HOST = 3;
const TYPE_OUTGOING = 4;

/** Steps in front of a program: they jump to `reject` for a frame that is not for its reader, else to `addressed` or on. */
export type AddressSteps = readonly bpf.FilterStep[];

/** What the kernel takes to be for this host. */
const FOR_THIS_HOST: AddressSteps = [
  bpf.loadWord(bpf.PacketFact.Type),
  bpf.ifEqual(TYPE_OUTGOING, 'reject'),
  bpf.ifEqual(TYPE_OTHER_HOST, 'reject'),
];

/** Hop-by-hop, routing, fragment, destination options, mobility, HIP, shim6: all give their length in the same way. */
const EXTENSION_HEADERS = [0, 43, 44, 60, 135, 139, 140];
/** How many extension headers are looked behind; a packet with more is let through for the receiver to judge. */
const EXTENSION_DEPTH = 4;

/** Scratch cell that remembers the next header while its place is computed. */
const NEXT_HEADER = 0;

/**
 * The program for a list of IP protocols, ready to be attached.
 * @param address says which frames are for the reader; by default those for this host
 * @throws RangeError for a protocol outside 0..255, or for more than about twenty of them
 */
export function assembleFrameFilter(ipProtocols: readonly number[], address = FOR_THIS_HOST): Uint8Array {
  for (const protocol of ipProtocols)
    if (!Number.isInteger(protocol) || protocol < 0 || protocol > 255) throw new RangeError(`IP protocol ${protocol}`);
  const wanted = ipProtocols.map((protocol) => bpf.ifEqual(protocol, 'accept'));
  return bpf.assemble([
    ...address,
    bpf.labelled('addressed', bpf.loadWord(bpf.PacketFact.VlanTagPresent)),
    bpf.ifEqual(0, 'untagged'),
    // A tag with VLAN 0 carries a priority only; the frame belongs to this interface.
    bpf.loadWord(bpf.PacketFact.VlanTag),
    bpf.and(0x0fff),
    bpf.ifEqual(0, 'untagged', 'reject'),
    bpf.labelled('untagged', bpf.loadHalf(ETHERTYPE_AT)),
    bpf.ifEqual(0x86dd, 'ipv6'),
    bpf.ifEqual(0x0800, undefined, 'reject'),
    bpf.loadByte(IPV4_PROTOCOL_AT),
    ...wanted,
    bpf.reject(),
    bpf.labelled('ipv6', bpf.setIndex(IP_AT + IPV6_HEADER_BYTES)),
    bpf.loadByte(IPV6_NEXT_HEADER_AT),
    ...behindExtensionHeaders(wanted),
    bpf.labelled('accept', bpf.accept()),
    bpf.labelled('reject', bpf.reject()),
  ]);
}

/** The accumulator holds a next header and the index register is at the header it names. */
function behindExtensionHeaders(wanted: readonly bpf.FilterStep[]): bpf.FilterStep[] {
  const steps: bpf.FilterStep[] = [];
  for (let depth = 0; depth < EXTENSION_DEPTH; depth++) {
    const skip = `skip ${depth}`;
    steps.push(
      ...wanted,
      ...EXTENSION_HEADERS.map((header) => bpf.ifEqual(header, skip)),
      bpf.reject(),
      bpf.labelled(skip, bpf.loadByteIndexed(0)),
      bpf.store(NEXT_HEADER),
      // The length is in units of 8 octets without the first.
      bpf.loadByteIndexed(1),
      bpf.add(1),
      bpf.shiftLeft(3),
      bpf.addIndex(),
      bpf.moveToIndex(),
      bpf.recall(NEXT_HEADER),
    );
  }
  return [...steps, ...wanted, ...EXTENSION_HEADERS.map((header) => bpf.ifEqual(header, 'accept')), bpf.reject()];
}
