/**
 * Socket addresses as the kernel wants them: sockaddr_in, sockaddr_in6 and sockaddr_ll.
 *
 * Family and scope are in the machine's order (little-endian), ports and protocols in network order.
 */
import { AddressFamily } from './socket.ts';

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const SOCKADDR_LL_BYTES = 20;

/** sockaddr_in for 4 octets of address. */
export function inetAddress(address: Uint8Array, port = 0): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AddressFamily.Inet, true);
  view.setUint16(2, port);
  bytes.set(address, 4);
  return bytes;
}

/**
 * sockaddr_in6 for 16 octets of address.
 * @param scopeId index of the interface, needed for link-local addresses
 */
export function inet6Address(address: Uint8Array, port = 0, scopeId = 0): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN6_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AddressFamily.Inet6, true);
  view.setUint16(2, port);
  bytes.set(address, 8);
  view.setUint32(24, scopeId, true);
  return bytes;
}

/**
 * sockaddr_ll: one interface as an AF_PACKET socket sees it.
 * @param protocol Ethertype, e.g. 0x0800; 0x0003 is all of them
 * @param hardwareAddress up to 8 octets, only used by datagram sends
 */
export function packetAddress(interfaceIndex: number, protocol: number, hardwareAddress?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_LL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AddressFamily.Packet, true);
  view.setUint16(2, protocol);
  view.setInt32(4, interfaceIndex, true);
  if (hardwareAddress !== undefined) {
    bytes[11] = hardwareAddress.length;
    bytes.set(hardwareAddress, 12);
  }
  return bytes;
}
