/**
 * Addresses of links: reading, adding, replacing and deleting them, one at a time or many in one system call.
 *
 * An address is 4 or 16 octets and its length tells its family. Everything that a `virtual_ipaddress` line of a
 * configuration can say about an address can be said here.
 */
import { Errno } from '../errno.ts';
import { AddressFamily } from '../socket.ts';
import { AddressAttribute, NetlinkFlag, NetlinkType, UNSPECIFIED_FAMILY } from './constants.ts';
import { NetlinkError } from './error.ts';
import { type MessageReader, MessageWriter } from './message.ts';
import type { BatchFailure, BatchRequest, NetlinkSocket } from './socket.ts';

/** `struct ifaddrmsg`: family u8, prefix length u8, flags u8, scope u8, index u32. */
const ADDRESS_HEADER_BYTES = 8;
/** `struct ifa_cacheinfo`: preferred u32, valid u32, created u32, updated u32. */
const CACHE_INFO_BYTES = 16;
const FOREVER = 0xffffffff;
/** Attribute of address messages: metric of the route to the prefix. */
const IFA_RT_PRIORITY = 9;
/** Room for the body of one change. */
const PREPARED_BYTES = 128;

/** Bits of {@link LinkAddress.flags}; those marked (set) may be given to an address that is added. */
export const AddressFlag = {
  /** IPv4: another address of the same subnet came first. IPv6: temporary. */
  Secondary: 0x1,
  /** IPv6: no duplicate address detection (set). */
  NoDad: 0x2,
  Optimistic: 0x4,
  DadFailed: 0x8,
  /** IPv6: home address of mobile IPv6 (set). */
  Home: 0x10,
  /** Not chosen as a source address. */
  Deprecated: 0x20,
  /** IPv6: detection of duplicates is under way; the address cannot be used. */
  Tentative: 0x40,
  Permanent: 0x80,
  /** IPv6: model of temporary addresses (set). */
  ManageTemporary: 0x100,
  /** No route to the prefix is made (set). */
  NoPrefixRoute: 0x200,
  /** Multicast group is joined (set). */
  AutoJoin: 0x400,
} as const;

/** Well-known values of a scope. */
export const AddressScope = { Global: 0, Site: 200, Link: 253, Host: 254, Nowhere: 255 } as const;

export interface LinkAddress {
  readonly interfaceIndex: number;
  readonly family: 4 | 6;
  /** The link's own address, 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Of the address, or of the peer where there is one. */
  readonly prefixLength: number;
  /** Far end of a point-to-point address. */
  readonly peer: Uint8Array | undefined;
  readonly broadcast: Uint8Array | undefined;
  /** IPv4 only; the interface's name unless set otherwise. */
  readonly label: string | undefined;
  /** 0..255, see {@link AddressScope}. */
  readonly scope: number;
  /** Bits of {@link AddressFlag}. */
  readonly flags: number;
  readonly tentative: boolean;
  readonly deprecated: boolean;
  readonly permanent: boolean;
  readonly secondary: boolean;
  /** Seconds from now; Infinity for ever. */
  readonly preferredSeconds: number;
  readonly validSeconds: number;
  /** Who set it (IFA_PROTO, Linux 5.18); 0 where not known. */
  readonly protocol: number;
}

/** An address to add, replace or delete. */
export interface AddressSpec {
  readonly interfaceIndex: number;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Of the address, or of `peer` where one is given. */
  readonly prefixLength: number;
  readonly peer?: Uint8Array;
  /** IPv4 only. */
  readonly broadcast?: Uint8Array;
  /** IPv4 only, at most 15 octets, by custom the interface's name with a suffix `:x`. */
  readonly label?: string;
  /** Default {@link AddressScope.Global}. The kernel chooses itself for IPv6. */
  readonly scope?: number;
  /** Bits of {@link AddressFlag} that may be set; default 0. */
  readonly flags?: number;
  /** Whole seconds; 0 makes the address deprecated from the start. Default: for ever. */
  readonly preferredSeconds?: number;
  /** Of the route to the prefix, where the address brings one; before Linux 4.18 it has the kernel's own all the same. */
  readonly routeMetric?: number;
  /** Recorded as IFA_PROTO, 1..255; kernels before 5.18 ignore it. */
  readonly protocol?: number;
}

