/**
 * Settings of a virtual router of which a case decides only what it is about. Version 3, IPv4, multicast.
 */
import type { RouterSettings } from '@locum/protocol';

type Chosen = 'name' | 'port' | 'vrid' | 'priority' | 'advertisementIntervalUs' | 'phaseUs' | 'addresses';

const GROUP = Uint8Array.of(224, 0, 0, 18);

export function plainRouter(chosen: Pick<RouterSettings, Chosen>): RouterSettings {
  return {
    ...chosen,
    family: 4,
    version: 3,
    downAdverts: 3,
    unadvertisedAddresses: [],
    preemptMode: true,
    preemptDelayUs: 0,
    startupDelayUs: 0,
    assertAgainstLower: true,
    advertiseWhenYielding: false,
    authentication: { type: 'none' },
    checksumForm: 'pseudo-header',
    acceptedChecksumForm: 'either',
    ownerPolicy: 'process',
    checkAddressList: true,
    unicastPeers: [],
    unicastTtl: 255,
    sourceAddress: undefined,
    groupAddress: GROUP,
    virtualMac: false,
    announcement: {
      repeat: 1,
      delayUs: 0,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 0,
      lowerPriorityDelayUs: 0,
      arpGapUs: 0,
      neighborGapUs: 0,
    },
  };
}
