/**
 * What the capture of a life must show, one function a claim, see `interop.ts`. All are about locumd unless they say so.
 *
 * The bounds are lenient, because many lives are played at once on machines that do other things as well; how exact the
 * timers are is measured elsewhere.
 */
import assert from 'node:assert/strict';
import type { Seen } from './capture.ts';
import {
  type Life,
  type Member,
  PASSWORD,
  type Phase,
  pingedAddress,
  type Variant,
  VRID,
  virtualAddresses,
  withoutPrefix,
} from './interop.ts';
import type { Advert, Arp, NeighbourAdvertisement } from './naive-decoder.ts';

/** Stamps of different machines, or of two places in one. */
const EARLY_US = 1_000;
const LATE_US = 150_000;
/** FRR floors the skew time to centiseconds. */
const FRR_EARLY_US = 10_000 + EARLY_US;
/** By so much after an announcement clients have taken notice. */
const NOTICE_US = 100_000;
/** The client is a process like others: on a loaded machine it ends before it has read its last answer. */
const STRAY_PINGS = 1;
/** Announcements of an address at once, by default. */
const BURST = 5;
const ETHERNET_BYTES = 14;
const AH_BYTES = 24;

/** What all its adverts have in common, and that only the last one of an orderly end has priority 0. */
export function judgeAdverts(life: Life): void {
  const { variant, locumd, peer } = life;
  const { version, family, intervalMs, authentication, unicast } = variant;
  const group = family === 4 ? '224.0.0.18' : 'ff02::12';
  const groupMac = family === 4 ? '01:00:5e:00:00:12' : '33:33:00:00:00:12';
  const primary = family === 4 ? locumd.unicastAddress : locumd.linkLocal;
  const adverts = advertsOf(life, locumd);
  assert.ok(adverts.length > 0);
  for (const { atUs, ...advert } of adverts) {
    const resigns = locumd === life.first && atUs === adverts.at(-1)!.atUs;
    assert.deepEqual(advert, {
      host: locumd.host.name,
      kind: 'advert',
      sourceMac: locumd.host.mac,
      destinationMac: unicast ? peer.host.mac : groupMac,
      source: unicast ? locumd.unicastAddress : primary,
      destination: unicast ? peer.unicastAddress : group,
      ttl: 255,
      family,
      version,
      vrid: VRID,
      priority: resigns ? 0 : locumd.priority,
      authentication: authentication === 'AH' ? 'ah' : authentication === 'PASS' ? 1 : 0,
      intervalMs,
      addresses: virtualAddresses(variant).map(withoutPrefix),
      checksum: version === 2 ? 'message' : 'pseudo-header',
    });
  }
}

/** Its adverts of version 2 end with eight octets: the password, or zeros. */
export function judgeTrailers({ variant, locumd, capture }: Life): void {
  const trailer = Buffer.alloc(8);
  if (variant.authentication === 'PASS') trailer.write(PASSWORD);
  for (const { host, bytes, decoded } of capture.frames) {
    if (decoded?.kind !== 'advert' || host !== locumd.host.name) continue;
    const header = variant.authentication === 'AH' ? AH_BYTES : 0;
    const start = ipPayloadStart(bytes) + header + 8 + 4 * decoded.addresses.length;
    assert.deepEqual(Buffer.from(bytes.subarray(start, ipEnd(bytes))), trailer);
  }
}

/** Whoever sends, the sequence of the authentication headers rises. */
export function judgeSequences({ capture }: Life): void {
  let last = 0;
  for (const { bytes, decoded, host } of capture.frames) {
    if (decoded?.kind !== 'advert') continue;
    const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(ipPayloadStart(bytes) + 8);
    assert.ok(sequence > last, `sequence ${sequence} of ${host} after ${last}`);
    last = sequence;
  }
}

/** It has accepted every advert of its peer. */
export function judgeAcceptance({ log }: Life): void {
  assert.match(log, /Entering BACKUP STATE/, 'the log can be read');
  assert.doesNotMatch(log, /dropped an advert/);
}

/** Once a router has taken over, nobody else advertises; where both have just started, once all is steady. */
export function judgeSoleSpeakers({ capture, phases }: Life): void {
  for (const { name, active, advertUs, steadyUs, untilUs } of Object.values(phases)) {
    const sinceUs = name === 'election' ? steadyUs : advertUs + LATE_US;
    const others = within(capture.adverts(), sinceUs, untilUs).filter(({ host }) => host !== active.host.name);
    assert.deepEqual(others, [], `${name}: ${active.host.name} alone advertises`);
  }
}

/** While Active it advertises at its interval. */
export function judgeSpacing(life: Life): void {
  for (const { name, steadyUs, untilUs } of phasesOf(life, life.locumd)) {
    const instants = within(advertsOf(life, life.locumd), steadyUs, untilUs).map(({ atUs }) => atUs);
    for (const [index, atUs] of instants.slice(1).entries()) {
      const beyondUs = atUs - instants[index]! - intervalUs(life.variant);
      assert.ok(Math.abs(beyondUs) < LATE_US, `${name}: an interval is off by ${beyondUs} us`);
    }
  }
}

