/**
 * From the statements of one instance to its settings: defaults, and the checks that need more than one keyword.
 *
 * Where keepalived falls back to something harmless, so do we, and say what is used. What would leave two machines
 * with the address at once, or none, is an error.
 */
import type { ConfiguredRouter, Family, RouterSettings, UnicastPeer } from '@locum/protocol';
import { secondsToMicros } from '@locum/protocol';
import { formatAddress, isAssignable, isInterfaceName, isLinkLocal, sameOctets } from './address.ts';
import { authenticationOf } from './authentication.ts';
import { isBuiltIn } from './built-in-transport.ts';
import type { DiagnosticList } from './diagnostic.ts';
import { checkGroup, type InstanceDefaults } from './global-block.ts';
import type { InstanceBlock } from './instance-block.ts';
import type { InstanceSettings, TransportSettings, VirtualAddress } from './settings.ts';
import type { AddressLine } from './virtual-address.ts';
import { virtualMacOf } from './virtual-mac.ts';

/** What the checks of an instance need besides the instance. */
export interface InstanceSurroundings {
  readonly defaults: InstanceDefaults;
  /** Of instances that name none. */
  readonly transport: TransportSettings;
  readonly mtuBytes: (interfaceName: string) => number | undefined;
  readonly diagnostics: DiagnosticList;
}

/** Octets before the first address of an advert, behind the link header. */
const HEADER_BYTES = { ipv4: 20, ipv6: 40, vrrp: 8, authenticationHeader: 24, version2Trailer: 8 };
const MAX_ADDRESSES = 255;
const USUAL_MTU_BYTES = 1500;

/** Undefined if something that must be there is missing; the rest has been reported all the same. */
export function instanceSettings(
  block: InstanceBlock,
  surroundings: InstanceSurroundings,
): InstanceSettings | undefined {
  const { diagnostics, defaults } = surroundings;
  const { given, family } = block;
  const { transport, deviceName } = virtualMacOf(block, surroundings.transport, diagnostics);
  const interfaceName = interfaceOf(block, isBuiltIn(transport.name), diagnostics);
  const vrid = given.number('virtual_router_id');
  // A number that could not be read has been reported, and is not missing.
  if (vrid === undefined && !given.wasRefused('virtual_router_id')) {
    diagnostics.error(
      'missing-vrid',
      block.name.place,
      `${block.name.text} has no virtual_router_id`,
      'Write virtual_router_id N, 1..255: the same on all machines of this virtual router, and no other on this LAN.',
    );
  }
  const version = versionOf(block, defaults, diagnostics);
  const authentication = authenticationOf(block, version, diagnostics);
  const { priority, initialState } = electionOf(block, authentication.type === 'ah', diagnostics);
  const addresses = addressesOf(block, interfaceName ?? '', version, authentication.type === 'ah', surroundings);
  const peers = peersOf(block, diagnostics);
  const ownerIgnoresAdverts = given.isOn('owner_ignore_adverts') ?? defaults.ownerIgnoresAdverts;
  const checksumAsVersion2 = given.isOn('v3_checksum_as_v2') ?? defaults.checksumAsVersion2;
  const router: ConfiguredRouter = {
    name: block.name.text,
    family,
    vrid: vrid ?? 0,
    version,
    priority,
    advertisementIntervalUs: secondsToMicros(intervalOf(block, version, diagnostics)),
    downAdverts: given.number('down_timer_adverts') ?? defaults.downAdverts,
    addresses: addresses.filter((each) => each.advertised).map((each) => each.address),
    unadvertisedAddresses: addresses.filter((each) => !each.advertised).map((each) => each.address),
    ...preemptionOf(block, priority, initialState, diagnostics),
    startupDelayUs: defaults.startupDelayUs,
    assertAgainstLower: !(given.isOn('lower_prio_no_advert') ?? defaults.lowerPriorityNoAdvert),
    advertiseWhenYielding: given.isOn('higher_prio_send_advert') ?? defaults.higherPrioritySendAdvert,
    authentication,
    checksumForm: checksumAsVersion2 ? 'message' : 'pseudo-header',
    acceptedChecksumForm: 'either',
    ownerPolicy: ownerIgnoresAdverts ? 'discard' : 'process',
    // keepalived accepts adverts that list other addresses, and so do its users' half-changed configurations.
    checkAddressList: false,
    unicastPeers: peers,
    unicastTtl: given.number('unicast_ttl') ?? 255,
    sourceAddress: sourceOf(block, diagnostics),
    groupAddress: groupOf(block, defaults, diagnostics),
    announcement: announcementOf(block, defaults),
  };
  if (interfaceName === undefined || vrid === undefined) return undefined;
  return {
    name: block.name.text,
    place: block.name.place,
    interfaceName,
    transport,
    deviceName,
    router,
    // The device of the virtual MAC is where the router's addresses go in any case.
    addresses: addresses.map((each) => (each.interfaceName === deviceName ? { ...each, interfaceName } : each)),
    initialState,
    acceptMode: given.lastOf('accept', 'no_accept') !== 'no_accept',
    debugLevel: given.number('debug') ?? 0,
  };
}

