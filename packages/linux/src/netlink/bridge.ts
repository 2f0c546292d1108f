/**
 * What is asked of a bridge and set on its ports, beyond being a link with links in it.
 */
import { LinkAttribute, LinkData, LinkInfo, NetlinkType, UNSPECIFIED_FAMILY } from './constants.ts';
import type { MessageWriter } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** `struct ifinfomsg` */
const LINK_HEADER_BYTES = 16;
/** Attributes inside `LinkAttribute.Info` that concern a link as the port of another. */
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BRPORT_MULTICAST_ROUTER = 25;
const MULTICAST_ROUTER_PERMANENT = 2;
/** Attribute inside `LinkInfo.Data` of a bridge. */
const IFLA_BR_VLAN_FILTERING = 7;

/** What decides whether a port that joins a bridge hears what the others hear. */
export interface BridgeSettings {
  /** The bridge runs a spanning tree, by which a port forwards nothing until its forward delay is over, twice. */
  readonly spanningTree: boolean;
  /** Ports hear only the VLANs that they are members of. */
  readonly vlanFiltering: boolean;
}

/** Throws NetlinkError: ENODEV when it is gone. */
export function readBridgeSettings(netlink: NetlinkSocket, index: number): BridgeSettings {
  let settings: BridgeSettings = { spanningTree: false, vlanFiltering: false };
  netlink.get(
    `get bridge ${index}`,
    NetlinkType.GetLink,
    0,
    (writer) => writeHeader(writer, index),
    (message) => {
      const info = message.attributes(message.payload + LINK_HEADER_BYTES).nested(LinkAttribute.Info);
      const bridge = info?.nested(LinkInfo.Data);
      settings = {
        spanningTree: (bridge?.u32(LinkData.BridgeStpState) ?? 0) !== 0,
        vlanFiltering: (bridge?.u8(IFLA_BR_VLAN_FILTERING) ?? 0) !== 0,
      };
    },
  );
  return settings;
}

/** Makes a bridge forward every multicast frame to a port, whatever the bridge knows of its groups. */
export function floodMulticastTo(netlink: NetlinkSocket, portIndex: number): void {
  netlink.request(`flood multicast to bridge port ${portIndex}`, NetlinkType.NewLink, 0, (writer) => {
    writeHeader(writer, portIndex);
    const info = writer.beginNested(LinkAttribute.Info);
    writer.attributeText(IFLA_INFO_SLAVE_KIND, 'bridge');
    const port = writer.beginNested(IFLA_INFO_SLAVE_DATA);
    writer.attributeU8(IFLA_BRPORT_MULTICAST_ROUTER, MULTICAST_ROUTER_PERMANENT);
    writer.endNested(port);
    writer.endNested(info);
  });
}

function writeHeader(writer: MessageWriter, index: number): void {
  writer.u8(UNSPECIFIED_FAMILY);
  writer.u8(0);
  writer.u16(0);
  writer.i32(index);
  writer.u32(0);
  writer.u32(0);
}
