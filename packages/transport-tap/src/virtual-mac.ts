/**
 * Mode `virtual-mac`: the port on the physical interface is a raw port; stations with a MAC of their own stand behind
 * it, each a TAP device that frames are carried to and from.
 */
import {
  type Capabilities,
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  TRANSPORT_API_VERSION,
  type Transport,
} from '@locum/transport';
import { rawTransport } from '@locum/transport-raw';
import { GuardedSink } from './guarded-sink.ts';
import { readMode, ringOptions } from './tap-options.ts';
import { VirtualMacPort } from './virtual-mac-port.ts';

const CAPABILITIES: Capabilities = Object.freeze({ ...rawTransport.capabilities, virtualStations: true });

/**
 * Opens ports on Ethernet interfaces of the network namespace that the calling thread is in when `open` is called;
 * `openStation` is to be called in the same one. Option block: `ring_frames`, as of the raw transport.
 */
export const virtualMacTransport: Transport = {
  name: 'tap',
  apiVersion: TRANSPORT_API_VERSION,
  capabilities: CAPABILITIES,
  open: openVirtualMac,
};

async function openVirtualMac(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
  const { interfaceName, extra = {} } = options;
  readMode({ ...options, extra: { mode: 'virtual-mac', ...extra } });
  const guarded = new GuardedSink(sink);
  const raw = await rawTransport.open({ ...options, extra: ringOptions(extra) }, guarded, host, signal);
  try {
    return new VirtualMacPort(interfaceName, raw, guarded);
  } catch (error) {
    raw.close();
    throw error;
  }
}
