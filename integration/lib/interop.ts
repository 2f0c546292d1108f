/**
 * The life of a virtual router between locumd and a peer: election, silent death of the Active, its return, its orderly
 * end. This file plays it and keeps what was seen; what must have been seen is in `interop-judgement.ts`.
 *
 * `first` has the higher priority, and the one that dies, returns and resigns; `second` succeeds it each time. A client
 * pings the virtual address from the election on.
 */
import { findLink, realtimeUs } from '@locum/linux';
import type { Capture, Seen } from './capture.ts';
import { eventually } from './deadline.ts';
import { Frr } from './frr.ts';
import type { Host } from './host.ts';
import { Keepalived } from './keepalived.ts';
import { type Lab, withLab } from './lab.ts';
import { Locumd } from './locumd.ts';
import type { Advert } from './naive-decoder.ts';
import type { Pinger } from './pinger.ts';
import type { LabProcess } from './process.ts';

const DEADLINE_MS = 20_000;
const PING_INTERVAL_MS = 50;
/** Adverts in a row, without one of anybody else between, that make a steady state: two intervals. */
const STEADY_ADVERTS = 3;
export const VRID = 51;
/** Shorter than the eight octets that it may have. */
export const PASSWORD = 'secret';
const FIRST_PRIORITY = 200;
const SECOND_PRIORITY = 100;

/** What both sides are configured for. */
export interface Variant {
  readonly name: string;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  /** Whole seconds for version 2. */
  readonly intervalMs: number;
  readonly unicast?: boolean;
  readonly authentication?: 'PASS' | 'AH';
}

/** An implementation of VRRP. */
export type Implementation = 'locumd' | 'keepalived' | 'FRR';

/** One that runs. */
interface Running {
  /** What has logged how it began, and when. */
  readonly process: LabProcess;
  stop(): Promise<unknown>;
  kill(): Promise<void>;
}

export interface Member {
  readonly implementation: Implementation;
  readonly host: Host;
  readonly priority: number;
  /** Source of its unicast adverts, and destination of its peer's. */
  readonly unicastAddress: string;
  /** The link-local IPv6 address of its interface, which is not virtual. */
  readonly linkLocal: string;
}

/** What followed upon one action, until all was steady again. */
export interface Phase {
  readonly name: 'election' | 'death' | 'return' | 'end';
  /** Who is Active at the end of it. */
  readonly active: Member;
  /** When the action began. */
  readonly sinceUs: number;
  /** First advert of the Active that followed. */
  readonly advertUs: number;
  /** The first of its adverts that no other host's interrupted. */
  readonly steadyUs: number;
  /** Steady until here, when the next action began. */
  readonly untilUs: number;
}

export interface Life {
  readonly variant: Variant;
  readonly first: Member;
  readonly second: Member;
  /** The one of the two that is locumd. */
  readonly locumd: Member;
  /** The other one. */
  readonly peer: Member;
  readonly capture: Capture;
  readonly pinger: Pinger;
  readonly phases: Readonly<Record<Phase['name'], Phase>>;
  /** When `first`, on its return, had said that it runs. */
  readonly returnedUs: number;
  /** When the address that its death had left behind was gone; undefined where there was none. */
  readonly cleanedUs: number | undefined;
  /** Everything that locumd logged. */
  readonly log: string;
}

/** Virtual addresses with prefix lengths, as both configuration languages take them. */
export function virtualAddresses({ family }: Variant): readonly string[] {
  return family === 4 ? ['192.168.1.100/32'] : ['fe80::100/64', '2001:db8::100/128'];
}

export interface Roles {
  readonly first: Implementation;
  readonly second: Implementation;
}

/** Plays the life of a virtual router and gives what was seen to `judge`; when that throws, logs and capture stay. */
export async function live(variant: Variant, roles: Roles, judge: (life: Life) => Promise<void>): Promise<void> {
  const name = `${roles.first}-${roles.second}-${variant.name}`.replaceAll(/[^A-Za-z0-9]+/g, '-');
  await withLab(name, async (lab) => judge(await play(lab, variant, roles)));
}