function interfaceOf(block: InstanceBlock, needsLan: boolean, diagnostics: DiagnosticList): string | undefined {
  const argument = block.given.get('interface');
  if (argument === undefined) {
    if (!block.given.wasRefused('interface')) {
      diagnostics.error(
        'missing-interface',
        block.name.place,
        `${block.name.text} has no interface`,
        'Write interface NAME, for example interface eth0.',
      );
    }
    return undefined;
  }
  if (!isInterfaceName(argument.text)) {
    diagnostics.error(
      'bad-interface',
      argument.place,
      `'${argument.text.slice(0, 64)}' is not the name of an interface`,
      'Write a name that ip link shows, for example eth0.',
    );
    return undefined;
  }
  if (argument.text === 'lo' && needsLan) {
    diagnostics.error(
      'loopback',
      argument.place,
      'no advert can leave the loopback interface',
      'Write the interface of the LAN.',
    );
    return undefined;
  }
  return argument.text;
}

function versionOf(block: InstanceBlock, defaults: InstanceDefaults, diagnostics: DiagnosticList): 2 | 3 {
  const argument = block.given.get('version');
  if (block.family === 6 && argument?.text === '2') {
    diagnostics.error(
      'version-family',
      argument.place,
      'version 2 of VRRP does not carry IPv6',
      'Write version 3, here and on the other machines, or leave it out.',
    );
  }
  if (block.family === 6) return 3;
  return argument === undefined ? defaults.version : argument.text === '3' ? 3 : 2;
}

function intervalOf(block: InstanceBlock, version: 2 | 3, diagnostics: DiagnosticList): number {
  const argument = block.given.get('advert_int');
  if (argument === undefined) return 1;
  const configured = argument.number;
  const used =
    version === 2 ? Math.max(1, Math.round(configured)) : Math.min(40.95, Math.round(configured * 100) / 100);
  if (used !== configured) {
    diagnostics.warning(
      'interval-rounded',
      argument.place,
      version === 2
        ? `version 2 has whole seconds between adverts; ${used} is used`
        : `version 3 has steps of 0.01 s up to 40.95 s between adverts; ${used} is used`,
      version === 2 ? 'Write a whole number, or use version 3.' : `Write ${used}.`,
    );
  }
  return used;
}

function electionOf(
  block: InstanceBlock,
  hasAuthenticationHeader: boolean,
  diagnostics: DiagnosticList,
): Pick<InstanceSettings, 'initialState'> & { priority: number } {
  const state = block.given.get('state');
  const configured = block.given.number('priority');
  const priority = configured ?? (state?.text === 'MASTER' ? 255 : 100);
  if (configured === undefined && state?.text === 'MASTER' && !block.given.wasRefused('priority')) {
    diagnostics.warning(
      'owner-by-default',
      state.place,
      'state MASTER without priority makes this the address owner: 255 is used',
      'Write priority N; 255 only if the addresses are its own.',
    );
  }
  if (state?.text === 'MASTER' && hasAuthenticationHeader && priority !== 255) {
    diagnostics.warning(
      'state-with-ah',
      state.place,
      'with auth_type AH an instance begins as BACKUP, because it must hear the sequence number of the others first',
      'Write state BACKUP.',
    );
    return { priority, initialState: 'BACKUP' };
  }
  const isMaster = state === undefined ? priority === 255 : state.text === 'MASTER';
  return { priority, initialState: isMaster ? 'MASTER' : 'BACKUP' };
}

