/**
 * The solicited-node groups of addresses that stand on a station's device and not on the interface: whoever looks for
 * such an address by IPv6 asks its group, and the interface and the switches have to let that through.
 *
 * The interface's own IPv6 stack joins and reports them (MLD); it does not answer for the addresses.
 */
import { closeDescriptor, Errno, joinIpGroup, leaveIpGroup, openIpSocket, SystemError } from '@locum/linux';

/** IPPROTO_RAW: a socket of it receives nothing. */
const RECEIVES_NOTHING = 255;

/** An interface without IPv6 has nothing to solicit; one that is gone is noticed by the port. */
const NOBODY_ASKS = new Set([
  ...[Errno.EAFNOSUPPORT, Errno.EPROTONOSUPPORT, Errno.EADDRNOTAVAIL, Errno.EINVAL],
  Errno.ENODEV,
]);
/** The kernel lets a socket have some hundred groups. */
const SOCKET_FULL = new Set([Errno.ENOMEM, Errno.ENOBUFS]);

interface Membership {
  /** How many addresses want the group. */
  count: number;
  /** Socket that joined; -1 for none. */
  readonly fd: number;
}

export class SolicitedGroups {
  readonly #interfaceName: string;
  readonly #interfaceIndex: number;
  readonly #onRefusal: () => void;
  /** The last one may have room for more groups. Empty where the host has no IPv6. */
  readonly #fds: number[] = [];
  /** By the last three octets of addresses. */
  readonly #memberships = new Map<number, Membership>();

  /**
   * Opens sockets in the calling thread's namespace, also later.
   * @param onRefusal a group cannot be joined though there is IPv6: its frames have to be let through in another way
   * @throws SystemError
   */
  constructor(interfaceName: string, interfaceIndex: number, onRefusal: () => void) {
    this.#interfaceName = interfaceName;
    this.#interfaceIndex = interfaceIndex;
    this.#onRefusal = onRefusal;
    try {
      this.#open();
    } catch (error) {
      if (!isOneOf(NOBODY_ASKS, error)) throw error;
    }
  }

  /** Joins for one more address of 16 octets. */
  join(address: Uint8Array): void {
    const key = keyOf(address);
    const known = this.#memberships.get(key);
    if (known === undefined) this.#memberships.set(key, { count: 1, fd: this.#join(groupOf(address)) });
    else known.count++;
  }

  /** Undoes one {@link join}. */
  leave(address: Uint8Array): void {
    const key = keyOf(address);
    const known = this.#memberships.get(key);
    if (known === undefined || --known.count > 0) return;
    this.#memberships.delete(key);
    try {
      if (known.fd >= 0) leaveIpGroup(known.fd, this.#interfaceIndex, groupOf(address));
    } catch (error) {
      // The interface is gone, or its IPv6, and the membership with it.
      if (!(error instanceof SystemError)) throw error;
    }
  }

  close(): void {
    for (const fd of this.#fds) closeDescriptor(fd);
  }

  /** The socket that is a member of the group then, or -1. */
  #join(group: Uint8Array): number {
    const last = this.#fds.at(-1);
    if (last === undefined) return -1;
    try {
      if (this.#joinBy(last, group)) return last;
      const another = this.#open();
      if (this.#joinBy(another, group)) return another;
      closeDescriptor(this.#fds.pop()!);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (NOBODY_ASKS.has(error.errno)) return -1;
    }
    this.#onRefusal();
    return -1;
  }

  /** False when the socket has no room for another group. Throws SystemError. */
  #joinBy(fd: number, group: Uint8Array): boolean {
    try {
      joinIpGroup(fd, this.#interfaceIndex, group);
      return true;
    } catch (error) {
      if (isOneOf(SOCKET_FULL, error)) return false;
      throw error;
    }
  }

  #open(): number {
    const fd = openIpSocket(6, RECEIVES_NOTHING, this.#interfaceName);
    this.#fds.push(fd);
    return fd;
  }
}

function isOneOf(errnos: ReadonlySet<number>, error: unknown): boolean {
  return error instanceof SystemError && errnos.has(error.errno);
}

function keyOf(address: Uint8Array): number {
  return (address[13]! << 16) | (address[14]! << 8) | address[15]!;
}

/** RFC 4291 section 2.7.1. */
function groupOf(address: Uint8Array): Uint8Array {
  const group = new Uint8Array(16);
  group.set([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]);
  group.set(address.subarray(13), 13);
  return group;
}