async function play(lab: Lab, variant: Variant, roles: Roles): Promise<Life> {
  const first = await addMember(lab, variant, roles.first, 'first', 1);
  const second = await addMember(lab, variant, roles.second, 'second', 2);
  const client = await lab.addHost('client', { addresses: ['192.168.1.9/24', '2001:db8::9/64'] });
  const capture = await lab.capture({ echo: true });

  const electedSinceUs = realtimeUs();
  let [active] = await Promise.all([start(lab, variant, first, second), start(lab, variant, second, first)]);
  // One may have been Active for a while when the other begins to listen.
  const election = await settle(capture, variant, first, second, electedSinceUs, realtimeUs());
  const pinger = await lab.ping(client, { target: pingedAddress(variant), intervalMs: PING_INTERVAL_MS });
  await answered(pinger, 'after the election', realtimeUs());

  const killedUs = realtimeUs();
  await active.kill();
  const death = await settle(capture, variant, second, undefined, killedUs);
  const leftOver = first.implementation !== 'FRR' && heldCount(first, variant) > 0;

  const restartedUs = realtimeUs();
  // Looked for from the start on: it is there again as soon as the one that returns has preempted.
  const cleaned = leftOver ? untilHeld(first, variant, false) : undefined;
  const [restarted, cleanedUs] = await Promise.all([start(lab, variant, first, second), cleaned]);
  active = restarted;
  const returnedUs = active.process.lines.at(-1)!.atUs;
  const restart = await settle(capture, variant, first, second, restartedUs);

  const stoppedUs = realtimeUs();
  await active.stop();
  const end = await settle(capture, variant, second, first, stoppedUs);
  await answered(pinger, 'at the end', realtimeUs());
  await Promise.all([pinger.stop(), capture.stop()]);

  const locumd = first.implementation === 'locumd' ? first : second;
  return {
    variant,
    first,
    second,
    locumd,
    peer: locumd === first ? second : first,
    capture,
    pinger,
    phases: {
      election: { name: 'election', active: first, untilUs: killedUs, ...election },
      death: { name: 'death', active: second, untilUs: restartedUs, ...death },
      return: { name: 'return', active: first, untilUs: stoppedUs, ...restart },
      end: { name: 'end', active: second, untilUs: pinger.pings.at(-1)!.sentUs, ...end },
    },
    returnedUs,
    cleanedUs,
    log: locumd.host.processes.map((child) => child.output).join('\n'),
  };
}

async function addMember(
  lab: Lab,
  variant: Variant,
  implementation: Implementation,
  name: string,
  number: number,
): Promise<Member> {
  const [ipv4, ipv6] = [`192.168.1.${number}`, `2001:db8::${number}`];
  const host = await lab.addHost(name, { addresses: [`${ipv4}/24`, `${ipv6}/64`] });
  const priority = name === 'first' ? FIRST_PRIORITY : SECOND_PRIORITY;
  // FRR keeps the addresses on an interface that is down, and without this Linux would answer for them all the same.
  if (implementation === 'FRR') host.sysctl(`ipv4/conf/${host.interfaceName}/arp_ignore`, 1);
  const unicastAddress = variant.family === 4 ? ipv4 : ipv6;
  return { implementation, host, priority, unicastAddress, linkLocal: host.linkLocal };
}

/** Resolves when it says that its virtual router runs. */
async function start(lab: Lab, variant: Variant, member: Member, peer: Member): Promise<Running> {
  const { host, implementation, priority } = member;
  if (implementation === 'FRR') {
    const { version, intervalMs } = variant;
    const router = { vrid: VRID, version, priority, intervalMs, addresses: virtualAddresses(variant) };
    const frr = await Frr.start(lab, host, router);
    return { process: frr.vrrpd, stop: () => frr.stop(), kill: () => frr.kill() };
  }
  const program = implementation === 'locumd' ? Locumd : Keepalived;
  return program.start(lab, host, configurationOf(variant, member, peer));
}