function preemptionOf(
  block: InstanceBlock,
  priority: number,
  initialState: 'MASTER' | 'BACKUP',
  diagnostics: DiagnosticList,
): Pick<RouterSettings, 'preemptMode' | 'preemptDelayUs'> {
  const { given } = block;
  const wantsNoPreempt = given.lastOf('preempt', 'nopreempt') === 'nopreempt';
  const reason =
    priority === 255 ? 'priority 255, the address owner' : initialState === 'MASTER' ? 'state MASTER' : undefined;
  if (wantsNoPreempt && reason !== undefined) {
    diagnostics.warning(
      'nopreempt-ignored',
      given.get('nopreempt')!.keyword.place,
      `nopreempt has no effect with ${reason}`,
      priority === 255 ? 'Lower the priority, or remove nopreempt.' : 'Write state BACKUP on all machines.',
    );
  }
  const preemptMode = !wantsNoPreempt || reason !== undefined;
  const delay = given.get('preempt_delay');
  if (delay === undefined || delay.number === 0) return { preemptMode, preemptDelayUs: 0 };
  if (preemptMode && initialState !== 'MASTER') return { preemptMode, preemptDelayUs: secondsToMicros(delay.number) };
  diagnostics.warning(
    'preempt-delay-ignored',
    delay.keyword.place,
    `preempt_delay has no effect with ${preemptMode ? 'state MASTER' : 'nopreempt'}`,
    preemptMode ? 'Write state BACKUP.' : 'Remove one of them.',
  );
  return { preemptMode, preemptDelayUs: 0 };
}

function addressesOf(
  block: InstanceBlock,
  interfaceName: string,
  version: 2 | 3,
  hasAuthenticationHeader: boolean,
  { diagnostics, mtuBytes }: InstanceSurroundings,
): VirtualAddress[] {
  const kept: { line: AddressLine; address: VirtualAddress }[] = [];
  const seen = new Set<string>();
  for (const line of [...block.advertised, ...block.excluded]) {
    const address = line.on(interfaceName);
    const identity = `${address.text} ${address.interfaceName}`;
    if (!seen.has(identity)) kept.push({ line, address });
    else
      diagnostics.warning(
        'duplicate-address',
        line.place,
        `${address.text} is there already; this line has no effect`,
        'Remove one of them.',
      );
    seen.add(identity);
  }
  const advertised = kept.filter(({ address }) => address.advertised);
  if (advertised.length === 0) reportNoAddress(block, version, diagnostics);
  const first = advertised[0];
  if (first !== undefined && block.family === 6 && !isLinkLocal(first.address.address)) {
    diagnostics.warning(
      'first-not-link-local',
      first.line.place,
      'the first address of an IPv6 virtual router is to be link-local (RFC 9568 section 5.2.9)',
      'Put an address of fe80::/10 before it, the same on all machines.',
    );
  }
  const mtu = mtuBytes(interfaceName) ?? USUAL_MTU_BYTES;
  const limit = addressLimit(block.family, version, hasAuthenticationHeader, mtu);
  const surplus = advertised[limit];
  if (surplus !== undefined) {
    diagnostics.warning(
      'too-many-addresses',
      surplus.line.place,
      `an advert has room for ${limit} addresses; this and the further ones are treated as excluded`,
      'Move them to virtual_ipaddress_excluded on all machines.',
    );
  }
  return [
    ...advertised.slice(0, limit).map(({ address }) => address),
    ...advertised.slice(limit).map(({ address }) => ({ ...address, advertised: false })),
    ...kept.map(({ address }) => address).filter((address) => !address.advertised),
  ];
}

function reportNoAddress(block: InstanceBlock, version: 2 | 3, diagnostics: DiagnosticList): void {
  if (block.hasBadLine || block.given.isOn('no_virtual_ipaddress') || block.given.wasRefused('virtual_ipaddress'))
    return;
  diagnostics[version === 3 ? 'error' : 'warning'](
    'no-address',
    block.name.place,
    `${block.name.text} has no virtual_ipaddress`,
    'Write the addresses in virtual_ipaddress { … }, or no_virtual_ipaddress if there are to be none.',
  );
}

