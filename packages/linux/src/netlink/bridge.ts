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

/** Whether a bridge runs a spanning tree, by which a port forwards nothing until its forward delay is over, twice. */
export function bridgeHasSpanningTree(netlink: NetlinkSocket, index: number): boolean {
  let state = 0;
  netlink.get(
    `get bridge ${index}`,
    NetlinkType.GetLink,
    0,
    (writer) => writeHeader(writer, index),
    (message) => {
      const info = message.attributes(message.payload + LINK_HEADER_BYTES).nested(LinkAttribute.Info);
      state = info?.nested(LinkInfo.Data)?.u32(LinkData.BridgeStpState) ?? 0;
    },
  );
  return state !== 0;
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