/** One text for keepalived and locumd. */
function configurationOf(variant: Variant, member: Member, peer: Member): string {
  const { version, family, intervalMs, authentication } = variant;
  const unicast = [
    `unicast_src_ip ${member.unicastAddress}`,
    `unicast_peer { ${peer.unicastAddress} }`,
    // Over IPv6 the kernel's own hop limit would be used.
    'unicast_ttl 255',
  ];
  const lines = [
    'state BACKUP',
    `interface ${member.host.interfaceName}`,
    `virtual_router_id ${VRID}`,
    ...(family === 4 ? [`version ${version}`] : []),
    `priority ${member.priority}`,
    `advert_int ${intervalMs / 1000}`,
    ...(variant.unicast ? unicast : []),
    ...(authentication ? [`authentication {\n auth_type ${authentication}\n auth_pass ${PASSWORD}\n }`] : []),
    `virtual_ipaddress {\n  ${virtualAddresses(variant).join('\n  ')}\n }`,
  ];
  return `vrrp_instance VI_1 {\n ${lines.join('\n ')}\n}\n`;
}

/**
 * Waits until `active` alone speaks and holds the addresses, and `idle`, where it is not dead, holds none. Adverts from
 * `sinceUs` on count for the takeover, those from `bothSinceUs` on for the steady state.
 */
async function settle(
  capture: Capture,
  variant: Variant,
  active: Member,
  idle: Member | undefined,
  sinceUs: number,
  bothSinceUs = sinceUs,
): Promise<Pick<Phase, 'sinceUs' | 'advertUs' | 'steadyUs'>> {
  const { name } = active.host;
  const { atUs: advertUs } = await capture.untilAdvert(
    `an advert of ${name}`,
    (advert) => advert.host === name && advert.priority > 0,
    DEADLINE_MS,
    sinceUs,
  );
  let row: Seen<Advert>[] = [];
  await capture.untilAdvert(
    `${name} is the only one to advertise`,
    (advert) => {
      row = advert.host === name ? [...row, advert] : [];
      return row.length === STEADY_ADVERTS;
    },
    DEADLINE_MS,
    Math.max(advertUs, bothSinceUs),
  );
  await untilHeld(active, variant, true);
  // FRR leaves it to zebra to take the address down, which zebra may not live to do when both are stopped.
  if (idle && idle.implementation !== 'FRR') await untilHeld(idle, variant, false);
  return { sinceUs, advertUs, steadyUs: row[0]!.atUs };
}

/** Waits until its host answers for all virtual addresses, or for none; resolves with the instant when that was seen. */
async function untilHeld(member: Member, variant: Variant, held: boolean): Promise<number> {
  const what = `${member.host.name} holds ${held ? 'the addresses' : 'no address'}`;
  const wanted = held ? virtualAddresses(variant).length : 0;
  return eventually(what, () => heldCount(member, variant) === wanted && realtimeUs(), DEADLINE_MS);
}

/** How many virtual addresses its host answers for. */
function heldCount({ implementation, host }: Member, variant: Variant): number {
  const addresses = virtualAddresses(variant);
  if (implementation === 'FRR') {
    // There the addresses are always on an interface of their own, which is up or down.
    return findLink(host.netlink, `vrrp${variant.family}-${VRID}`)?.operstate === 'up' ? addresses.length : 0;
  }
  const present = host.addresses;
  return addresses.filter((address) => present.includes(withoutPrefix(address))).length;
}

/** The one that the client pings: of IPv6 addresses the last, which needs no scope. */
export function pingedAddress(variant: Variant): string {
  return withoutPrefix(virtualAddresses(variant).at(-1)!);
}

async function answered(pinger: Pinger, when: string, sinceUs: number): Promise<void> {
  await eventually(`a ping is answered ${when}`, () => pinger.firstAnswered(sinceUs), DEADLINE_MS);
}

/** `192.168.1.100` of `192.168.1.100/32`. */
export function withoutPrefix(address: string): string {
  return address.split('/')[0]!;
}
