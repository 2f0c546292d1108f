/**
 * Raw IPv4 and IPv6 sockets tied to one interface: membership in IP multicast groups, and sending whole packets by
 * way of the routing table.
 */
import {
  AddressFamily,
  closeDescriptor,
  openSocket,
  SocketLevel,
  SocketOption,
  SocketType,
  setSocketOption,
} from './socket.ts';

const IP_HDRINCL = 3;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_MULTICAST_ALL = 49;
const IPV6_JOIN_GROUP = 20;
const IPV6_LEAVE_GROUP = 21;
const IPV6_MULTICAST_ALL = 29;
const IPV6_HDRINCL = 36;

/**
 * Opens a non-blocking raw socket that sees and uses one interface only and expects whole packets to send, header
 * included. In IPv4 the kernel fills in the header checksum, and the identification where it is 0.
 * @param protocol IP protocol or next header
 * @throws SystemError EPERM without CAP_NET_RAW, EAFNOSUPPORT where the family is missing, ENODEV
 */
export function openIpSocket(family: 4 | 6, protocol: number, interfaceName: string): number {
  const type = SocketType.Raw | SocketType.NonBlocking;
  const fd = openSocket(family === 4 ? AddressFamily.Inet : AddressFamily.Inet6, type, protocol);
  try {
    const device = new TextEncoder().encode(interfaceName);
    setSocketOption(fd, SocketLevel.Socket, SocketOption.BindToDevice, device, 'setsockopt SO_BINDTODEVICE');
    if (family === 4) {
      setSocketOption(fd, SocketLevel.Ip, IP_HDRINCL, 1, 'setsockopt IP_HDRINCL');
      setSocketOption(fd, SocketLevel.Ip, IP_MULTICAST_ALL, 0, 'setsockopt IP_MULTICAST_ALL');
    } else {
      setSocketOption(fd, SocketLevel.Ipv6, IPV6_HDRINCL, 1, 'setsockopt IPV6_HDRINCL');
      setSocketOption(fd, SocketLevel.Ipv6, IPV6_MULTICAST_ALL, 0, 'setsockopt IPV6_MULTICAST_ALL');
    }
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/**
 * Joins a multicast group on an interface, so that the host announces it by IGMP or MLD and switches forward it.
 * @param group 4 or 16 octets, of the family of the socket
 */
export function joinIpGroup(fd: number, interfaceIndex: number, group: Uint8Array): void {
  if (group.length === 4)
    changeMembership(fd, SocketLevel.Ip, IP_ADD_MEMBERSHIP, interfaceIndex, group, 'IP_ADD_MEMBERSHIP');
  else changeMembership(fd, SocketLevel.Ipv6, IPV6_JOIN_GROUP, interfaceIndex, group, 'IPV6_JOIN_GROUP');
}

/** Undoes {@link joinIpGroup}, as closing the socket does. */
export function leaveIpGroup(fd: number, interfaceIndex: number, group: Uint8Array): void {
  if (group.length === 4)
    changeMembership(fd, SocketLevel.Ip, IP_DROP_MEMBERSHIP, interfaceIndex, group, 'IP_DROP_MEMBERSHIP');
  else changeMembership(fd, SocketLevel.Ipv6, IPV6_LEAVE_GROUP, interfaceIndex, group, 'IPV6_LEAVE_GROUP');
}

function changeMembership(
  fd: number,
  level: number,
  option: number,
  interfaceIndex: number,
  group: Uint8Array,
  optionName: string,
): void {
  // struct ip_mreqn: group, local address (any), index; struct ipv6_mreq: group, index.
  const indexAt = group.length === 4 ? 8 : 16;
  const request = new Uint8Array(indexAt + 4);
  request.set(group);
  new DataView(request.buffer).setInt32(indexAt, interfaceIndex, true);
  setSocketOption(fd, level, option, request, `setsockopt ${optionName}`);
}