/** How many addresses fit into one advert that is not fragmented. */
function addressLimit(family: Family, version: 2 | 3, hasAuthenticationHeader: boolean, mtuBytes: number): number {
  const { ipv4, ipv6, vrrp, authenticationHeader, version2Trailer } = HEADER_BYTES;
  const headers =
    (family === 4 ? ipv4 : ipv6) +
    vrrp +
    (hasAuthenticationHeader ? authenticationHeader : 0) +
    (version === 2 ? version2Trailer : 0);
  return Math.max(1, Math.min(MAX_ADDRESSES, Math.floor((mtuBytes - headers) / (family === 4 ? 4 : 16))));
}

function peersOf(block: InstanceBlock, diagnostics: DiagnosticList): UnicastPeer[] {
  const own = block.given.get('unicast_src_ip') ?? block.given.get('mcast_src_ip');
  const peers: UnicastPeer[] = [];
  for (const { peer, place } of block.peers) {
    const text = formatAddress(peer.address);
    if (own !== undefined && sameOctets(peer.address, own.octets)) {
      diagnostics.warning('own-peer', place, `${text} is this router's own address; it is left out`, 'Remove it.');
    } else if (peers.some((other) => sameOctets(other.address, peer.address))) {
      diagnostics.warning('duplicate-peer', place, `${text} is there already`, 'Remove one of them.');
    } else {
      peers.push(peer);
    }
  }
  if (block.peersPlace !== undefined && peers.length === 0 && !block.hasBadLine) {
    diagnostics.error(
      'no-peers',
      block.peersPlace,
      'unicast_peer lists no other machine; keepalived would fall back to multicast',
      'List the addresses of the other machines, or remove unicast_peer.',
    );
  }
  const source = block.given.get('unicast_src_ip');
  if (source !== undefined && block.peersPlace === undefined) {
    diagnostics.warning(
      'source-without-peers',
      source.keyword.place,
      'unicast_src_ip without unicast_peer: adverts are multicast from this address',
      'Add unicast_peer, or write mcast_src_ip.',
    );
  }
  return peers;
}

function sourceOf(block: InstanceBlock, diagnostics: DiagnosticList): Uint8Array | undefined {
  const name = block.given.lastOf('unicast_src_ip', 'mcast_src_ip');
  const argument = name === undefined ? undefined : block.given.get(name)!;
  if (argument !== undefined && !isAssignable(argument.octets)) {
    diagnostics.error(
      'bad-address',
      argument.place,
      `no interface can have the address ${argument.text}`,
      'Write an address of the interface.',
    );
  }
  return argument?.octets;
}

function groupOf(block: InstanceBlock, defaults: InstanceDefaults, diagnostics: DiagnosticList): Uint8Array {
  const standard = block.family === 4 ? defaults.group4 : defaults.group6;
  const argument = block.given.get('mcast_dst_ip');
  if (argument === undefined) return standard;
  if (block.peersPlace !== undefined) {
    diagnostics.warning(
      'group-with-peers',
      argument.keyword.place,
      'mcast_dst_ip has no effect with unicast_peer',
      'Remove it.',
    );
    return standard;
  }
  if (argument.octets.length === standard.length) checkGroup(argument, block.family, diagnostics);
  return argument.octets;
}

function announcementOf({ given }: InstanceBlock, defaults: InstanceDefaults): RouterSettings['announcement'] {
  return {
    repeat: given.number('garp_master_repeat') ?? defaults.garpRepeat,
    delayUs: secondsToMicros(given.number('garp_master_delay') ?? defaults.garpDelayS),
    refreshUs: secondsToMicros(given.number('garp_master_refresh') ?? defaults.garpRefreshS),
    refreshRepeat: given.number('garp_master_refresh_repeat') ?? defaults.garpRefreshRepeat,
    lowerPriorityRepeat: given.number('garp_lower_prio_repeat') ?? defaults.garpLowerPriorityRepeat,
    lowerPriorityDelayUs: secondsToMicros(given.number('garp_lower_prio_delay') ?? defaults.garpLowerPriorityDelayS),
    arpGapUs: defaults.arpGapUs,
    neighborGapUs: defaults.neighborGapUs,
  };
}
