/**
 * Links (network interfaces): reading what is there, making the kinds that a lab or a virtual MAC needs, changing and
 * deleting them. Addresses of links are in `address.ts`.
 */
import type { NetworkNamespace } from '../namespace.ts';
import { AddressFamily } from '../socket.ts';
import {
  Ipv6LinkAttribute,
  LinkAttribute,
  LinkData,
  LinkInfo,
  NetlinkFlag,
  NetlinkType,
  UNSPECIFIED_FAMILY,
} from './constants.ts';
import { NetlinkError } from './error.ts';
import type { MessageReader, MessageWriter } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** `struct ifinfomsg`: family u8, pad u8, type u16, index i32, flags u32, change u32. */
const LINK_HEADER_BYTES = 16;
const ENODEV = 19;

/** Bits of {@link Link.flags}. */
export const LinkFlag = {
  Up: 0x1,
  Broadcast: 0x2,
  Loopback: 0x8,
  PointToPoint: 0x10,
  Running: 0x40,
  NoArp: 0x80,
  Promiscuous: 0x100,
  Multicast: 0x1000,
  /** The driver says that there is carrier. */
  LowerUp: 0x10000,
} as const;

/** RFC 2863 operational state, by the kernel's number. */
const OPERSTATES = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'] as const;
export type Operstate = (typeof OPERSTATES)[number];

/** Hardware type of Ethernet-like links (ARPHRD_ETHER), in {@link Link.hardwareType}. */
export const HARDWARE_ETHERNET = 1;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** ARPHRD number, e.g. {@link HARDWARE_ETHERNET}. */
  readonly hardwareType: number;
  /** Hardware address, 6 octets on Ethernet, empty where the link has none. */
  readonly mac: Uint8Array;
  /** Bits of {@link LinkFlag}. */
  readonly flags: number;
  /** Administratively up. */
  readonly up: boolean;
  /** Up and operational. */
  readonly running: boolean;
  /** Has carrier. */
  readonly lowerUp: boolean;
  readonly operstate: Operstate;
  /** Largest payload of a frame, octets. */
  readonly mtu: number;
  /** Kind as `ip link` names it (`veth`, `bridge`, `macvlan`); empty for physical interfaces. */
  readonly kind: string;
  /** Index of the bridge or bond that this link is a port of; 0 for none. */
  readonly masterIndex: number;
  /** Index of the link below (macvlan, VLAN) or of the veth peer; 0 for none. May be of another namespace. */
  readonly parentIndex: number;
}

export type MacvlanMode = 'private' | 'bridge';
const MACVLAN_MODES: Record<MacvlanMode, number> = { private: 1, bridge: 4 };

interface NamedLink {
  readonly name: string;
  /** 6 octets; the kernel draws one where absent. */
  readonly mac?: Uint8Array;
  /** Where the link is made; the socket's own namespace where absent. */
  readonly namespace?: NetworkNamespace;
  readonly mtu?: number;
}

/** A link to make. It is down until it is set up. */
export type LinkSpec =
  | (NamedLink & { readonly kind: 'veth'; readonly peer: NamedLink })
  | (NamedLink & {
      readonly kind: 'bridge';
      /** How long a learned MAC is remembered; 0 makes it flood every frame, as a hub does. */
      readonly ageingSeconds?: number;
      /** False: multicast is flooded to every port. */
      readonly multicastSnooping?: boolean;
    })
  | (NamedLink & { readonly kind: 'macvlan'; readonly parentIndex: number; readonly mode: MacvlanMode })
  | (NamedLink & { readonly kind: 'dummy' });

/** What to change; what is absent stays as it is. */
export interface LinkChange {
  readonly up?: boolean;
  /** Index of the bridge to join; 0 leaves. */
  readonly masterIndex?: number;
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  /** The link must be down for this on older kernels. */
  readonly name?: string;
  /** Moves the link; it loses its addresses and may get another index. */
  readonly namespace?: NetworkNamespace;
  /** Whether the kernel makes a link-local IPv6 address when the link comes up. */
  readonly ipv6LinkLocal?: boolean;
}

/** All links of the socket's namespace. */
export function listLinks(netlink: NetlinkSocket): Link[] {
  let links: Link[] = [];
  netlink.get(
    'list links',
    NetlinkType.GetLink,
    NetlinkFlag.Dump,
    (writer) => writeHeader(writer, 0),
    (message) => links.push(readLink(message)),
    () => {
      links = [];
    },
  );
  return links;
}

/** The link of that name or index, or undefined. */
export function findLink(netlink: NetlinkSocket, nameOrIndex: string | number): Link | undefined {
  let link: Link | undefined;
  try {
    netlink.get(
      `get link ${nameOrIndex}`,
      NetlinkType.GetLink,
      0,
      (writer) => {
        writeHeader(writer, typeof nameOrIndex === 'number' ? nameOrIndex : 0);
        if (typeof nameOrIndex === 'string') writer.attributeText(LinkAttribute.Name, nameOrIndex);
      },
      (message) => {
        link = readLink(message);
      },
    );
  } catch (error) {
    if (!(error instanceof NetlinkError && error.errno === ENODEV)) throw error;
  }
  return link;
}