/** Becoming Active, it announces each address between its first advert and the next, to all, with the MAC at which it is reached. */
export function judgeAnnouncements(life: Life): void {
  const { mac } = life.locumd.host;
  for (const phase of phasesOf(life, life.locumd)) {
    const nextAdvertUs = advertsOf(life, life.locumd).find(({ atUs }) => atUs > phase.advertUs)!.atUs;
    for (const address of virtualAddresses(life.variant).map(withoutPrefix)) {
      const seen = announcements(life, phase, address);
      const what = `${phase.name}: announcements of ${address}`;
      assert.ok(seen.length >= BURST, what);
      assert.ok(seen[0]!.atUs >= phase.advertUs, `${what}: before the advert`);
      // How long the kernel takes to set the address in between is not its doing.
      assert.ok(seen[0]!.atUs < nextAdvertUs, `${what}: after the advert that follows`);
      for (const each of seen) assert.deepEqual(essenceOf(each), essenceOfOurs(life.variant, mac, address), what);
    }
  }
}

/** Becoming Active, its peer announces each address, too: what the client knows is true at all times. */
export function judgePeersAnnouncements(life: Life): void {
  for (const phase of phasesOf(life, life.peer)) {
    const untilUs = phase.advertUs + intervalUs(life.variant) + LATE_US;
    for (const address of virtualAddresses(life.variant).map(withoutPrefix)) {
      const announced = announcements(life, phase, address).some(({ atUs }) => atUs <= untilUs);
      assert.ok(announced, `${phase.name}: ${phase.active.host.name} announces ${address}`);
    }
  }
}

/** In the steady state pings are answered, and by the Active alone. */
export function judgePings(life: Life): void {
  const { variant, capture, pinger, phases } = life;
  for (const phase of Object.values(phases)) {
    const { name, active, steadyUs, untilUs } = phase;
    const [announcement] = announcements(life, phase, pingedAddress(variant));
    assert.ok(announcement !== undefined, `${name}: ${active.host.name} announces the address`);
    // Between its advert and that lies a change of addresses, for which the kernel may keep it waiting.
    const sinceUs = pinger.beginningOfAnswers(Math.max(steadyUs, announcement.atUs) + NOTICE_US);
    const { sent, lost } = pinger.summary(sinceUs, untilUs);
    assert.ok(sent > 0, `${name}: the client pings`);
    assert.ok(lost <= STRAY_PINGS && lost < sent, `${name}: ${lost} pings lost, of ${sent}`);
    const answerers = within(capture.frames, sinceUs, untilUs)
      .filter(({ decoded }) => decoded?.kind === 'echo-reply' && decoded.source === pingedAddress(variant))
      .map(({ host }) => host);
    assert.deepEqual([...new Set(answerers)], [active.host.name], `${name}: who answers pings`);
  }
}

/**
 * The client's question who has the address, asked after the election, is answered by the Active alone. Of a Backup
 * that is a peer this is not asked.
 */
export function judgeNeighbourAnswers({ variant, capture, phases, first, locumd }: Life): void {
  const { steadyUs, untilUs } = phases.election;
  const address = pingedAddress(variant);
  const answerers = within(capture.frames, steadyUs, untilUs)
    .filter(({ decoded }) => {
      if (decoded?.kind === 'arp') return decoded.operation === 'reply' && decoded.sender === address;
      return decoded?.kind === 'neighbour-advertisement' && decoded.solicited && decoded.target === address;
    })
    .map(({ host }) => host);
  assert.ok(answerers.includes(first.host.name), 'the Active answers');
  if (locumd !== first) assert.ok(!answerers.includes(locumd.host.name), 'the Backup does not');
}

/** The second takes over from the dead first, three intervals and a skew time after its last advert. */
export function judgeDeath(life: Life): void {
  assertOnTime(life, life.phases.death.advertUs, beyondDeathUs(life), 'takeover from the dead');
}

/** How much later than that, in microseconds. */
export function beyondDeathUs(life: Life): number {
  const { advertUs } = life.phases.death;
  const lastUs = advertsOf(life, life.first).findLast(({ atUs }) => atUs < advertUs)!.atUs;
  return advertUs - lastUs - activeDownIntervalUs(life.variant, life.second);
}

/** The first resigns with its last advert, and the second takes over after its skew time. */
export function judgeEnd(life: Life): void {
  const { sinceUs, advertUs } = life.phases.end;
  const resignation = advertsOf(life, life.first).at(-1)!;
  assert.equal(resignation.priority, 0, 'the last advert is the resignation');
  assert.ok(resignation.atUs >= sinceUs && resignation.atUs < advertUs, 'it comes before the takeover');
  assertOnTime(life, advertUs, beyondEndUs(life), 'takeover from the resigned');
}

