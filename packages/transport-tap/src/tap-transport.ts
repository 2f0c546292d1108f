/**
 * The `tap` transport: chooses the mode that the option block asks for.
 *
 * Its capabilities are those that ports of both modes have; a port knows its own.
 */
import {
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  TRANSPORT_API_VERSION,
  type Transport,
} from '@locum/transport';
import { bridgeStationTransport } from './bridge-station.ts';
import { readMode } from './tap-options.ts';
import { virtualMacTransport } from './virtual-mac.ts';

const MODES = { port: bridgeStationTransport, 'virtual-mac': virtualMacTransport } as const;

/** Opens ports in the mode that `extra.mode` names: `port` (default) or `virtual-mac`. */
export const tapTransport: Transport = {
  name: 'tap',
  apiVersion: TRANSPORT_API_VERSION,
  capabilities: bridgeStationTransport.capabilities,
  open,
};

/** @throws TransportError BAD_OPTION for a mode that there is not */
async function open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
  return await MODES[readMode(options)].open(options, sink, host, signal);
}
