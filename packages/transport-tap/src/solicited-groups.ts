/**
 * The solicited-node groups of addresses that stand on a station's device and not on the interface: whoever looks for
 * such an address by IPv6 asks its group, and the interface and the switches have to let that through.
 *
 * The interface's own IPv6 stack joins and reports them (MLD); it does not answer for the addresses.
 */
import { closeDescriptor, joinIpGroup, leaveIpGroup, openIpSocket, SystemError } from '@locum/linux';

/** IPPROTO_RAW: a socket of it receives nothing. */
const RECEIVES_NOTHING = 255;

export class SolicitedGroups {
  /** -1 where the host has no IPv6. */
  readonly #fd: number;
  readonly #interfaceIndex: number;
  /** How many addresses want a group, by its last three octets. */
  readonly #wanted = new Map<number, number>();

  constructor(interfaceName: string, interfaceIndex: number) {
    this.#interfaceIndex = interfaceIndex;
    this.#fd = unlessRefused(() => openIpSocket(6, RECEIVES_NOTHING, interfaceName)) ?? -1;
  }

  /** Joins for one more address of 16 octets. */
  join(address: Uint8Array): void {
    const count = this.#change(address, 1);
    if (count === 1 && this.#fd >= 0)
      unlessRefused(() => joinIpGroup(this.#fd, this.#interfaceIndex, groupOf(address)));
  }

  /** Undoes one {@link join}. */
  leave(address: Uint8Array): void {
    const count = this.#change(address, -1);
    if (count === 0 && this.#fd >= 0)
      unlessRefused(() => leaveIpGroup(this.#fd, this.#interfaceIndex, groupOf(address)));
  }

  close(): void {
    if (this.#fd >= 0) closeDescriptor(this.#fd);
  }

  #change(address: Uint8Array, by: number): number {
    const key = (address[13]! << 16) | (address[14]! << 8) | address[15]!;
    const count = (this.#wanted.get(key) ?? 0) + by;
    if (count === 0) this.#wanted.delete(key);
    else this.#wanted.set(key, count);
    return count;
  }
}

/** RFC 4291 section 2.7.1. */
function groupOf(address: Uint8Array): Uint8Array {
  const group = new Uint8Array(16);
  group.set([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]);
  group.set(address.subarray(13), 13);
  return group;
}

/** An interface without IPv6 has nothing to solicit; one that is gone is noticed by the port. */
function unlessRefused<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