/** How much later than that, in microseconds. */
export function beyondEndUs(life: Life): number {
  const resignedUs = advertsOf(life, life.first).at(-1)!.atUs;
  return life.phases.end.advertUs - resignedUs - skewTimeUs(life.variant, life.second);
}

/** Returning, it is silent until its timer has run out, though it hears lower priorities only. */
export function judgeReturn({ variant, first, phases, returnedUs }: Life): void {
  const { sinceUs, advertUs } = phases.return;
  const waitUs = activeDownIntervalUs(variant, first);
  const message = `preemption ${advertUs - sinceUs} us after the start, ${advertUs - returnedUs} us after its log line`;
  assert.ok(advertUs - sinceUs >= waitUs, message);
  assert.ok(advertUs - returnedUs <= waitUs + LATE_US, message);
}

/** The addresses that the death of the first left behind are gone before it is Active again; locumd says so. */
export function judgeCleaning({ variant, phases, first, locumd, cleanedUs, log }: Life): void {
  assert.ok(cleanedUs !== undefined, 'there was something to clean');
  assert.ok(cleanedUs < phases.return.advertUs, `gone ${cleanedUs - phases.return.advertUs} us after the preemption`);
  if (locumd !== first) return;
  for (const address of virtualAddresses(variant)) {
    assert.ok(log.includes(`(VI_1) removed ${address}, left behind`), `the log names ${address}`);
  }
}

/** Three intervals and the skew time. */
function activeDownIntervalUs(variant: Variant, member: Member): number {
  return 3 * intervalUs(variant) + skewTimeUs(variant, member);
}

/** In version 2 it is a part of a second, whatever the interval; its interval here is a second. */
function skewTimeUs(variant: Variant, { priority }: Member): number {
  return ((256 - priority) * intervalUs(variant)) / 256;
}

function intervalUs({ intervalMs }: Variant): number {
  return intervalMs * 1000;
}

function assertOnTime({ variant, second }: Life, advertUs: number, beyondUs: number, what: string): void {
  const isFrr = second.implementation === 'FRR';
  // Its first advert over IPv6 is lost: its interface has no address yet.
  const lostUs = isFrr && variant.family === 6 ? intervalUs(variant) : 0;
  const message = `${what} at ${advertUs}: ${beyondUs} us beyond the formula`;
  assert.ok(beyondUs >= -(isFrr ? FRR_EARLY_US : EARLY_US) && beyondUs <= LATE_US + lostUs, message);
}

function phasesOf({ phases }: Life, member: Member): Phase[] {
  return Object.values(phases).filter(({ active }) => active === member);
}

function advertsOf({ capture }: Life, { host }: Member): Seen<Advert>[] {
  return capture.adverts().filter((advert) => advert.host === host.name);
}

type Announcement = Seen<Arp> | Seen<NeighbourAdvertisement>;

/** Announcements of one address by the Active of a phase. */
function announcements({ variant, capture }: Life, phase: Phase, address: string): Announcement[] {
  const all = variant.family === 4 ? capture.gratuitousArps() : capture.unsolicitedNeighbourAdvertisements();
  return within<Announcement>(all, phase.sinceUs, phase.untilUs).filter(
    ({ host, target }) => host === phase.active.host.name && target === address,
  );
}

/** What is told to whom, without the name of the host and the instant. */
function essenceOf({ atUs: _at, host: _host, ...essence }: Announcement): unknown {
  return essence;
}

function essenceOfOurs({ family }: Variant, mac: string, address: string): unknown {
  if (family === 4) {
    return {
      kind: 'arp',
      operation: 'request',
      sourceMac: mac,
      destinationMac: 'ff:ff:ff:ff:ff:ff',
      senderMac: mac,
      sender: address,
      targetMac: 'ff:ff:ff:ff:ff:ff',
      target: address,
      gratuitous: true,
    };
  }
  return {
    kind: 'neighbour-advertisement',
    sourceMac: mac,
    destinationMac: '33:33:00:00:00:01',
    source: address,
    destination: 'ff02::1',
    target: address,
    linkLayer: mac,
    router: true,
    solicited: false,
    override: true,
  };
}

function within<Timed extends { readonly atUs: number }>(
  all: readonly Timed[],
  sinceUs: number,
  untilUs: number,
): Timed[] {
  return all.filter(({ atUs }) => atUs >= sinceUs && atUs < untilUs);
}

/** Of an IPv4 packet in an Ethernet frame. */
function ipPayloadStart(bytes: Uint8Array): number {
  return ETHERNET_BYTES + (bytes[ETHERNET_BYTES]! & 15) * 4;
}

/** As the packet says, whatever padding follows. */
function ipEnd(bytes: Uint8Array): number {
  return ETHERNET_BYTES + bytes[ETHERNET_BYTES + 2]! * 256 + bytes[ETHERNET_BYTES + 3]!;
}