/** All addresses of the socket's namespace, or of one link. A link that is gone has none. */
export function listAddresses(netlink: NetlinkSocket, interfaceIndex = 0): LinkAddress[] {
  let addresses: LinkAddress[] = [];
  try {
    netlink.get(
      'list addresses',
      NetlinkType.GetAddress,
      NetlinkFlag.Dump,
      (writer) => writeHeader(writer, UNSPECIFIED_FAMILY, 0, 0, 0, interfaceIndex),
      (message) => {
        const address = readAddress(message);
        // Kernels without strict checking list every link.
        if (interfaceIndex === 0 || address.interfaceIndex === interfaceIndex) addresses.push(address);
      },
      () => {
        addresses = [];
      },
    );
  } catch (error) {
    if (!(error instanceof NetlinkError && error.errno === Errno.ENODEV)) throw error;
  }
  return addresses;
}

/** Adds an address. Throws {@link NetlinkError}: EEXIST when it is there already, ENODEV without the link. */
export function addAddress(netlink: NetlinkSocket, spec: AddressSpec): void {
  one(netlink, 'add', addRequest(spec), spec);
}

/** Adds an address, or gives an existing one these lifetimes and flags. */
export function replaceAddress(netlink: NetlinkSocket, spec: AddressSpec): void {
  one(netlink, 'replace', replaceRequest(spec), spec);
}

/** Deletes an address. Throws {@link NetlinkError}: EADDRNOTAVAIL when it is not there. */
export function deleteAddress(netlink: NetlinkSocket, spec: AddressSpec): void {
  one(netlink, 'delete', deleteRequest(spec), spec);
}

/**
 * Adds many addresses, in order and in as few system calls as possible. One that fails does not stop the others:
 * the failures come back with the index of their spec (EEXIST: it was there). Empty when all went well.
 */
export function addAddresses(netlink: NetlinkSocket, specs: readonly AddressSpec[]): BatchFailure[] {
  return netlink.batch(specs.map(addRequest));
}

/**
 * A change of one address, for {@link changeAddresses}. Written once and sent many times, it costs next to nothing to send.
 */
export type AddressChange = BatchRequest;

/** What {@link replaceAddress} does, prepared. */
export function prepareReplacement(spec: AddressSpec): AddressChange {
  const { type, flags, body } = replaceRequest(spec);
  const writer = new MessageWriter(PREPARED_BYTES);
  body(writer);
  const written = writer.bytes.slice(0, writer.end);
  return { type, flags, body: (into) => into.octets(written) };
}

/** Makes changes in order; see {@link addAddresses}. */
export function changeAddresses(netlink: NetlinkSocket, changes: readonly AddressChange[]): BatchFailure[] {
  return netlink.batch(changes);
}

/** Deletes many addresses; see {@link addAddresses}. EADDRNOTAVAIL: it was not there. */
export function deleteAddresses(netlink: NetlinkSocket, specs: readonly AddressSpec[]): BatchFailure[] {
  return netlink.batch(specs.map(deleteRequest));
}