/** Makes a link. Throws {@link NetlinkError}: EEXIST when the name is taken, EOPNOTSUPP when the kernel lacks the kind. */
export function createLink(netlink: NetlinkSocket, spec: LinkSpec): void {
  netlink.request(
    `create ${spec.kind} ${spec.name}`,
    NetlinkType.NewLink,
    NetlinkFlag.Create | NetlinkFlag.Exclusive,
    (writer) => {
      writeHeader(writer, 0);
      writeNamedLink(writer, spec);
      if (spec.kind === 'macvlan') writer.attributeU32(LinkAttribute.Link, spec.parentIndex);
      const info = writer.beginNested(LinkAttribute.Info);
      writer.attributeText(LinkInfo.Kind, spec.kind);
      const data = writer.beginNested(LinkInfo.Data);
      writeLinkData(writer, spec);
      writer.endNested(data);
      writer.endNested(info);
    },
  );
}

/** Changes a link. Throws {@link NetlinkError}: ENODEV when it is gone. */
export function changeLink(netlink: NetlinkSocket, index: number, change: LinkChange): void {
  netlink.request(`change link ${index}`, NetlinkType.NewLink, 0, (writer) => {
    writeHeader(writer, index, change.up);
    if (change.masterIndex !== undefined) writer.attributeU32(LinkAttribute.Master, change.masterIndex);
    if (change.mac) writer.attribute(LinkAttribute.Mac, change.mac);
    if (change.mtu !== undefined) writer.attributeU32(LinkAttribute.Mtu, change.mtu);
    if (change.name !== undefined) writer.attributeText(LinkAttribute.Name, change.name);
    if (change.namespace) writer.attributeU32(LinkAttribute.NamespaceFd, change.namespace.fd);
    if (change.ipv6LinkLocal !== undefined) {
      const families = writer.beginNested(LinkAttribute.FamilySpecific);
      const ipv6 = writer.beginNested(AddressFamily.Inet6);
      // IN6_ADDR_GEN_MODE_EUI64 and _NONE.
      writer.attributeU8(Ipv6LinkAttribute.AddressGenerationMode, change.ipv6LinkLocal ? 0 : 1);
      writer.endNested(ipv6);
      writer.endNested(families);
    }
  });
}

/** Deletes a link; of a veth pair, both ends go. Throws {@link NetlinkError}: ENODEV when it is gone. */
export function deleteLink(netlink: NetlinkSocket, index: number): void {
  netlink.request(`delete link ${index}`, NetlinkType.DeleteLink, 0, (writer) => writeHeader(writer, index));
}

/** The link that a NEWLINK or DELLINK message describes. */
export function readLink(message: MessageReader): Link {
  const start = message.payload;
  const attributes = message.attributes(start + LINK_HEADER_BYTES);
  const flags = message.u32(start + 8);
  return {
    index: message.i32(start + 4),
    name: attributes.text(LinkAttribute.Name) ?? '',
    hardwareType: message.u16(start + 2),
    mac: attributes.bytes(LinkAttribute.Mac) ?? new Uint8Array(0),
    flags,
    up: (flags & LinkFlag.Up) !== 0,
    running: (flags & LinkFlag.Running) !== 0,
    lowerUp: (flags & LinkFlag.LowerUp) !== 0,
    operstate: OPERSTATES[attributes.u8(LinkAttribute.Operstate) ?? 0] ?? 'unknown',
    mtu: attributes.u32(LinkAttribute.Mtu) ?? 0,
    kind: attributes.nested(LinkAttribute.Info)?.text(LinkInfo.Kind) ?? '',
    masterIndex: attributes.u32(LinkAttribute.Master) ?? 0,
    parentIndex: attributes.u32(LinkAttribute.Link) ?? 0,
  };
}

function writeHeader(writer: MessageWriter, index: number, up?: boolean): void {
  writer.u8(UNSPECIFIED_FAMILY);
  writer.u8(0);
  writer.u16(0);
  writer.i32(index);
  writer.u32(up ? LinkFlag.Up : 0);
  writer.u32(up === undefined ? 0 : LinkFlag.Up);
}

function writeNamedLink(writer: MessageWriter, link: NamedLink): void {
  writer.attributeText(LinkAttribute.Name, link.name);
  if (link.mac) writer.attribute(LinkAttribute.Mac, link.mac);
  if (link.mtu !== undefined) writer.attributeU32(LinkAttribute.Mtu, link.mtu);
  if (link.namespace) writer.attributeU32(LinkAttribute.NamespaceFd, link.namespace.fd);
}

function writeLinkData(writer: MessageWriter, spec: LinkSpec): void {
  switch (spec.kind) {
    case 'veth': {
      const peer = writer.beginNested(LinkData.VethPeer);
      writeHeader(writer, 0);
      writeNamedLink(writer, spec.peer);
      writer.endNested(peer);
      break;
    }
    case 'bridge':
      if (spec.ageingSeconds !== undefined) {
        writer.attributeU32(LinkData.BridgeAgeingTime, spec.ageingSeconds * 100);
      }
      if (spec.multicastSnooping !== undefined) {
        writer.attributeU8(LinkData.BridgeMulticastSnooping, spec.multicastSnooping ? 1 : 0);
      }
      break;
    case 'macvlan':
      writer.attributeU32(LinkData.MacvlanMode, MACVLAN_MODES[spec.mode]);
      break;
    case 'dummy':
      break;
  }
}
