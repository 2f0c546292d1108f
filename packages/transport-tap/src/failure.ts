/**
 * What went wrong with a TAP device or around it, as a transport says it.
 */
import { Errno, SystemError } from '@locum/linux';
import { TransportError, type TransportErrorCode } from '@locum/transport';

interface Verdict {
  readonly code: TransportErrorCode;
  readonly hint: string;
}

const DRIVER_HINT =
  'Load the driver (modprobe tun); in a container, hand over the device (--device /dev/net/tun) and give it NET_ADMIN.';

const VERDICTS = new Map<number, Verdict>([
  [Errno.ENOENT, { code: 'NOT_SUPPORTED', hint: DRIVER_HINT }],
  [Errno.ENXIO, { code: 'NOT_SUPPORTED', hint: DRIVER_HINT }],
  [Errno.ENODEV, { code: 'NOT_SUPPORTED', hint: DRIVER_HINT }],
  [Errno.EACCES, { code: 'NOT_PERMITTED', hint: DRIVER_HINT }],
  [
    Errno.EPERM,
    {
      code: 'NOT_PERMITTED',
      hint: 'Run as root or give the process CAP_NET_ADMIN and CAP_NET_RAW (AmbientCapabilities= in a systemd unit, --cap-add and --device /dev/net/tun in a container).',
    },
  ],
  // It may be a process that is about to end.
  [Errno.EBUSY, { code: 'SYSTEM', hint: 'Another program has a device of this name; end it or choose another name.' }],
]);

/** The error to throw for whatever a system call threw while a TAP device was set up. */
export function tapError(error: unknown, interfaceName: string): unknown {
  if (!(error instanceof SystemError)) return error;
  const verdict = VERDICTS.get(error.errno);
  const hint = verdict?.hint ?? error.hint;
  return new TransportError(verdict?.code ?? 'SYSTEM', `${interfaceName}: ${error.message}`, {
    operation: error.operation,
    interfaceName,
    errno: error.errno,
    ...(hint !== undefined && { hint }),
  });
}

/** The error to throw for whatever was thrown when the kernel was to make a device of this name. */
export function creationError(error: unknown, deviceName: string): unknown {
  if (!(error instanceof SystemError) || error.errno !== Errno.EINVAL) return tapError(error, deviceName);
  return new TransportError('BAD_OPTION', `${deviceName}: ${error.message}`, {
    operation: error.operation,
    interfaceName: deviceName,
    errno: error.errno,
    hint: 'A device name has 1 to 15 characters, no "/" and no space.',
  });
}

/** Something that the port stands on has disappeared or was taken away. */
export function linkGone(interfaceName: string, what: string, hint: string): TransportError {
  return new TransportError('LINK_GONE', `${interfaceName}: ${what}`, {
    operation: 'watch links',
    interfaceName,
    errno: Errno.ENODEV,
    hint,
  });
}

/** An option that cannot be accepted. */
export function badOption(interfaceName: string, message: string, hint: string): TransportError {
  return new TransportError('BAD_OPTION', `${interfaceName}: ${message}`, {
    operation: 'read options',
    interfaceName,
    hint,
  });
}
