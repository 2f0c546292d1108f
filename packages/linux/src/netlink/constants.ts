/**
 * Numbers of NETLINK_ROUTE, grouped by the structure that they appear in. Only those that this package uses.
 */

export const NetlinkType = {
  /** The kernel acknowledges it and does nothing. */
  Noop: 1,
  Error: 2,
  Done: 3,
  NewLink: 16,
  DeleteLink: 17,
  GetLink: 18,
  NewAddress: 20,
  DeleteAddress: 21,
  GetAddress: 22,
} as const;

export const NetlinkFlag = {
  Request: 0x1,
  Multi: 0x2,
  Ack: 0x4,
  DumpInterrupted: 0x10,
  /** On an error or ack: attributes follow the (capped) copy of the request. */
  AckAttributes: 0x200,
  /** Of a get request: all that match. */
  Dump: 0x300,
  /** Of a create request. */
  Replace: 0x100,
  Exclusive: 0x200,
  Create: 0x400,
} as const;

/** AF_UNSPEC: any family. */
export const UNSPECIFIED_FAMILY = 0;
/** AF_BRIDGE: what a bridge says of its ports. */
export const BRIDGE_FAMILY = 7;

/** Attributes of link messages (IFLA_*). */
export const LinkAttribute = {
  Mac: 1,
  Name: 3,
  Mtu: 4,
  Link: 5,
  Master: 10,
  Operstate: 16,
  Info: 18,
  NamespaceFd: 28,
  FamilySpecific: 26,
  Carrier: 33,
} as const;

/** Attributes inside {@link LinkAttribute.Info}. */
export const LinkInfo = { Kind: 1, Data: 2 } as const;

/** Attribute inside the link data of each kind. */
export const LinkData = {
  VethPeer: 1,
  MacvlanMode: 1,
  BridgeAgeingTime: 4,
  BridgeStpState: 5,
  BridgeMulticastSnooping: 23,
} as const;

/** Attribute inside the IPv6 part of {@link LinkAttribute.FamilySpecific}. */
export const Ipv6LinkAttribute = { AddressGenerationMode: 8 } as const;

/** Attributes of address messages (IFA_*). */
export const AddressAttribute = {
  Address: 1,
  Local: 2,
  Label: 3,
  Broadcast: 4,
  CacheInfo: 6,
  Flags: 8,
  Protocol: 11,
} as const;

/** Socket options of level SOL_NETLINK (270). */
export const NetlinkOption = { CapAck: 10, ExtendedAck: 11, StrictCheck: 12 } as const;

/** Groups of the routing family, as bits of the address that a socket is bound to. */
export const RouteGroup = { Link: 0x1, Ipv4Address: 0x10, Ipv6Address: 0x100 } as const;
