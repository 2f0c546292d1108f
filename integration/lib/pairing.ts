/**
 * The life of two virtual routers, one for each family, between two routers that reach the wire in different ways:
 * election, silent death of the first, its return, its orderly end. What was seen is for `pairing-judgement.ts`.
 *
 * While each phase lasts, a client pings the addresses and asks aloud who has them, so that everybody who believes to
 * hold one answers.
 */
import { realtimeUs } from '@locum/linux';
import type { Capture, Seen } from './capture.ts';
import { eventually } from './deadline.ts';
import { arpRequest, neighbourSolicitation } from './frames.ts';
import type { Host } from './host.ts';
import { BRIDGE, bridgeOver } from './host-bridge.ts';
import { Injector } from './injector.ts';
import { Keepalived } from './keepalived.ts';
import { type Lab, withLab } from './lab.ts';
import { Locumd } from './locumd.ts';
import type { Advert } from './naive-decoder.ts';
import type { Pinger } from './pinger.ts';

const DEADLINE_MS = 20_000;
const PING_INTERVAL_MS = 20;
const STEADY_ADVERTS = 3;
/** How often the client asks who has an address, once an advert. */
const QUESTIONS = 3;
export const INTERVAL_MS = 200;

/** A way to the wire, and who takes it. */
export interface Way {
  readonly name: string;
  readonly program: 'locumd' | 'keepalived';
  /** Lines of each instance. */
  readonly lines: readonly string[];
  /** The host has its addresses on a bridge, of which the cable is a port. */
  readonly onBridge?: true;
  /** What is sent and announced carries the virtual MAC. */
  readonly virtualMac?: true;
  /** Killed, it leaves addresses behind, for which the kernel goes on answering. */
  readonly leavesAddresses?: true;
}

export const FAMILIES = [4, 6] as const;
export type Family = (typeof FAMILIES)[number];
export const VRIDS: Readonly<Record<Family, number>> = { 4: 51, 6: 52 };
export const ADDRESSES: Readonly<Record<Family, readonly string[]>> = {
  4: ['192.168.1.100'],
  6: ['fe80::100', '2001:db8::100'],
};
/** The one that the client pings: of IPv6 addresses the last, which needs no scope. */
export const PINGED: Readonly<Record<Family, string>> = { 4: ADDRESSES[4].at(-1)!, 6: ADDRESSES[6].at(-1)! };
const CLIENT: Readonly<Record<Family, string>> = { 4: '192.168.1.9', 6: '2001:db8::9' };

export interface Party {
  readonly way: Way;
  readonly host: Host;
  readonly priority: number;
  /** MAC of the interface that has the addresses, where they have no MAC of their own. */
  readonly mac: string;
}

export type PhaseName = 'election' | 'death' | 'return' | 'end';

/** What followed upon one action, until all was steady again and the client had asked. */
export interface Phase {
  readonly name: PhaseName;
  readonly active: Party;
  /** Neither runs nor was ended in order. */
  readonly dead: Party | undefined;
  readonly sinceUs: number;
  /** First advert of the Active that followed, by family. */
  readonly advertUs: Readonly<Record<Family, number>>;
  /** From here on nobody else spoke. */
  readonly steadyUs: number;
  /** From here on the client asked, when whoever yielded had let go of the addresses. */
  readonly askedUs: number;
  readonly untilUs: number;
}

export interface Pairing {
  readonly first: Party;
  readonly second: Party;
  readonly capture: Capture;
  readonly pingers: Readonly<Record<Family, Pinger>>;
  readonly phases: readonly Phase[];
}

interface Running {
  stop(): Promise<unknown>;
  kill(): Promise<void>;
}

/** Plays it and gives what was seen to `judge`; when that throws, logs and capture stay. */
export async function playPairing(
  first: Way,
  second: Way,
  judge: (pairing: Pairing) => Promise<void> | void,
): Promise<void> {
  const name = `pair-${first.name}-${second.name}`.replaceAll(/[^A-Za-z0-9]+/g, '-');
  await withLab(name, async (lab) => judge(await play(lab, first, second)));
}

async function play(lab: Lab, firstWay: Way, secondWay: Way): Promise<Pairing> {
  const first = await addParty(lab, firstWay, 'first', 1, 200);
  const second = await addParty(lab, secondWay, 'second', 2, 100);
  const client = await lab.addHost('client', { addresses: [`${CLIENT[4]}/24`, `${CLIENT[6]}/64`] });
  const injector = new Injector(lab, client);
  const capture = await lab.capture({ echo: true });
  const phases: Phase[] = [];
  const observe = async (
    name: PhaseName,
    [active, idle]: readonly [Party, Party],
    dead: Party | undefined,
    sinceUs: number,
    bothSinceUs = sinceUs,
  ): Promise<void> => {
    const settled = await settle(capture, active, dead === undefined ? idle : undefined, sinceUs, bothSinceUs);
    const askedUs = realtimeUs();
    await ask(injector, client, capture, active);
    const untilUs = realtimeUs();
    // What the pings of the phase became is known once a later one is answered; some pass through who is killed next.
    if (!dead?.way.leavesAddresses)
      await Promise.all(Object.values(pingers).map((pinger) => answered(pinger, untilUs)));
    phases.push({ name, active, dead, sinceUs, ...settled, askedUs, untilUs });
  };

  const bornUs = realtimeUs();
  let [running] = await Promise.all([start(lab, first), start(lab, second)]);
  const pingers = {
    4: await lab.ping(client, { target: PINGED[4], intervalMs: PING_INTERVAL_MS }),
    6: await lab.ping(client, { target: PINGED[6], intervalMs: PING_INTERVAL_MS }),
  };
  await observe('election', [first, second], undefined, bornUs, realtimeUs());

  const killedUs = realtimeUs();
  await running.kill();
  await observe('death', [second, first], first, killedUs);

  const restartedUs = realtimeUs();
  running = await start(lab, first);
  await observe('return', [first, second], undefined, restartedUs);

  const stoppedUs = realtimeUs();
  await running.stop();
  await observe('end', [second, first], undefined, stoppedUs);
  await Promise.all([capture.stop(), ...Object.values(pingers).map((pinger) => pinger.stop())]);
  return { first, second, capture, pingers, phases };
}

