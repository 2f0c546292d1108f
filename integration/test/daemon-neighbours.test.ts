/**
 * What the neighbours of virtual routers notice: who answers for the virtual address, who takes packets to it, and that
 * this follows a takeover.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import type { Capture, CapturedFrame } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import { arpRequest, echoRequest, neighbourSolicitation, type Sender } from '../lib/frames.ts';
import type { Host } from '../lib/host.ts';
import { Injector } from '../lib/injector.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
/** So long that a busy machine does not elect a second Active. */
const INTERVAL = 0.5;

/** Last parts of the hosts' own addresses. */
const NUMBERS: Readonly<Record<string, number>> = { first: 1, second: 2, client: 9 };

interface Family {
  readonly name: string;
  /** The virtual address that is asked for. */
  readonly virtual: string;
  /** Lines of `virtual_ipaddress`. */
  readonly addresses: readonly string[];
  readonly ask: (from: Sender, target: string) => Uint8Array;
  readonly own: (host: Host) => string;
}

const ipv4: Family = {
  name: 'IPv4',
  virtual: '192.168.1.100',
  addresses: ['192.168.1.100/24'],
  ask: arpRequest,
  own: (host) => `192.168.1.${NUMBERS[host.name]}`,
};
const ipv6: Family = {
  name: 'IPv6',
  virtual: '2001:db8::100',
  addresses: ['fe80::100/64', '2001:db8::100/64'],
  ask: neighbourSolicitation,
  own: (host) => `2001:db8::${NUMBERS[host.name]}`,
};

interface Stage {
  readonly lab: Lab;
  readonly capture: Capture;
  readonly first: Host;
  readonly second: Host;
  readonly client: Host;
  readonly injector: Injector;
}

async function withStage(name: string, action: (stage: Stage) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const add = (name: string): Promise<Host> =>
      lab.addHost(name, { addresses: [`192.168.1.${NUMBERS[name]}/24`, `2001:db8::${NUMBERS[name]}/64`] });
    const [first, second, client] = [await add('first'), await add('second'), await add('client')];
    const capture = await lab.capture({ echo: true });
    await action({ lab, first, second, client, capture, injector: new Injector(lab, client) });
  });
}

/** What a frame says about who has `target`, and to whom: the host that answered, and the MAC that it told. */
function answerFor(frame: CapturedFrame, target: string): string | undefined {
  const { decoded, host } = frame;
  if (decoded?.kind === 'arp' && decoded.operation === 'reply' && !decoded.gratuitous && decoded.sender === target) {
    return `${host} ${decoded.senderMac}`;
  }
  if (decoded?.kind === 'neighbour-advertisement' && decoded.solicited && decoded.target === target) {
    return `${host} ${decoded.linkLayer}`;
  }
  return undefined;
}

/**
 * Asks the LAN who has the virtual address, and then both routers for their own: when those answers are in, a router
 * that would have answered the first question has. Returns the answers to the first one.
 */
async function whoHas({ capture, client, first, second, injector }: Stage, family: Family): Promise<string[]> {
  const sender: Sender = { mac: client.mac, address: family.own(client) };
  const askedUs = realtimeUs();
  for (const target of [family.virtual, family.own(first), family.own(second)])
    injector.send(family.ask(sender, target));
  for (const router of [first, second]) {
    const target = family.own(router);
    await capture.until(
      `${router.name} answers`,
      (frame) => answerFor(frame, target) !== undefined,
      DEADLINE_MS,
      askedUs,
    );
  }
  return capture.frames
    .filter((frame) => frame.atUs >= askedUs)
    .flatMap((frame) => answerFor(frame, family.virtual) ?? []);
}

/** Sends a ping for the virtual address to the machine of a router, and then one for its own. Who answered the first? */
async function whoTakes({ capture, client, injector }: Stage, family: Family, router: Host): Promise<string[]> {
  const sender: Sender = { mac: client.mac, address: family.own(client) };
  const sentUs = realtimeUs();
  injector.send(echoRequest(sender, router.mac, family.virtual));
  injector.send(echoRequest(sender, router.mac, family.own(router)));
  const isAnswer = ({ decoded }: CapturedFrame, source: string): boolean =>
    decoded?.kind === 'echo-reply' && decoded.identifier === 0x1234 && decoded.source === source;
  await capture.until(
    `${router.name} answers a ping to itself`,
    (frame) => isAnswer(frame, family.own(router)),
    DEADLINE_MS,
    sentUs,
  );
  const answers = capture.frames.filter((frame) => frame.atUs >= sentUs && isAnswer(frame, family.virtual));
  return answers.map(({ host }) => host);
}

