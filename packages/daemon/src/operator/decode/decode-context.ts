/**
 * What the imagined receiver of `locum decode` is configured with.
 *
 * A packet is not good or bad by itself: the receive ladder judges it for somebody. The default is the receiver that the
 * conformance vectors describe; options change parts of it, or take the routers from a keepalived.conf.
 */
import {
  type Authentication,
  type ChecksumForm,
  type ConfiguredRouter,
  checksumFormsAccepted,
  type Family,
  OwnerPolicy,
  PortProfile,
  parseAddress,
  RouterProfile,
  VersionBit,
} from '@locum/protocol';

export interface DecodeContext {
  readonly vrids: readonly number[] | 'any';
  readonly versions: readonly (2 | 3)[];
  readonly authentication: Authentication;
  /** See `RouterProfile.ahIcvCoversTtl`. */
  readonly ahIcvCoversTtl: boolean;
  /** AH sequences up to this one count as replayed. Every frame is judged by itself: no frame moves it. */
  readonly lastAhSequence: number;
  readonly v2IntervalSeconds: number;
  readonly v3IntervalCentiseconds: number;
  /** Accepted form of v3/IPv4 checksums. */
  readonly checksum: ChecksumForm | 'either';
  /** Priority of the receiver; 255 makes it the address owner. */
  readonly priority: number;
  readonly ownerPolicy: 'process' | 'discard';
  readonly exactLength: boolean;
  /** The receiver's own address list, which is compared; undefined compares nothing. */
  readonly addresses: readonly Uint8Array[] | undefined;
  /** Empty: adverts are multicast. */
  readonly unicastPeers: readonly Uint8Array[];
  /** Smallest TTL accepted from a unicast peer. */
  readonly unicastMinTtl: number;
  /** Addresses of the receiver's interface. */
  readonly localAddresses: readonly Uint8Array[];
}

/** The receiver of the conformance vectors. */
export const DEFAULT_CONTEXT: DecodeContext = {
  vrids: [1],
  versions: [2, 3],
  authentication: { type: 'none' },
  ahIcvCoversTtl: true,
  lastAhSequence: 0,
  v2IntervalSeconds: 1,
  v3IntervalCentiseconds: 100,
  checksum: 'either',
  priority: 100,
  ownerPolicy: 'process',
  exactLength: true,
  addresses: undefined,
  unicastPeers: [],
  unicastMinTtl: 255,
  localAddresses: [parseAddress('192.0.2.2')!, parseAddress('fe80::2')!],
};

/** A port with the routers that `context` describes, in both families. */
export function portOfContext(context: DecodeContext): PortProfile {
  const port = new PortProfile();
  port.setLocalAddresses(context.localAddresses);
  const vrids = context.vrids === 'any' ? Array.from({ length: 255 }, (_, index) => index + 1) : context.vrids;
  for (const vrid of vrids) for (const family of [4, 6] as const) port.add(routerOfContext(context, family, vrid));
  return port;
}

function routerOfContext(context: DecodeContext, family: Family, vrid: number): RouterProfile {
  const isOfFamily = (address: Uint8Array): boolean => address.length === (family === 4 ? 4 : 16);
  const router = new RouterProfile(family, vrid);
  router.versions = context.versions.reduce((mask, version) => mask | versionBit(version), 0);
  router.priority = context.priority;
  router.ownerPolicy = context.ownerPolicy === 'discard' ? OwnerPolicy.Discard : OwnerPolicy.Process;
  router.v2IntervalSeconds = context.v2IntervalSeconds;
  router.v3IntervalCentiseconds = context.v3IntervalCentiseconds;
  router.acceptedChecksumForms = checksumFormsAccepted[context.checksum];
  router.exactLength = context.exactLength;
  router.checkAddressList = context.addresses !== undefined;
  router.setAddresses((context.addresses ?? []).filter(isOfFamily));
  router.setUnicastPeers(
    context.unicastPeers.filter(isOfFamily).map((address) => ({ address, minTtl: context.unicastMinTtl, maxTtl: 255 })),
  );
  router.setAuthentication(context.authentication);
  router.ahIcvCoversTtl = context.ahIcvCoversTtl;
  router.lastAhSequence = context.lastAhSequence;
  return router;
}

/** A port with configured routers, as the daemon would judge for them. The later of two with the same VRID counts. */
export function portOfRouters(
  routers: readonly ConfiguredRouter[],
  localAddresses: readonly Uint8Array[],
): PortProfile {
  const port = new PortProfile();
  const sources = routers.flatMap(({ sourceAddress }) => (sourceAddress === undefined ? [] : [sourceAddress]));
  port.setLocalAddresses([...localAddresses, ...sources]);
  for (const settings of routers) {
    const router = new RouterProfile(settings.family, settings.vrid);
    router.apply(settings);
    router.setAuthentication(settings.authentication);
    port.add(router);
  }
  return port;
}

function versionBit(version: 2 | 3): number {
  return version === 2 ? VersionBit.V2 : VersionBit.V3;
}
