/**
 * Settings of the IPv4 stack for one link (what /proc/sys/net/ipv4/conf/NAME shows), by way of netlink: it stays in
 * the socket's namespace, and works where /proc/sys is mounted read-only, as in most containers.
 *
 * For most settings the kernel uses the larger of this value and the one under `all`.
 */
import { AddressFamily } from '../socket.ts';
import { LinkAttribute, NetlinkType, UNSPECIFIED_FAMILY } from './constants.ts';
import type { MessageWriter } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** `struct ifinfomsg` */
const LINK_HEADER_BYTES = 16;
/** Attribute inside the IPv4 part of `LinkAttribute.FamilySpecific`. */
const IFLA_INET_CONF = 1;

/** The kernel's numbers of the settings (IPV4_DEVCONF_*). */
export const Ipv4Setting = { ReversePathFilter: 8, ArpAnnounce: 18, ArpIgnore: 19 } as const;
export type Ipv4Setting = (typeof Ipv4Setting)[keyof typeof Ipv4Setting];

/** The link's own value. Throws NetlinkError ENODEV; undefined where the link has no IPv4. */
export function readIpv4Setting(netlink: NetlinkSocket, index: number, setting: Ipv4Setting): number | undefined {
  let value: number | undefined;
  netlink.get(
    `get IPv4 settings of link ${index}`,
    NetlinkType.GetLink,
    0,
    (writer) => writeHeader(writer, index),
    (message) => {
      const ipv4 = message
        .attributes(message.payload + LINK_HEADER_BYTES)
        .nested(LinkAttribute.FamilySpecific)
        ?.nested(AddressFamily.Inet);
      value = ipv4?.u32At(IFLA_INET_CONF, (setting - 1) * 4);
    },
  );
  return value;
}

/** Sets values of the link. Throws NetlinkError: ENODEV, EPERM. */
export function changeIpv4Settings(
  netlink: NetlinkSocket,
  index: number,
  settings: readonly (readonly [Ipv4Setting, number])[],
): void {
  netlink.request(`change IPv4 settings of link ${index}`, NetlinkType.NewLink, 0, (writer) => {
    writeHeader(writer, index);
    const families = writer.beginNested(LinkAttribute.FamilySpecific);
    const ipv4 = writer.beginNested(AddressFamily.Inet);
    const values = writer.beginNested(IFLA_INET_CONF);
    for (const [setting, value] of settings) writer.attributeU32(setting, value);
    writer.endNested(values);
    writer.endNested(ipv4);
    writer.endNested(families);
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
