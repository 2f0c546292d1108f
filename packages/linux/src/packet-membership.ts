/**
 * What an interface's own address filter lets through for a packet socket, beyond broadcast and its own MAC. The
 * kernel counts who wants what, and forgets a membership when its socket is closed.
 */
import { SocketLevel, setSocketOption } from './socket.ts';

const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;

/** Kinds of membership. */
export const PacketMembership = {
  /** Frames to a multicast address. */
  Multicast: 0,
  /** Every frame; no address is given. */
  Promiscuous: 1,
  /** Every multicast frame; no address is given. */
  AllMulticast: 2,
  /** Frames to one more MAC. An interface that cannot filter several becomes promiscuous. */
  Unicast: 3,
} as const;
export type PacketMembership = (typeof PacketMembership)[keyof typeof PacketMembership];

const NONE: Uint8Array = new Uint8Array(0);

/** @throws SystemError ENODEV */
export function addPacketMembership(fd: number, interfaceIndex: number, kind: PacketMembership, address = NONE): void {
  change(PACKET_ADD_MEMBERSHIP, 'setsockopt PACKET_ADD_MEMBERSHIP', fd, interfaceIndex, kind, address);
}

/** Undoes one {@link addPacketMembership}; does nothing where there was none. */
export function dropPacketMembership(fd: number, interfaceIndex: number, kind: PacketMembership, address = NONE): void {
  change(PACKET_DROP_MEMBERSHIP, 'setsockopt PACKET_DROP_MEMBERSHIP', fd, interfaceIndex, kind, address);
}

/** Lets a multicast hardware address through the interface's filter for as long as the socket is open. */
export function joinHardwareGroup(fd: number, interfaceIndex: number, address: Uint8Array): void {
  addPacketMembership(fd, interfaceIndex, PacketMembership.Multicast, address);
}

function change(
  option: number,
  operation: string,
  fd: number,
  interfaceIndex: number,
  kind: PacketMembership,
  address: Uint8Array,
): void {
  // struct packet_mreq: int index, unsigned short type, unsigned short length, 8 octets of address.
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, kind, true);
  view.setUint16(6, address.length, true);
  request.set(address, 8);
  setSocketOption(fd, SocketLevel.Packet, option, request, operation);
}
