/** Opens ports that carry IP packets in UDP datagrams: behind a tunnel, MAC addresses mean nothing. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import {
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  TRANSPORT_API_VERSION,
  type Transport,
  TransportError,
  type TransportErrorCode,
} from '@locum/transport';
import { readOptions } from './udp-options.ts';
import { CAPABILITIES, type CreateSocket, UdpPort } from './udp-port.ts';

/** What the operating system calls it, what the contract calls it, and what helps. */
const REFUSALS: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  EADDRINUSE: ['SYSTEM', 'Another program listens there: choose another port in bind.'],
  // Not BAD_OPTION, which is never tried again: DHCP may set the address a little later.
  EADDRNOTAVAIL: ['SYSTEM', 'The address in bind is not one of this host: set it, or write another one.'],
  EACCES: ['NOT_PERMITTED', 'Choose a port above 1023 in bind.'],
  EAFNOSUPPORT: ['NOT_SUPPORTED', 'This host has no such address family: use the other one.'],
};

/** @param create makes the sockets; tests put in others */
export function createUdpTransport(create: CreateSocket = createSocket): Transport {
  return {
    name: 'udp',
    apiVersion: TRANSPORT_API_VERSION,
    capabilities: CAPABILITIES,
    async open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
      refuseAborted(options, signal);
      const udp = readOptions(options);
      refuseUnknown(options);
      const port = new UdpPort(udp, options.filter, sink, host, create);
      try {
        await port.listen();
        refuseAborted(options, signal);
        return port;
      } catch (error) {
        port.close();
        throw openError(error as NodeJS.ErrnoException, options);
      }
    },
  };
}

export const udpTransport: Transport = createUdpTransport();

function refuseAborted({ interfaceName }: PortOptions, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TransportError('ABORTED', `${interfaceName}: opening was given up`, {
    operation: 'open',
    interfaceName,
    hint: 'Open the port again; nothing was left behind.',
  });
}

function refuseUnknown({ interfaceName }: PortOptions): void {
  const known = Object.keys(networkInterfaces());
  if (known.includes(interfaceName)) return;
  throw new TransportError('NO_SUCH_INTERFACE', `${interfaceName}: there is no such interface with an address`, {
    operation: 'open',
    interfaceName,
    hint: `Name one of ${known.join(', ')}: the router takes its address from it.`,
  });
}

function openError(error: NodeJS.ErrnoException, { interfaceName }: PortOptions): TransportError {
  if (error.name === 'TransportError') return error as unknown as TransportError;
  const [code, hint] = REFUSALS[error.code ?? ''] ?? ['SYSTEM', 'Look at bind, peers and group.'];
  return new TransportError(code, `${interfaceName}: ${error.message}`, {
    operation: error.syscall ?? 'open',
    interfaceName,
    hint,
    ...(error.errno === undefined ? {} : { errno: Math.abs(error.errno) }),
  });
}
