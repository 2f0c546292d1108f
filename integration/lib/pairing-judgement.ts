/**
 * What the capture of a pairing must show, one function a claim, see `pairing.ts`. The bounds are lenient, because several
 * are played at once; how exact the timers are is measured elsewhere.
 */
import assert from 'node:assert/strict';
import type { Seen } from './capture.ts';
import type { Advert } from './naive-decoder.ts';
import {
  ADDRESSES,
  FAMILIES,
  type Family,
  INTERVAL_MS,
  type Pairing,
  type Party,
  type Phase,
  PINGED,
  VRIDS,
} from './pairing.ts';

const EARLY_US = 1_000;
const LATE_US = 150_000;
/** By so much after an announcement clients have taken notice. */
const NOTICE_US = 100_000;
const STRAY_PINGS = 1;

type Claim = (pairing: Pairing) => void;

export const CLAIMS: Readonly<Record<string, Claim>> = {
  'one alone is Active': judgeSpeakers,
  'adverts and announcements carry the MAC of the way': judgeMacs,
  'the dead one is replaced after three intervals and the skew time': judgeDeath,
  'the one that ends resigns and is replaced after the skew time': judgeEnd,
  'one alone answers who has the addresses': judgeHolders,
  'the client reaches the Active': judgePings,
};

function judgeSpeakers({ capture, phases }: Pairing): void {
  for (const { name, active, steadyUs, untilUs } of phases) {
    const speakers = capture
      .adverts()
      .filter(({ atUs }) => atUs >= steadyUs && atUs < untilUs)
      .map(({ host }) => host);
    assert.deepEqual([...new Set(speakers)], [active.host.name], `${name}: who advertises`);
  }
}

function judgeMacs(pairing: Pairing): void {
  for (const phase of pairing.phases.filter(({ active }) => active.way.program === 'locumd')) {
    for (const family of FAMILIES) {
      const { active, name } = phase;
      const mac = macOf(active, family);
      const adverts = pairing.capture
        .adverts()
        .filter(
          (advert) => isOf(advert, active, family) && advert.atUs >= phase.sinceUs && advert.atUs < phase.untilUs,
        );
      const sources = new Set(adverts.map(({ sourceMac }) => sourceMac));
      if (active.way.onBridge) assert.ok(!sources.has(mac), `${name}: the station has a MAC of its own`);
      else assert.deepEqual([...sources], [mac], `${name}: source of adverts over IPv${family}`);
      for (const address of ADDRESSES[family]) {
        const macs = announcements(pairing, phase, family, address).map((announcement) => announcement.mac);
        assert.deepEqual([...new Set(macs)], [mac], `${name}: announcements of ${address}`);
      }
    }
  }
}

interface Announcement {
  readonly atUs: number;
  /** At which the address is said to be. */
  readonly mac: string;
}

/** Those of one address by the Active of a phase. */
function announcements(
  { capture }: Pairing,
  { active, sinceUs, untilUs }: Phase,
  family: Family,
  address: string,
): Announcement[] {
  const isWanted = (seen: { readonly host: string; readonly target: string; readonly atUs: number }): boolean =>
    seen.host === active.host.name && seen.target === address && seen.atUs >= sinceUs && seen.atUs < untilUs;
  if (family === 4) {
    return capture
      .gratuitousArps()
      .filter(isWanted)
      .map(({ atUs, senderMac }) => ({ atUs, mac: senderMac }));
  }
  return capture
    .unsolicitedNeighbourAdvertisements()
    .filter(isWanted)
    .map(({ atUs, linkLayer }) => ({ atUs, mac: linkLayer ?? 'none' }));
}

function judgeDeath(pairing: Pairing): void {
  for (const family of FAMILIES) {
    const { advertUs } = pairing.phases.find(({ name }) => name === 'death')!;
    const last = advertsOf(pairing, pairing.first, family).findLast(({ atUs }) => atUs < advertUs[family])!;
    assert.ok(last.priority > 0, 'it died without a word');
    assertOnTime(advertUs[family] - last.atUs, 3 * INTERVAL_MS * 1000 + skewUs(pairing.second), `IPv${family}`);
  }
}