async function isActive({ capture }: Stage, family: Family, host: Host, sinceUs: number): Promise<number> {
  const advert = await capture.untilAdvert(
    `${host.name} is Active`,
    (seen) => seen.host === host.name && seen.priority > 0,
    DEADLINE_MS,
    sinceUs,
  );
  await eventually(`${host.name} has the address`, () => host.addresses.includes(family.virtual), DEADLINE_MS);
  return advert.atUs;
}

describe('neighbours', requires('integration/daemon-neighbours', { namespaces: true }), () => {
  for (const family of [ipv4, ipv6]) {
    const ids =
      family === ipv4
        ? '[ARP-06] [ARP-09] [FSM-B-01] [FSM-B-03] [FSM-A-01] [FSM-A-02] [ACC-02]'
        : '[ND-04] [ND-06] [FSM-B-01] [FSM-B-03] [FSM-A-01]';
    it(`over ${family.name} the Active alone answers for the address and takes packets to it, before and after a takeover ${ids}`, async () => {
      await withStage(`neighbours-${family.name}`, async (stage) => {
        const { lab, first, second, client, capture } = stage;
        const { addresses } = family;
        const active = await Locumd.start(
          lab,
          first,
          quickConfiguration({ priority: 254, interval: INTERVAL, addresses }),
        );
        await isActive(stage, family, first, 0);
        await Locumd.start(lab, second, quickConfiguration({ priority: 200, interval: INTERVAL, addresses }));
        assert.deepEqual(await whoHas(stage, family), [`first ${first.mac}`]);
        assert.deepEqual(await whoTakes(stage, family, first), ['first']);
        assert.deepEqual(await whoTakes(stage, family, second), []);

        const pinger = await lab.ping(client, { target: family.virtual, intervalMs: 5 });
        await eventually('the client reaches the address', () => pinger.firstAnswered(0), DEADLINE_MS);
        const stoppedUs = realtimeUs();
        await active.stop();
        const takeoverUs = await isActive(stage, family, second, stoppedUs);
        const reached = await eventually(
          'the client reaches the address again',
          () => pinger.firstAnswered(takeoverUs),
          DEADLINE_MS,
        );
        assert.equal(reached.mac, second.mac);
        await pinger.stop();
        // It was told where the address is and did not have to find out.
        const questions = capture.frames.filter(
          ({ atUs, host, decoded }) =>
            host === 'client' &&
            atUs >= stoppedUs &&
            atUs <= reached.answeredUs! &&
            decoded?.kind === 'arp' &&
            decoded.target === family.virtual &&
            decoded.targetMac === '00:00:00:00:00:00' &&
            decoded.operation === 'request',
        );
        if (family === ipv4) assert.deepEqual(questions, []);
        assert.deepEqual(await whoHas(stage, family), [`second ${second.mac}`]);
        assert.deepEqual(await whoTakes(stage, family, second), ['second']);
        assert.deepEqual(await whoTakes(stage, family, first), []);
      });
    });
  }

  it('solicited-node groups of the addresses are joined by the Active, and left [ND-03]', async () => {
    await withStage('neighbours-groups', async ({ lab, first, capture }) => {
      // 2001:db8::abcd and fe80::1:abce: groups that nothing else here is in.
      const addresses = ['fe80::1:abce/64', '2001:db8::abcd/64'];
      const groups = ['ff0200000000000000000001ff00abcd', 'ff0200000000000000000001ff01abce'];
      const joined = (): string[] => {
        const table = first.namespace.run(() => readFileSync('/proc/thread-self/net/igmp6', 'utf8'));
        return groups.filter((group) => table.includes(group));
      };
      const locumd = await Locumd.start(lab, first, quickConfiguration({ addresses }));
      await eventually('both are joined', () => joined().length === 2, DEADLINE_MS);
      for (const group of groups) {
        const octets = Buffer.from(group, 'hex');
        await capture.until(
          `a report of ${group}`,
          ({ host, bytes }) => host === 'first' && isMulticastReport(bytes) && Buffer.from(bytes).includes(octets),
          DEADLINE_MS,
        );
      }
      await locumd.stop();
      assert.deepEqual(joined(), []);
    });
  });
});

