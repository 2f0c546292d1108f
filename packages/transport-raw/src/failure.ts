/**
 * Errno as a transport says it: as an error with a code while opening, as a small integer while sending.
 */
import { Errno, SystemError } from '@locum/linux';
import type { TransportErrorCode } from '@locum/transport';
import { SendResult } from '@locum/transport/contract';
import { TransportError } from '@locum/transport/error';

const CODES = new Map<number, TransportErrorCode>([
  [Errno.EPERM, 'NOT_PERMITTED'],
  [Errno.EACCES, 'NOT_PERMITTED'],
  [Errno.ENODEV, 'NO_SUCH_INTERFACE'],
  [Errno.ENXIO, 'NO_SUCH_INTERFACE'],
  [Errno.EAFNOSUPPORT, 'NOT_SUPPORTED'],
  [Errno.EPROTONOSUPPORT, 'NOT_SUPPORTED'],
  [Errno.ENOPROTOOPT, 'NOT_SUPPORTED'],
]);

const HINTS: Partial<Record<TransportErrorCode, string>> = {
  NOT_PERMITTED:
    'Run as root or give the process CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW in a systemd unit, --cap-add NET_RAW in a container).',
  NOT_SUPPORTED: 'The kernel must have AF_PACKET (CONFIG_PACKET) and be Linux 4.20 or later.',
  NO_SUCH_INTERFACE: 'Compare the name with the list that "ip link" prints in the same network namespace.',
};

/** The error an author of `open` rejects with, for whatever a system call threw. */
export function openError(error: unknown, interfaceName: string): unknown {
  if (!(error instanceof SystemError)) return error;
  const code = CODES.get(error.errno) ?? 'SYSTEM';
  const hint = HINTS[code] ?? error.hint;
  return new TransportError(code, `${interfaceName}: ${error.message}`, {
    operation: error.operation,
    interfaceName,
    errno: error.errno,
    ...(hint !== undefined && { hint }),
  });
}

/** The outcome of a send that failed with this positive errno. */
export function sendResult(errno: number): SendResult {
  switch (errno) {
    case Errno.EAGAIN:
    case Errno.ENOBUFS:
    case Errno.ENOMEM:
    case Errno.EINTR:
      return SendResult.Busy;
    case Errno.ENETDOWN:
    case Errno.ENODEV:
    case Errno.ENXIO:
      return SendResult.LinkDown;
    case Errno.EMSGSIZE:
      return SendResult.TooLong;
    default:
      return SendResult.Failed;
  }
}
