/**
 * TAP devices: Ethernet interfaces whose wire is a descriptor of this process.
 *
 * They are never persistent: the kernel removes the device when its descriptor is closed, however the process ends.
 * Addresses, bridge and state of the device are set through netlink.
 */
import { check, Errno, SystemError } from './errno.ts';
import { filterDescriptor } from './filter.ts';
import { lastErrno, libc } from './libc.ts';
import { bufferAddress } from './memory.ts';
import { closeDescriptor } from './socket.ts';

const openCall = libc.func('int open(const char *path, int flags)') as (path: string, flags: number) => number;
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number;
const writev = libc.func('intptr_t writev(int fd, const void *vectors, int count)') as (
  fd: number,
  vectors: Uint32Array,
  count: number,
) => number;

const CLONE_DEVICE = '/dev/net/tun';
const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const TUNSETIFF = 0x400454ca;
const TUNATTACHFILTER = 0x401054d5;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** Never takes over a device that is there already. */
const IFF_TUN_EXCL = 0x8000;
/** struct ifreq: 16 octets of name, then the flags. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;

/**
 * struct virtio_net_hdr, which precedes each frame of a device or packet socket that was asked for it: what is still to
 * be done to the frame, checksum or segmentation. Copied along, a frame may pass from one to the other undone.
 */
export const OFFLOAD_HEADER_BYTES = 10;

export interface TapDevice {
  /** Non-blocking, closed on exec. One frame for each read and write. Closing it removes the device. */
  readonly fd: number;
  /** As the kernel completed it. */
  readonly name: string;
}

export interface TapOptions {
  /** At most 15 octets; `%d` in it becomes the lowest free number. */
  readonly name: string;
  /** Each frame is preceded by {@link OFFLOAD_HEADER_BYTES}. Default false. */
  readonly offloadHeader?: boolean;
}

/**
 * Makes a device in the network namespace of the calling thread. It is down, and has a MAC that the kernel drew.
 * @throws SystemError ENOENT or ENODEV without /dev/net/tun, EACCES or EPERM where it may not be used, EBUSY where the
 * name is taken
 */
export function openTap(options: TapOptions): TapDevice {
  const fd = check(
    openCall(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC),
    `open ${CLONE_DEVICE}`,
    'Load the driver (modprobe tun) and let the process have the device (--device /dev/net/tun in a container).',
  );
  try {
    const name = new TextEncoder().encode(options.name);
    if (name.length === 0 || name.length >= NAME_BYTES) throw new SystemError('TUNSETIFF', Errno.EINVAL);
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(name);
    const flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | (options.offloadHeader ? IFF_VNET_HDR : 0);
    new DataView(request.buffer).setUint16(NAME_BYTES, flags, true);
    check(
      ioctl(fd, TUNSETIFF, request),
      `create TAP device ${options.name}`,
      'Run as root or give the process CAP_NET_ADMIN (AmbientCapabilities=CAP_NET_ADMIN in a systemd unit, --cap-add NET_ADMIN in a container).',
    );
    return { fd, name: new TextDecoder().decode(request.subarray(0, request.indexOf(0))) };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Attaches an assembled program that decides which frames can be read from the device. Replaces an earlier one. */
export function attachTapFilter(fd: number, program: Uint8Array): void {
  check(ioctl(fd, TUNATTACHFILTER, filterDescriptor(program)), 'attach filter to TAP device');
}

const DESTINATION_BYTES = 6;
const ADDRESSES_BYTES = 12;
/** struct iovec, three times: address and length, 64 bits each. */
const vectors = new Uint32Array(new ArrayBuffer(48));
const VECTOR_WORDS = 4;
const LENGTH = 2;

function putVector(index: number, address: number, length: number): void {
  const word = index * VECTOR_WORDS;
  vectors[word] = address >>> 0;
  vectors[word + 1] = address / 0x1_0000_0000;
  vectors[word + LENGTH] = length;
}

/**
 * Writes the Ethernet frame `bytes[start..end)` as if its source were `source`. The bytes stay as they are and are not
 * copied.
 * @param source 6 octets
 * @returns octets written or -errno
 */
export function writeFrameFrom(fd: number, source: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  if (!(start >= 0 && end - start >= ADDRESSES_BYTES && end <= bytes.length)) return -Errno.EINVAL;
  const address = bufferAddress(bytes) + bytes.byteOffset + start;
  putVector(0, address, DESTINATION_BYTES);
  putVector(1, bufferAddress(source) + source.byteOffset, source.length);
  putVector(2, address + ADDRESSES_BYTES, end - start - ADDRESSES_BYTES);
  const count = writev(fd, vectors, 3);
  return count < 0 ? -lastErrno() : count;
}
