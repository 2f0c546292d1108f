/** Multicast groups as octets: the hardware address a group has on Ethernet (RFC 1112 6.4, RFC 2464 7). */

/**
 * The hardware address that frames to a group carry.
 * @param group 4 or 16 octets
 */
export function hardwareGroup(group: Uint8Array): Uint8Array {
  return group.length === 4
    ? Uint8Array.of(0x01, 0x00, 0x5e, group[1]! & 0x7f, group[2]!, group[3]!)
    : Uint8Array.of(0x33, 0x33, group[12]!, group[13]!, group[14]!, group[15]!);
}
