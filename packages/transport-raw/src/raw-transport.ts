/**
 * The `raw` transport: opens ports by way of AF_PACKET on Ethernet-like interfaces of this host.
 *
 * Order matters when opening: the socket is made deaf (protocol 0), gets filter, ring and memberships, and is bound
 * last, so that no frame is received that the filter has not seen.
 */
import {
  bindSocket,
  bpf,
  closeDescriptor,
  Errno,
  ETHERTYPE_ALL,
  HardwareType,
  ignoreOutgoing,
  interfaceHardware,
  interfaceIndex,
  joinHardwareGroup,
  openPacketSocket,
  PacketRing,
  packetAddress,
  SocketLevel,
  SocketOption,
  SystemError,
  setSocketOption,
} from '@locum/linux';
import type { Capabilities, FrameSink, Host, Port, PortOptions, Transport } from '@locum/transport';
import { TRANSPORT_API_VERSION } from '@locum/transport/contract';
import { TransportError } from '@locum/transport/error';
import { openUnlessAborted } from './abort.ts';
import { openError } from './failure.ts';
import { IpPresence } from './ip-presence.ts';
import { hardwareGroup } from './multicast-group.ts';
import { type RawOptions, readOptions } from './raw-options.ts';
import { RawPort } from './raw-port.ts';

const ETHERNET_HEADER_BYTES = 14;
/** TC_PRIO_CONTROL: queueing disciplines send these frames before the bulk. */
const CONTROL_PRIORITY = 6;

const CAPABILITIES: Capabilities = Object.freeze({
  medium: 'ethernet',
  maxFrameBytes: 1500 + ETHERNET_HEADER_BYTES,
  pollable: true,
  rxClock: 'kernel',
  vlan: false,
  filtering: true,
  spoofsSourceMac: true,
  routesUnicast: true,
  reportsLink: true,
  deterministic: false,
  shareable: true,
  virtualStations: false,
});

/**
 * Opens ports on the interfaces of the network namespace that the calling thread is in when `open` is called.
 * Option block: `ring_frames`, how many frames a port holds while nobody reads them (16 to 65536, default 1024).
 */
export const rawTransport: Transport = {
  name: 'raw',
  apiVersion: TRANSPORT_API_VERSION,
  capabilities: CAPABILITIES,
  open,
};

function open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
  return openUnlessAborted(options, signal, () => openPort(options, readOptions(options), sink, host));
}

function openPort(options: PortOptions, raw: RawOptions, sink: FrameSink, host: Host): Port {
  const { interfaceName, groups } = options;
  const undo: (() => void)[] = [];
  try {
    const index = interfaceIndex(interfaceName);
    if (index === 0) throw new SystemError('find the interface', Errno.ENODEV);
    const hardware = interfaceHardware(interfaceName);
    if (hardware.type !== HardwareType.Ethernet) throw notEthernet(interfaceName, hardware.type);
    const maxFrameBytes = hardware.mtuBytes + ETHERNET_HEADER_BYTES;

    const fd = openPacketSocket();
    undo.push(() => closeDescriptor(fd));
    bpf.attachFilter(fd, raw.filter);
    ignoreOutgoing(fd);
    setSocketOption(fd, SocketLevel.Socket, SocketOption.Priority, CONTROL_PRIORITY, 'setsockopt SO_PRIORITY');
    const ring = new PacketRing(fd, maxFrameBytes, raw.ringFrames);
    undo.push(() => ring.close());
    for (const group of groups) joinHardwareGroup(fd, index, hardwareGroup(group));
    const presence = new IpPresence(interfaceName, index, groups);
    undo.push(() => presence.close());
    bindSocket(fd, packetAddress(index, ETHERTYPE_ALL), 'bind AF_PACKET');

    const capabilities = Object.freeze({ ...CAPABILITIES, maxFrameBytes });
    return new RawPort({ interfaceName, capabilities, fd, ring, presence }, sink, host);
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw openError(error, interfaceName);
  }
}

function notEthernet(interfaceName: string, type: number): TransportError {
  const what = type === HardwareType.Loopback ? 'a loopback interface' : `of hardware type ${type}`;
  return new TransportError('NOT_SUPPORTED', `${interfaceName}: is ${what}, not Ethernet`, {
    operation: 'open',
    interfaceName,
    hint: 'Use an Ethernet, bridge, bond, VLAN or macvlan interface.',
  });
}
