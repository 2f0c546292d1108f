/**
 * What an interface is, asked by name: index, hardware type and address, MTU.
 *
 * For one question at start-up. Lists, changes and news of interfaces come from netlink.
 */
import { check, Errno, SystemError } from './errno.ts';
import { lastErrno, libc } from './libc.ts';
import { AddressFamily, closeDescriptor, openSocket, SocketType } from './socket.ts';

const ifNametoindex = libc.func('unsigned int if_nametoindex(const char *name)') as (name: string) => number;
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number;

const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
/** struct ifreq: 16 octets of name, then the answer. */
const IFREQ_BYTES = 40;
const IFREQ_NAME_BYTES = 16;

/** Values of {@link InterfaceHardware.type}. */
export const HardwareType = { Ethernet: 1, Loopback: 772 } as const;

export interface InterfaceHardware {
  /** ARPHRD number, e.g. {@link HardwareType}. */
  readonly type: number;
  /** 6 octets. */
  readonly address: Uint8Array;
  /** Longest packet without link header. */
  readonly mtuBytes: number;
}

/** Index of an interface in the namespace of the calling thread, 0 where there is none of that name. */
export function interfaceIndex(name: string): number {
  const index = ifNametoindex(name);
  if (index !== 0) return index;
  const errno = lastErrno();
  if (errno === Errno.ENODEV || errno === Errno.ENXIO || errno === Errno.EINVAL) return 0;
  throw new SystemError('if_nametoindex', errno);
}

/** @throws SystemError ENODEV */
export function interfaceHardware(name: string): InterfaceHardware {
  const fd = openSocket(AddressFamily.Inet, SocketType.Datagram, 0);
  try {
    const ask = (request: number, operation: string): DataView => {
      const bytes = new Uint8Array(IFREQ_BYTES);
      bytes.set(new TextEncoder().encode(name).subarray(0, IFREQ_NAME_BYTES - 1));
      check(ioctl(fd, request, bytes), operation);
      return new DataView(bytes.buffer, IFREQ_NAME_BYTES);
    };
    const hardware = ask(SIOCGIFHWADDR, 'ioctl SIOCGIFHWADDR');
    const mtu = ask(SIOCGIFMTU, 'ioctl SIOCGIFMTU');
    return {
      type: hardware.getUint16(0, true),
      address: new Uint8Array(hardware.buffer.slice(IFREQ_NAME_BYTES + 2, IFREQ_NAME_BYTES + 8)),
      mtuBytes: mtu.getInt32(0, true),
    };
  } finally {
    closeDescriptor(fd);
  }
}
