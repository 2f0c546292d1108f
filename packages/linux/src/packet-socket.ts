/**
 * AF_PACKET sockets: opening, options, membership in hardware multicast groups, and loss counts.
 *
 * The receive ring is in `packet-ring.ts`, the address of an interface in `socket-address.ts`.
 */
import { check } from './errno.ts';
import { libc } from './libc.ts';
import { AddressFamily, openSocket, readSocketOption, SocketLevel, SocketType, setSocketOption } from './socket.ts';

const getsockname = libc.func('int getsockname(int fd, void *address, void *length)') as (
  fd: number,
  address: Int32Array,
  length: Int32Array,
) => number;

/** Ethertype that stands for all of them. */
export const ETHERTYPE_ALL = 0x0003;

/** Options of `SocketLevel.Packet`. */
export const PacketOption = {
  AddMembership: 1,
  ReceiveRing: 5,
  Statistics: 6,
  Version: 10,
  IgnoreOutgoing: 23,
} as const;

const MEMBERSHIP_MULTICAST = 0;

/**
 * Opens a non-blocking packet socket that receives nothing until it is bound to a protocol.
 * @throws SystemError EPERM without CAP_NET_RAW
 */
export function openPacketSocket(): number {
  return openSocket(
    AddressFamily.Packet,
    SocketType.Raw | SocketType.NonBlocking,
    0,
    'Run as root or give the process CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW in a systemd unit).',
  );
}

/** Keeps what this host sends from coming back. */
export function ignoreOutgoing(fd: number): void {
  setSocketOption(fd, SocketLevel.Packet, PacketOption.IgnoreOutgoing, 1, 'setsockopt PACKET_IGNORE_OUTGOING');
}

/** Lets a multicast hardware address through the interface's filter for as long as the socket is open. */
export function joinHardwareGroup(fd: number, interfaceIndex: number, address: Uint8Array): void {
  // struct packet_mreq: int index, unsigned short type, unsigned short length, 8 octets of address.
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, MEMBERSHIP_MULTICAST, true);
  view.setUint16(6, address.length, true);
  request.set(address, 8);
  setSocketOption(fd, SocketLevel.Packet, PacketOption.AddMembership, request, 'setsockopt PACKET_ADD_MEMBERSHIP');
}

const statistics = new Uint32Array(2);
const statisticsBytes = new Uint8Array(statistics.buffer);

/** How many frames were lost for want of room since the last call; the kernel starts again at 0. */
export function takePacketDrops(fd: number): number {
  readSocketOption(fd, SocketLevel.Packet, PacketOption.Statistics, statisticsBytes);
  return statistics[1]!;
}

// struct sockaddr_ll as 32-bit words; the index is the second.
const name = new Int32Array(new ArrayBuffer(20));
const nameLength = new Int32Array(new ArrayBuffer(4));

/** Index of the interface a packet socket is bound to, -1 once that interface has been deleted. Allocates nothing. */
export function packetSocketInterface(fd: number): number {
  nameLength[0] = name.byteLength;
  check(getsockname(fd, name, nameLength), 'getsockname');
  return name[1]!;
}
