/**
 * A TAP device with everything that is set on it, made in one step or not at all.
 */
import {
  attachTapFilter,
  bpf,
  changeIpv4Settings,
  changeLink,
  closeDescriptor,
  findLink,
  type Ipv4Setting,
  type Link,
  type LinkChange,
  moveDescriptor,
  type NetlinkSocket,
  openTap,
  type TapDevice,
} from '@locum/linux';
import { creationError, tapError } from './failure.ts';

/**
 * When a process is killed, the kernel closes its descriptors from the highest number down. The devices shall go before
 * the packet sockets, whose end takes tens of milliseconds; what the daemon wants to go first stands above this.
 */
const LEAST_DESCRIPTOR = 256;

/** The kernel gives a TAP device no longer one. Of a veth or a bridge it may be longer. */
const MOST_MTU = 65535 - 14;

/** Nothing can be read from a device with this program. */
const REJECT_ALL = bpf.assemble(bpf.REJECT_ALL);
const ACCEPT_ALL = bpf.assemble([bpf.accept()]);

export interface TapDeviceOptions {
  readonly name: string;
  readonly offloadHeader: boolean;
  readonly link: LinkChange;
  readonly ipv4: readonly (readonly [Ipv4Setting, number])[];
}

/**
 * Makes a device that is up and lets nothing be read. It has no IPv6 address, not even a link-local one.
 * @throws TransportError, leaving nothing behind
 */
export function makeTapDevice(
  netlink: NetlinkSocket,
  options: TapDeviceOptions,
): { readonly device: TapDevice; readonly link: Link } {
  let fd = -1;
  try {
    const { name, fd: opened } = openDevice(options);
    fd = opened;
    fd = moveDescriptor(fd, LEAST_DESCRIPTOR);
    attachTapFilter(fd, REJECT_ALL);
    const { index } = findLink(netlink, name)!;
    changeLink(netlink, index, { ...options.link, ipv6LinkLocal: false });
    if (options.ipv4.length > 0) changeIpv4Settings(netlink, index, options.ipv4);
    changeLink(netlink, index, { up: true });
    return { device: { fd, name }, link: findLink(netlink, index)! };
  } catch (error) {
    if (fd >= 0) closeDescriptor(fd);
    throw tapError(error, options.name);
  }
}

/** @throws TransportError */
function openDevice(options: TapDeviceOptions): TapDevice {
  try {
    return openTap(options);
  } catch (error) {
    throw creationError(error, options.name);
  }
}

/** MTU of a device beside an interface that has `mtu`. */
export function deviceMtu(mtu: number): number {
  return Math.min(mtu, MOST_MTU);
}

/** Whether what the kernel sends out of the device can be read. */
export function letRead(fd: number, wanted: boolean): void {
  attachTapFilter(fd, wanted ? ACCEPT_ALL : REJECT_ALL);
}
