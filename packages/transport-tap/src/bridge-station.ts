/**
 * Mode `port`: opens a port that is a station of its own on a bridge, by way of a TAP device that is made for it,
 * joined to the bridge, and gone with the process.
 */
import { createHash } from 'node:crypto';
import {
  type BridgeSettings,
  bindSocket,
  bpf,
  changeLink,
  closeDescriptor,
  Epoll,
  Errno,
  ETHERTYPE_ALL,
  findLink,
  floodMulticastTo,
  type Link,
  NetlinkMonitor,
  NetlinkSocket,
  openPacketSocket,
  PacketRing,
  packetAddress,
  readBridgeSettings,
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
import {
  type AddressSteps,
  assembleFrameFilter,
  IpPresence,
  openError,
  openUnlessAborted,
  RawPort,
  readOptions,
} from '@locum/transport-raw';
import { BridgeStationPort } from './bridge-station-port.ts';
import { GuardedSink } from './guarded-sink.ts';
import { deviceMtu, makeTapDevice } from './tap-device.ts';
import { type BridgeStationOptions, readBridgeStationOptions, readMode } from './tap-options.ts';

const ETHERNET_HEADER_BYTES = 14;
const TYPE_OUTGOING = 4;

const CAPABILITIES: Capabilities = Object.freeze({
  medium: 'ethernet',
  maxFrameBytes: 1500 + ETHERNET_HEADER_BYTES,
  pollable: true,
  rxClock: 'kernel',
  vlan: false,
  filtering: true,
  spoofsSourceMac: false,
  routesUnicast: false,
  reportsLink: true,
  deterministic: false,
  shareable: true,
  virtualStations: false,
});

/**
 * Opens stations on bridges of the network namespace that the calling thread is in when `open` is called.
 * Option block: `device` (default `locum%d`), `bridge` (the interface, and nothing else), `mac`, `ring_frames`.
 */
export const bridgeStationTransport: Transport = {
  name: 'tap',
  apiVersion: TRANSPORT_API_VERSION,
  capabilities: CAPABILITIES,
  open: openBridgeStation,
};

function openBridgeStation(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port> {
  return openUnlessAborted(options, signal, () => {
    readMode(options);
    return openPort(options, readBridgeStationOptions(options), sink, host);
  });
}

function openPort(options: PortOptions, station: BridgeStationOptions, sink: FrameSink, host: Host): Port {
  const { interfaceName } = options;
  // Refuses what it cannot use before anything is made.
  const { ringFrames } = readOptions({ ...options, extra: station.ring });
  const undo: (() => void)[] = [];
  try {
    const netlink = new NetlinkSocket();
    undo.push(() => netlink.close());
    const bridge = findBridge(netlink, interfaceName);
    const mac = station.mac ?? stationMac(station.device, bridge.mac);
    const { device, link } = makeTapDevice(netlink, {
      name: station.device,
      offloadHeader: false,
      link: { mac: deviceMac(mac), mtu: deviceMtu(bridge.mtu), masterIndex: bridge.index },
      ipv4: [],
    });
    undo.push(() => closeDescriptor(device.fd));
    floodMulticastTo(netlink, link.index);
    keepBridgeMac(netlink, bridge);

    const maxFrameBytes = link.mtu + ETHERNET_HEADER_BYTES;
    const capabilities = Object.freeze({ ...CAPABILITIES, maxFrameBytes, shareable: station.device.includes('%d') });
    const fd = openPacketSocket();
    undo.push(() => closeDescriptor(fd));
    bpf.attachFilter(fd, assembleFrameFilter(options.filter.ipProtocols, forwardedTo(mac)));
    const ring = new PacketRing(fd, maxFrameBytes, ringFrames);
    undo.push(() => ring.close());
    // Membership of the host makes switches beyond the bridge forward the groups to it; the bridge floods them to us.
    const presence = new IpPresence(interfaceName, bridge.index, options.groups);
    undo.push(() => presence.close());
    bindSocket(fd, packetAddress(link.index, ETHERTYPE_ALL), 'bind AF_PACKET');

    const monitor = new NetlinkMonitor([], 'links');
    undo.push(() => monitor.close());
    const epoll = new Epoll(2);
    undo.push(() => epoll.close());
    epoll.add(fd, 0);
    epoll.add(monitor.fd, 1);
    const receive = (to: FrameSink): RawPort =>
      new RawPort({ interfaceName, capabilities, fd, ring, presence }, to, host);
    const tap = device.fd;
    const port = new BridgeStationPort({
      ...{ interfaceName, capabilities, bridge, device: link, tap, mac },
      ...{ netlink, monitor, epoll, receive, sink: new GuardedSink(sink) },
    });
    // Whatever changed before the monitor listened.
    const loss = port.look();
    if (loss !== undefined) throw loss;
    return port;
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw openError(error, interfaceName);
  }
}

function findBridge(netlink: NetlinkSocket, interfaceName: string): Link {
  const refuse = (message: string, hint: string): TransportError =>
    new TransportError('NOT_SUPPORTED', `${interfaceName}: ${message}`, { operation: 'open', interfaceName, hint });
  const link = findLink(netlink, interfaceName);
  if (link === undefined) throw new SystemError('find the bridge', Errno.ENODEV);
  if (link.kind !== 'bridge')
    throw refuse(
      'is no bridge',
      'Name a bridge (ip link add br0 type bridge), or use the raw transport on this interface.',
    );
  const obstacle = obstacleOn(readBridgeSettings(netlink, link.index));
  if (obstacle !== undefined)
    throw refuse(
      obstacle.message,
      `Switch it off (ip link set ${interfaceName} type bridge ${obstacle.remedy}), or use the raw transport on the bridge.`,
    );
  return link;
}

/** Why a new port of a bridge would not hear the other routers, and what makes it hear them. */
export function obstacleOn({
  spanningTree,
  vlanFiltering,
}: BridgeSettings): { message: string; remedy: string } | undefined {
  if (spanningTree)
    return {
      message: 'runs a spanning tree: a new port would hear nothing for twice the forward delay, and take over wrongly',
      remedy: 'stp_state 0',
    };
  if (vlanFiltering)
    return {
      message: 'filters VLANs: a new port may be in another VLAN than the host, hear nothing, and take over wrongly',
      remedy: 'vlan_filtering 0',
    };
  return undefined;
}

/**
 * A MAC that the station has each time: locally administered, drawn from the name of its device and the MAC of the host.
 * @param hostMac 6 octets
 */
export function stationMac(device: string, hostMac: Uint8Array): Uint8Array {
  return Uint8Array.of(0x02, ...digest(new TextEncoder().encode(device), hostMac));
}

/**
 * The MAC of the device, which is the bridge's end and must be another than the station's: what the bridge receives for
 * it goes to the host. A bridge takes the lowest MAC of its ports for its own, so it begins high.
 */
function deviceMac(station: Uint8Array): Uint8Array {
  return Uint8Array.of(0xfe, ...digest(station));
}

function digest(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest().subarray(0, 5));
}

/** A bridge without other ports takes on the MAC of our device; the addresses on it keep the MAC they had. */
function keepBridgeMac(netlink: NetlinkSocket, bridge: Link): void {
  const mac = findLink(netlink, bridge.index)?.mac;
  if (mac !== undefined && Buffer.compare(mac, bridge.mac) !== 0)
    changeLink(netlink, bridge.index, { mac: bridge.mac });
}

/** What the bridge forwards to the station: out of the device, to a group or to the station's MAC. */
function forwardedTo(mac: Uint8Array): AddressSteps {
  const view = new DataView(mac.buffer, mac.byteOffset);
  return [
    bpf.loadWord(bpf.PacketFact.Type),
    bpf.ifEqual(TYPE_OUTGOING, undefined, 'reject'),
    bpf.loadByte(0),
    bpf.and(1),
    bpf.ifEqual(1, 'addressed'),
    bpf.loadWord(0),
    bpf.ifEqual(view.getUint32(0), undefined, 'reject'),
    bpf.loadHalf(4),
    bpf.ifEqual(view.getUint16(4), undefined, 'reject'),
  ];
}
