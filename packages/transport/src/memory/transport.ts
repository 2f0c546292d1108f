/**
 * The transport of a host whose interfaces are stations on memory LANs. Opens ports; does nothing else.
 */
import {
  type Capabilities,
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  TRANSPORT_API_VERSION,
  type Transport,
} from '../contract.ts';
import { TransportError } from '../error.ts';
import { MemoryPort } from './port.ts';
import type { MemoryStation } from './station.ts';

const OPERATION = 'open memory port';

/** One host with the given stations as its interfaces; they may be on different LANs. */
export function createMemoryTransport(stations: readonly MemoryStation[]): Transport {
  const capabilities = memoryCapabilities(Math.min(...stations.map((station) => station.lan.maxFrameBytes)));
  return {
    name: 'memory',
    apiVersion: TRANSPORT_API_VERSION,
    capabilities,
    async open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
      const station = stations.find((candidate) => candidate.interfaceName === options.interfaceName);
      refuse(options, stations, station);
      refuseAborted(options, signal);
      await Promise.resolve();
      refuseAborted(options, signal);
      return new MemoryPort(station!, memoryCapabilities(station!.lan.maxFrameBytes), options, sink, host);
    },
  };
}

function memoryCapabilities(maxFrameBytes: number): Capabilities {
  return Object.freeze({
    medium: 'ethernet',
    maxFrameBytes,
    pollable: false,
    rxClock: 'kernel',
    vlan: true,
    filtering: true,
    spoofsSourceMac: true,
    routesUnicast: true,
    reportsLink: true,
    deterministic: true,
    shareable: true,
    virtualStations: true,
  });
}

function refuse(options: PortOptions, stations: readonly MemoryStation[], station: MemoryStation | undefined): void {
  const { interfaceName } = options;
  if (station === undefined || !station.present) {
    const known = stations.map((candidate) => candidate.interfaceName).join(', ');
    throw new TransportError('NO_SUCH_INTERFACE', `there is no interface ${interfaceName} on this host`, {
      operation: OPERATION,
      interfaceName,
      hint: `Use one of the stations of this host: ${known}.`,
    });
  }
  const [unknown] = Object.keys(options.extra ?? {});
  if (unknown !== undefined) {
    throw new TransportError('BAD_OPTION', `the memory transport has no option ${unknown}`, {
      operation: OPERATION,
      interfaceName,
      hint: `Remove ${unknown}; this transport takes no options.`,
    });
  }
  if (options.groups.some((group) => group.length !== 4 && group.length !== 16)) {
    throw new TransportError('BAD_OPTION', 'a multicast group is neither 4 nor 16 octets long', {
      operation: OPERATION,
      interfaceName,
      hint: 'Give IPv4 groups as 4 octets and IPv6 groups as 16.',
    });
  }
}

function refuseAborted(options: PortOptions, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TransportError('ABORTED', `opening ${options.interfaceName} was given up`, {
    operation: OPERATION,
    interfaceName: options.interfaceName,
    hint: 'Open the port again when it is wanted.',
  });
}
