/**
 * The `pcap` transport: opens ports by way of libpcap on Ethernet-like interfaces of this host.
 *
 * For hosts whose libpcap can do what the raw transport cannot. It wants an interface that is up, sees it promiscuously,
 * and its ports have no descriptor: they are heard in turns of Node's event loop.
 */
import {
  closeDescriptor,
  Errno,
  findLink,
  HARDWARE_ETHERNET,
  type Link,
  NetlinkSocket,
  openPacketSocket,
  SystemError,
} from '@locum/linux';
import {
  type Capabilities,
  type FrameSink,
  type Host,
  type Port,
  type PortOptions,
  TRANSPORT_API_VERSION,
  type Transport,
  TransportError,
} from '@locum/transport';
import { IpPresence, openError, openUnlessAborted } from '@locum/transport-raw';
import { loadCap } from './cap-addon.ts';
import { Capture } from './capture.ts';
import { FrameQueue } from './frame-queue.ts';
import { readOptions } from './pcap-options.ts';
import { PcapPort } from './pcap-port.ts';

const ETHERNET_HEADER_BYTES = 14;
/** Frames that wait for `poll`: more than the kernel's buffer brings in one turn. */
const QUEUE_FRAMES = 1024;

const CAPABILITIES: Capabilities = Object.freeze({
  medium: 'ethernet',
  maxFrameBytes: 1500 + ETHERNET_HEADER_BYTES,
  pollable: false,
  rxClock: 'user',
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
 * Opens ports on the interfaces of the network namespace that the calling thread is in when `open` is called; only in
 * the main thread of a process. Option block: `buffer_kib`, what the kernel may hold for a port while the event loop
 * does not turn (256 to 262144, default 8192; where the interface has offloads, a frame takes 64 of them).
 */
export const pcapTransport: Transport = {
  name: 'pcap',
  apiVersion: TRANSPORT_API_VERSION,
  capabilities: CAPABILITIES,
  open,
};

async function open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
  let opened: PcapPort | undefined;
  const port = await openUnlessAborted(options, signal, () => {
    opened = openPort(options, sink, host);
    return opened;
  });
  try {
    await opened?.settle();
    return await openUnlessAborted(options, signal, () => port);
  } catch (error) {
    port.close();
    throw openError(error, options.interfaceName);
  }
}

function openPort(options: PortOptions, sink: FrameSink, host: Host): PcapPort {
  const { interfaceName, groups } = options;
  const { filter, bufferBytes } = readOptions(options);
  const Addon = loadCap(interfaceName);
  const undo: (() => void)[] = [];
  try {
    closeDescriptor(openPacketSocket());
    const link = usableLink(interfaceName);
    const maxFrameBytes = link.mtu + ETHERNET_HEADER_BYTES;
    const presence = new IpPresence(interfaceName, link.index, groups);
    undo.push(() => presence.close());
    const queue = new FrameQueue(QUEUE_FRAMES, maxFrameBytes);
    const capture = openCapture(() => {
      const opened: Capture = new Capture(
        Addon,
        { interfaceName, interfaceIndex: link.index, filter, bufferBytes },
        (byteCount) => queue.put(opened.bytes, byteCount, host.now()),
      );
      return opened;
    }, interfaceName);
    const capabilities = Object.freeze({ ...CAPABILITIES, maxFrameBytes });
    return new PcapPort({ interfaceName, capabilities, capture, queue, presence }, sink);
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw openError(error, interfaceName);
  }
}

function openCapture(openIt: () => Capture, interfaceName: string): Capture {
  try {
    return openIt();
  } catch (error) {
    throw new TransportError('SYSTEM', `${interfaceName}: libpcap: ${(error as Error).message}`, {
      operation: 'open capture',
      interfaceName,
      hint: 'See whether "tcpdump -i" with the name of the interface says the same.',
    });
  }
}

function usableLink(interfaceName: string): Link {
  const netlink = new NetlinkSocket();
  try {
    const link = findLink(netlink, interfaceName);
    if (link === undefined) throw new SystemError('find the interface', Errno.ENODEV);
    if (link.hardwareType !== HARDWARE_ETHERNET) throw notEthernet(interfaceName, link.hardwareType);
    if (!link.up)
      throw new SystemError('open capture', Errno.ENETDOWN, 'libpcap wants it up: ip link set dev NAME up.');
    return link;
  } finally {
    netlink.close();
  }
}

function notEthernet(interfaceName: string, type: number): TransportError {
  return new TransportError('NOT_SUPPORTED', `${interfaceName}: is of hardware type ${type}, not Ethernet`, {
    operation: 'open',
    interfaceName,
    hint: 'Use an Ethernet, bridge, bond, VLAN or macvlan interface.',
  });
}
