/**
 * What the host tells the engine: the virtual routers it runs and the links they run on.
 *
 * Plain immutable values in the units of the core. The host has validated them; the engine does not check ranges.
 */
import type { Micros } from '../units.ts';

export type Family = 4 | 6;

/** v2 only (RFC 2338 section 5.3.6). Keys are 8 octets, padded with zeroes. */
export type Authentication =
  | { readonly type: 'none' }
  | { readonly type: 'pass'; readonly key: Uint8Array }
  | { readonly type: 'ah'; readonly key: Uint8Array };

/** Which octets a v3 checksum over IPv4 covers: the message alone (RFC 9568 section 5.2.8) or a pseudo-header as well. */
export type ChecksumForm = 'message' | 'pseudo-header';

export interface UnicastPeer {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Smallest and largest TTL or hop limit accepted from this peer. 0 and 255 accept any. */
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** When and how often gratuitous ARP and unsolicited NA are sent. A burst walks all addresses, `repeat` times. */
export interface AnnouncementSettings {
  /** Walks at once on becoming Active; at least 1. */
  readonly repeat: number;
  /** Delay of the second burst of `repeat` walks; 0 for none. */
  readonly delayUs: Micros;
  /** Period of further walks while Active; 0 for none. */
  readonly refreshUs: Micros;
  readonly refreshRepeat: number;
  /** Walks after an advert of lower priority was heard while Active; 0 for none. */
  readonly lowerPriorityRepeat: number;
  readonly lowerPriorityDelayUs: Micros;
  /** Smallest gap between two gratuitous ARPs, and between two NAs; 0 for none. */
  readonly arpGapUs: Micros;
  readonly neighborGapUs: Micros;
}

export interface RouterSettings {
  /** For logs only; never compared. */
  readonly name: string;
  /** Index of the port, chosen by the host. With `family` and `vrid` it is the identity of the router. */
  readonly port: number;
  readonly family: Family;
  readonly vrid: number;
  readonly version: 2 | 3;
  /** 1..254, or 255 for the address owner. */
  readonly priority: number;
  readonly advertisementIntervalUs: Micros;
  /** How much earlier than an interval the second advert of an Active follows, so that many routers do not fire at once. */
  readonly phaseUs: Micros;
  /** Adverts that must be missed before the Active is taken for dead (RFC: 3). */
  readonly downAdverts: number;
  /** Advertised addresses in order, 4 or 16 octets each, all of `family`. */
  readonly addresses: readonly Uint8Array[];
  /** Further addresses that come and go with the state but are not advertised; either family. */
  readonly unadvertisedAddresses: readonly Uint8Array[];
  readonly preemptMode: boolean;
  /** How long a higher-priority Backup waits, from the first lower-priority advert, before it preempts. */
  readonly preemptDelayUs: Micros;
  /** Wait after startup before the router takes part. */
  readonly startupDelayUs: Micros;
  /** Answer a losing advert at once (RFC 9568 section 6.4.3); false keeps silent as RFC 5798 did. */
  readonly assertAgainstLower: boolean;
  /** Send one last advert when yielding to a higher one, so that the winner knows of us. */
  readonly advertiseWhenYielding: boolean;
  readonly authentication: Authentication;
  /** Form of v3/IPv4 checksums that we send. */
  readonly checksumForm: ChecksumForm;
  /** Forms of v3/IPv4 checksums that we accept. */
  readonly acceptedChecksumForm: ChecksumForm | 'either';
  /** Owner (255) hearing an advert: drop it (RFC 9568 section 7.1), or log and process it (erratum 8298). */
  readonly ownerPolicy: 'discard' | 'process';
  /** Compare the advertised address list with ours: v2 drops a difference, v3 counts it. */
  readonly checkAddressList: boolean;
  /** Empty: multicast. Otherwise adverts go to each peer and come from peers only. */
  readonly unicastPeers: readonly UnicastPeer[];
  /** TTL or hop limit of unicast adverts; multicast always has 255. */
  readonly unicastTtl: number;
  /** Source address of adverts when it is not the link's own; 4 or 16 octets. */
  readonly sourceAddress: Uint8Array | undefined;
  /** Destination of multicast adverts: 224.0.0.18 or ff02::12 unless configured. */
  readonly groupAddress: Uint8Array;
  readonly announcement: AnnouncementSettings;
  /**
   * The host has a station with the virtual router's own MAC: multicast adverts leave with it as their source and
   * announcements name it (RFC 9568 section 7.3). Otherwise both carry the MAC of the link.
   */
  readonly virtualMac: boolean;
}

/** What a configuration says about a router; where and when it runs is the host's choice. */
export type ConfiguredRouter = Omit<RouterSettings, 'port' | 'phaseUs' | 'virtualMac'>;

/** What the host knows of a port's interface now. A router leaves Initialize only when its link can carry it. */
export interface LinkState {
  readonly up: boolean;
  /** 6 octets: source of adverts and of announcements, unless the router has a MAC of its own. */
  readonly mac: Uint8Array;
  /** Primary IPv4 address, 4 octets. */
  readonly ipv4: Uint8Array | undefined;
  /** Usable (not tentative) link-local IPv6 address, 16 octets. */
  readonly linkLocal: Uint8Array | undefined;
  /** Every further address of the interface: adverts from one of these are our own, looped. */
  readonly otherAddresses: readonly Uint8Array[];
}

/**
 * The same settings in an object of one shape, whoever made it: code that a runtime has compiled for one router then fits
 * all others, and is not thrown away when the first router of another making takes over.
 */
export function uniformSettings(settings: RouterSettings): RouterSettings {
  const { announcement } = settings;
  return {
    name: settings.name,
    port: settings.port,
    family: settings.family,
    vrid: settings.vrid,
    version: settings.version,
    priority: settings.priority,
    advertisementIntervalUs: settings.advertisementIntervalUs,
    phaseUs: settings.phaseUs,
    downAdverts: settings.downAdverts,
    addresses: settings.addresses,
    unadvertisedAddresses: settings.unadvertisedAddresses,
    preemptMode: settings.preemptMode,
    preemptDelayUs: settings.preemptDelayUs,
    startupDelayUs: settings.startupDelayUs,
    assertAgainstLower: settings.assertAgainstLower,
    advertiseWhenYielding: settings.advertiseWhenYielding,
    authentication: settings.authentication,
    checksumForm: settings.checksumForm,
    acceptedChecksumForm: settings.acceptedChecksumForm,
    ownerPolicy: settings.ownerPolicy,
    checkAddressList: settings.checkAddressList,
    unicastPeers: settings.unicastPeers,
    unicastTtl: settings.unicastTtl,
    sourceAddress: settings.sourceAddress,
    groupAddress: settings.groupAddress,
    announcement: {
      repeat: announcement.repeat,
      delayUs: announcement.delayUs,
      refreshUs: announcement.refreshUs,
      refreshRepeat: announcement.refreshRepeat,
      lowerPriorityRepeat: announcement.lowerPriorityRepeat,
      lowerPriorityDelayUs: announcement.lowerPriorityDelayUs,
      arpGapUs: announcement.arpGapUs,
      neighborGapUs: announcement.neighborGapUs,
    },
    virtualMac: settings.virtualMac,
  };
}
