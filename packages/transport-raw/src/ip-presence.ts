/**
 * What the host's own IP stack must know while a raw port is open: one raw socket of each family.
 *
 * They join the multicast groups, so that IGMP and MLD snooping switches forward them; they keep the host from
 * answering unicast advertisements with "protocol unreachable"; and they send packets that the host shall route.
 * They receive nothing: the ring does. A family that the interface does not have is left out.
 */
import {
  bpf,
  closeDescriptor,
  Errno,
  inet6Address,
  inetAddress,
  joinIpGroup,
  openIpSocket,
  type SystemError,
  sendTo,
} from '@locum/linux';

const VRRP_PROTOCOL = 112;
const INET_ADDRESS_AT = 4;
const INET6_ADDRESS_AT = 8;
const IPV4_DESTINATION_AT = 16;
const IPV6_DESTINATION_AT = 24;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** How the kernel says that a family is not compiled in, or switched off on the interface. */
const FAMILY_MISSING = new Set([Errno.EAFNOSUPPORT, Errno.EPROTONOSUPPORT, Errno.EADDRNOTAVAIL, Errno.EINVAL]);

export class IpPresence {
  #inetFd = -1;
  #inet6Fd = -1;
  readonly #inetDestination: Uint8Array;
  readonly #inet6Destination: Uint8Array;

  /** @throws SystemError; what was opened until then is closed */
  constructor(interfaceName: string, interfaceIndex: number, groups: readonly Uint8Array[]) {
    this.#inetDestination = inetAddress(new Uint8Array(4));
    this.#inet6Destination = inet6Address(new Uint8Array(16), 0, interfaceIndex);
    try {
      this.#inetFd = openMember(4, interfaceName, interfaceIndex, groups);
      this.#inet6Fd = openMember(6, interfaceName, interfaceIndex, groups);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends the packet `bytes[start..end)` to the destination in its own header. Returns octets or -errno. */
  send(bytes: Uint8Array, start: number, end: number): number {
    if (!(start >= 0 && end <= bytes.length)) return -Errno.EFAULT;
    const version = end > start ? bytes[start]! >> 4 : 0;
    if (version === 4 && end - start >= IPV4_HEADER_BYTES) {
      const address = this.#inetDestination;
      for (let index = 0; index < 4; index++)
        address[INET_ADDRESS_AT + index] = bytes[start + IPV4_DESTINATION_AT + index]!;
      return this.#inetFd < 0 ? -Errno.EAFNOSUPPORT : sendTo(this.#inetFd, bytes, start, end, address, 0);
    }
    if (version === 6 && end - start >= IPV6_HEADER_BYTES) {
      const address = this.#inet6Destination;
      for (let index = 0; index < 16; index++)
        address[INET6_ADDRESS_AT + index] = bytes[start + IPV6_DESTINATION_AT + index]!;
      return this.#inet6Fd < 0 ? -Errno.EAFNOSUPPORT : sendTo(this.#inet6Fd, bytes, start, end, address, 0);
    }
    return -Errno.EINVAL;
  }

  /** Leaves the groups. Idempotent. */
  close(): void {
    if (this.#inetFd >= 0) closeDescriptor(this.#inetFd);
    if (this.#inet6Fd >= 0) closeDescriptor(this.#inet6Fd);
    this.#inetFd = -1;
    this.#inet6Fd = -1;
  }
}

/** A socket of one family with its memberships, or -1 where the interface does not have the family. */
function openMember(family: 4 | 6, interfaceName: string, index: number, groups: readonly Uint8Array[]): number {
  let fd = -1;
  try {
    fd = openIpSocket(family, VRRP_PROTOCOL, interfaceName);
    bpf.attachFilter(fd, bpf.assemble(bpf.REJECT_ALL));
    for (const group of groups) if (group.length === (family === 4 ? 4 : 16)) joinIpGroup(fd, index, group);
    return fd;
  } catch (error) {
    if (fd >= 0) closeDescriptor(fd);
    if (FAMILY_MISSING.has((error as SystemError).errno)) return -1;
    throw error;
  }
}