/** MLDv2 report: hop-by-hop options with the router alert, then ICMPv6 of type 143. */
function isMulticastReport(bytes: Uint8Array): boolean {
  return bytes[12] === 0x86 && bytes[20] === 0 && bytes[54] === 58 && bytes[62] === 143;
}

describe('no_accept', requires('integration/daemon-no-accept', { namespaces: true, commands: ['nft'] }), () => {
  const tables = (host: Host): string =>
    host.namespace.run(() => spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' }).stdout);

  for (const family of [ipv4, ipv6]) {
    const ids = family === ipv4 ? '[ACC-01] [ACC-03] [FSM-A-02]' : '[ACC-01] [ND-12]';
    it(`over ${family.name}: the Active answers for the address, and neither takes nor forwards packets to it ${ids}`, async () => {
      await withStage(`no-accept-${family.name}`, async (stage) => {
        const { lab, first, second, capture, client, injector } = stage;
        const { addresses } = family;
        first.sysctl('ipv4/ip_forward', 1);
        first.sysctl('ipv4/conf/all/send_redirects', 0);
        first.sysctl('ipv4/conf/eth0/send_redirects', 0);
        const refusing = { priority: 254, interval: INTERVAL, addresses, lines: ['no_accept'] };
        const locumd = await Locumd.start(lab, first, quickConfiguration(refusing));
        await isActive(stage, family, first, 0);
        assert.equal((await locumd.status()).instances[0]!.acceptMode, false);
        assert.match(tables(first), /table inet locum_/);
        assert.deepEqual(await whoHas(stage, family), [`first ${first.mac}`]);
        assert.deepEqual(await whoTakes(stage, family, first), []);
        if (family === ipv4) {
          // It does forward others' packets; the echo to the virtual address was not among them.
          const sentUs = realtimeUs();
          const sender: Sender = { mac: client.mac, address: family.own(client) };
          injector.send(echoRequest(sender, first.mac, family.own(second)));
          const forwarded = (): string[] =>
            capture.frames.flatMap(({ host, decoded }) =>
              host === 'first' && decoded?.kind === 'echo-request' ? decoded.destination : [],
            );
          await capture.until('first forwards to second', () => forwarded().length > 0, DEADLINE_MS, sentUs);
          assert.deepEqual(forwarded(), [family.own(second)]);
        }
        await locumd.reload(quickConfiguration({ ...refusing, lines: ['accept'] }));
        assert.deepEqual(await whoTakes(stage, family, first), ['first']);
        assert.doesNotMatch(tables(first), /locum/);
        await locumd.reload(quickConfiguration(refusing));
        assert.deepEqual(await whoTakes(stage, family, first), []);
        await locumd.stop();
        assert.doesNotMatch(tables(first), /locum/);
      });
    });
  }

  it('what a killed daemon leaves behind does not silence the next one, which takes the address', async () => {
    await withStage('no-accept-leftover', async (stage) => {
      const { lab, first } = stage;
      const accepting = { priority: 254, interval: INTERVAL, addresses: ipv4.addresses };
      const refusing = await Locumd.start(lab, first, quickConfiguration({ ...accepting, lines: ['no_accept'] }));
      await isActive(stage, ipv4, first, 0);
      await refusing.kill();
      assert.match(tables(first), /table inet locum_/);
      const startedUs = realtimeUs();
      const { directory } = refusing;
      const locumd = await Locumd.start(lab, first, quickConfiguration(accepting), { directory });
      await isActive(stage, ipv4, first, startedUs);
      await eventually('the table is gone', () => !/locum/.test(tables(first)), DEADLINE_MS);
      assert.deepEqual(await whoTakes(stage, ipv4, first), ['first']);
      await locumd.stop();
    });
  });
});