async function addParty(lab: Lab, way: Way, name: string, number: number, priority: number): Promise<Party> {
  const addresses = [`192.168.1.${number}/24`, `2001:db8::${number}/64`];
  if (!way.onBridge) {
    const host = await lab.addHost(name, { addresses });
    return { way, host, priority, mac: host.mac };
  }
  const host = await lab.addHost(name);
  const mac = `02:00:00:00:01:0${number}`;
  const bridge = await bridgeOver(host, mac);
  for (const address of addresses) host.addAddress(address, bridge);
  return { way, host, priority, mac };
}

async function start(lab: Lab, party: Party): Promise<Running> {
  const program = party.way.program === 'locumd' ? Locumd : Keepalived;
  return program.start(lab, party.host, FAMILIES.map((family) => instance(party, family)).join('\n'));
}

function instance({ way, priority, host }: Party, family: Family): string {
  return [
    `vrrp_instance VI_${family} {`,
    '  state BACKUP',
    '  version 3',
    `  interface ${way.onBridge ? BRIDGE : host.interfaceName}`,
    `  virtual_router_id ${VRIDS[family]}`,
    `  priority ${priority}`,
    `  advert_int ${INTERVAL_MS / 1000}`,
    ...way.lines.map((line) => `  ${line}`),
    '  virtual_ipaddress {',
    ...ADDRESSES[family].map(
      (address) => `    ${address}/${family === 4 ? 32 : address.startsWith('fe80') ? 64 : 128}`,
    ),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Waits until `active` alone speaks for both families, and `idle`, where there is one, has no address any more. */
async function settle(
  capture: Capture,
  active: Party,
  idle: Party | undefined,
  sinceUs: number,
  bothSinceUs: number,
): Promise<Pick<Phase, 'advertUs' | 'steadyUs'>> {
  const settled = await Promise.all(
    FAMILIES.map((family) => settleFamily(capture, active, family, sinceUs, bothSinceUs)),
  );
  if (idle !== undefined) await eventually(`${idle.host.name} has no virtual address`, () => !holds(idle), DEADLINE_MS);
  return {
    advertUs: { 4: settled[0]!.advertUs, 6: settled[1]!.advertUs },
    steadyUs: Math.max(...settled.map(({ steadyUs }) => steadyUs)),
  };
}

async function settleFamily(
  capture: Capture,
  { host }: Party,
  family: Family,
  sinceUs: number,
  bothSinceUs: number,
): Promise<{ readonly advertUs: number; readonly steadyUs: number }> {
  const isIts = (advert: Seen<Advert>): boolean => advert.host === host.name;
  const first = await capture.untilAdvert(
    `an advert of ${host.name} over IPv${family}`,
    (advert) => advert.family === family && isIts(advert) && advert.priority > 0,
    DEADLINE_MS,
    sinceUs,
  );
  let row: Seen<Advert>[] = [];
  await capture.untilAdvert(
    `${host.name} is the only one to advertise over IPv${family}`,
    (advert) => {
      if (advert.family === family) row = isIts(advert) ? [...row, advert] : [];
      return row.length === STEADY_ADVERTS;
    },
    DEADLINE_MS,
    Math.max(first.atUs, bothSinceUs),
  );
  return { advertUs: first.atUs, steadyUs: row[0]!.atUs };
}

async function answered(pinger: Pinger, sinceUs: number): Promise<void> {
  await eventually('a ping is answered at the end of a phase', () => pinger.firstAnswered(sinceUs), DEADLINE_MS);
}

function holds({ host }: Party): boolean {
  const present = host.allAddresses;
  return FAMILIES.some((family) => ADDRESSES[family].some((address) => present.includes(address)));
}

/** Asks who has the addresses, some times, each followed by an advert of the Active: time enough for everybody. */
async function ask(injector: Injector, client: Host, capture: Capture, active: Party): Promise<void> {
  for (let question = 0; question < QUESTIONS; question++) {
    const askedUs = realtimeUs();
    injector.send(arpRequest({ mac: client.mac, address: CLIENT[4] }, PINGED[4]));
    injector.send(neighbourSolicitation({ mac: client.mac, address: CLIENT[6] }, PINGED[6]));
    await capture.untilAdvert(
      `an advert of ${active.host.name} after a question`,
      ({ host }) => host === active.host.name,
      DEADLINE_MS,
      askedUs,
    );
  }
}