function judgeEnd(pairing: Pairing): void {
  for (const family of FAMILIES) {
    const { advertUs } = pairing.phases.find(({ name }) => name === 'end')!;
    const last = advertsOf(pairing, pairing.first, family).at(-1)!;
    assert.equal(last.priority, 0, 'the last advert is the resignation');
    assertOnTime(advertUs[family] - last.atUs, skewUs(pairing.second), `IPv${family}`);
  }
}

/** A host whose daemon was killed may go on answering only where the way to the wire leaves addresses behind. */
function judgeHolders({ capture, phases }: Pairing): void {
  for (const { name, active, dead, askedUs, untilUs } of phases) {
    for (const family of FAMILIES) {
      const answerers = new Set<string>();
      for (const { atUs, host, decoded } of capture.frames) {
        if (atUs < askedUs || atUs >= untilUs) continue;
        const isReply =
          decoded?.kind === 'arp'
            ? decoded.operation === 'reply' && family === 4 && ADDRESSES[4].includes(decoded.sender)
            : decoded?.kind === 'neighbour-advertisement' &&
              decoded.solicited &&
              family === 6 &&
              ADDRESSES[6].includes(decoded.target);
        if (isReply) answerers.add(host);
      }
      if (dead?.way.leavesAddresses) answerers.delete(dead.host.name);
      assert.deepEqual([...answerers], [active.host.name], `${name}: who has the address over IPv${family}`);
    }
  }
}

function judgePings(pairing: Pairing): void {
  const { first, second, pingers, phases } = pairing;
  for (const family of FAMILIES) {
    for (const phase of phases) {
      const { name, active, dead, steadyUs, untilUs } = phase;
      const [announcement] = announcements(pairing, phase, family, PINGED[family]);
      assert.ok(announcement !== undefined, `${name}: ${PINGED[family]} is announced`);
      // Between its advert and that lies a change of addresses, for which the kernel may keep it waiting.
      const sinceUs = pingers[family].beginningOfAnswers(Math.max(steadyUs, announcement.atUs) + NOTICE_US);
      const { sent, lost } = pingers[family].summary(sinceUs, untilUs);
      assert.ok(sent > 0, `${name}: the client pings over IPv${family}`);
      // Whoever still answers to the client's questions may win its entry.
      if (dead?.way.leavesAddresses) continue;
      // A Backup keepalived speaks with the virtual MAC now and then (MLD), which leads the switch astray for an interval.
      const idle = active === first ? second : first;
      if (idle.way.program === 'keepalived' && idle.way.virtualMac && active.way.virtualMac) continue;
      assert.ok(lost <= STRAY_PINGS && lost < sent, `${name}: ${lost} pings lost over IPv${family}, of ${sent}`);
    }
  }
}

function advertsOf({ capture }: Pairing, party: Party, family: Family): Seen<Advert>[] {
  return capture.adverts().filter((advert) => isOf(advert, party, family));
}

function isOf(advert: Seen<Advert>, { host }: Party, family: Family): boolean {
  return advert.host === host.name && advert.family === family;
}

function macOf({ way, mac }: Party, family: Family): string {
  if (!way.virtualMac) return mac;
  return `00:00:5e:00:0${family === 4 ? 1 : 2}:${VRIDS[family].toString(16)}`;
}

function skewUs({ priority }: Party): number {
  return ((256 - priority) * INTERVAL_MS * 1000) / 256;
}

function assertOnTime(tookUs: number, formulaUs: number, what: string): void {
  const beyondUs = tookUs - formulaUs;
  assert.ok(beyondUs >= -EARLY_US && beyondUs <= LATE_US, `${what}: ${beyondUs} us beyond the formula`);
}
