/**
 * AF_PACKET sockets: opening, options and loss counts.
 *
 * Memberships are in `packet-membership.ts`, the receive ring is in `packet-ring.ts`, the address of an interface in `socket-address.ts`.
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
  ReceiveRing: 5,
  Statistics: 6,
  Version: 10,
  OffloadHeader: 15,
  IgnoreOutgoing: 23,
} as const;

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

/**
 * Puts a `struct virtio_net_hdr` (10 octets) before each frame that is received, and expects one before each that is
 * sent: what is left undone of the frame's checksum and segmentation.
 */
export function useOffloadHeader(fd: number): void {
  setSocketOption(fd, SocketLevel.Packet, PacketOption.OffloadHeader, 1, 'setsockopt PACKET_VNET_HDR');
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