/** The address that a NEWADDR or DELADDR message describes. */
export function readAddress(message: MessageReader): LinkAddress {
  const start = message.payload;
  const attributes = message.attributes(start + ADDRESS_HEADER_BYTES);
  const prefixAddress = attributes.bytes(AddressAttribute.Address) ?? new Uint8Array(0);
  const address = attributes.bytes(AddressAttribute.Local) ?? prefixAddress;
  const flags = attributes.u32(AddressAttribute.Flags) ?? message.u8(start + 2);
  return {
    interfaceIndex: message.u32(start + 4),
    family: message.u8(start) === AddressFamily.Inet6 ? 6 : 4,
    address,
    prefixLength: message.u8(start + 1),
    peer: address.every((octet, index) => octet === prefixAddress[index]) ? undefined : prefixAddress,
    broadcast: attributes.bytes(AddressAttribute.Broadcast),
    label: attributes.text(AddressAttribute.Label),
    scope: message.u8(start + 3),
    flags,
    tentative: (flags & AddressFlag.Tentative) !== 0,
    deprecated: (flags & AddressFlag.Deprecated) !== 0,
    permanent: (flags & AddressFlag.Permanent) !== 0,
    secondary: (flags & AddressFlag.Secondary) !== 0,
    preferredSeconds: seconds(attributes.u32At(AddressAttribute.CacheInfo, 0)),
    validSeconds: seconds(attributes.u32At(AddressAttribute.CacheInfo, 4)),
    protocol: attributes.u8(AddressAttribute.Protocol) ?? 0,
  };
}

function seconds(value: number | undefined): number {
  return value === undefined || value === FOREVER ? Number.POSITIVE_INFINITY : value;
}

function one(netlink: NetlinkSocket, verb: string, request: BatchRequest, spec: AddressSpec): void {
  const failure = netlink.batch([request])[0];
  if (!failure) return;
  const operation = `${verb} address ${spec.address.join('.')}/${spec.prefixLength} on link ${spec.interfaceIndex}`;
  throw new NetlinkError(operation, failure.errno, failure.explanation);
}

const addRequest = (spec: AddressSpec): BatchRequest => ({
  type: NetlinkType.NewAddress,
  flags: NetlinkFlag.Create | NetlinkFlag.Exclusive,
  body: (writer) => writeAddress(writer, spec),
});

const replaceRequest = (spec: AddressSpec): BatchRequest => ({
  type: NetlinkType.NewAddress,
  flags: NetlinkFlag.Create | NetlinkFlag.Replace,
  body: (writer) => writeAddress(writer, spec),
});

const deleteRequest = (spec: AddressSpec): BatchRequest => ({
  type: NetlinkType.DeleteAddress,
  flags: 0,
  body: (writer) => {
    writeIdentity(writer, spec);
    if (spec.label !== undefined) writer.attributeText(AddressAttribute.Label, spec.label);
  },
});

function writeAddress(writer: MessageWriter, spec: AddressSpec): void {
  writeIdentity(writer, spec);
  if (spec.broadcast) writer.attribute(AddressAttribute.Broadcast, spec.broadcast);
  if (spec.label !== undefined) writer.attributeText(AddressAttribute.Label, spec.label);
  if (spec.flags) writer.attributeU32(AddressAttribute.Flags, spec.flags);
  if (spec.routeMetric) writer.attributeU32(IFA_RT_PRIORITY, spec.routeMetric);
  if (spec.protocol) writer.attributeU8(AddressAttribute.Protocol, spec.protocol);
  if (spec.preferredSeconds !== undefined && spec.preferredSeconds !== Number.POSITIVE_INFINITY) {
    const lifetimes = new Uint32Array(CACHE_INFO_BYTES / 4);
    lifetimes[0] = spec.preferredSeconds;
    lifetimes[1] = FOREVER;
    writer.attribute(AddressAttribute.CacheInfo, new Uint8Array(lifetimes.buffer));
  }
}

function writeIdentity(writer: MessageWriter, spec: AddressSpec): void {
  const family = spec.address.length === 4 ? AddressFamily.Inet : AddressFamily.Inet6;
  // The octet of flags is superseded by the attribute, where one is given.
  writeHeader(writer, family, spec.prefixLength, 0, spec.scope ?? AddressScope.Global, spec.interfaceIndex);
  writer.attribute(AddressAttribute.Local, spec.address);
  writer.attribute(AddressAttribute.Address, spec.peer ?? spec.address);
}

function writeHeader(
  writer: MessageWriter,
  family: number,
  prefixLength: number,
  flags: number,
  scope: number,
  interfaceIndex: number,
): void {
  writer.u8(family);
  writer.u8(prefixLength);
  writer.u8(flags);
  writer.u8(scope);
  writer.u32(interfaceIndex);
}
