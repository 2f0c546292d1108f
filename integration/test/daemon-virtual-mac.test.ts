/**
 * Routers with a MAC of their own, in userspace: what they send, who answers for the address, what a frame to the MAC
 * meets, and what is left when a daemon ends in one way or another.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLink, deleteAddress, listAddresses, listLinks, realtimeUs } from '@locum/linux';
import { formatAddress } from '@locum/protocol';
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
const VRID = 51;

interface Family {
  readonly name: string;
  readonly virtual: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  readonly own: (number: number) => string;
  readonly ask: (from: Sender, target: string) => Uint8Array;
}

const ipv4: Family = {
  name: 'IPv4',
  virtual: '192.168.1.100',
  mac: '00:00:5e:00:01:33',
  addresses: ['192.168.1.100/24'],
  own: (number) => `192.168.1.${number}`,
  ask: arpRequest,
};
const ipv6: Family = {
  name: 'IPv6',
  virtual: '2001:db8::100',
  mac: '00:00:5e:00:02:33',
  addresses: ['fe80::100/64', '2001:db8::100/64'],
  own: (number) => `2001:db8::${number}`,
  ask: neighbourSolicitation,
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
    const add = (host: string, number: number): Promise<Host> =>
      lab.addHost(host, { addresses: [`192.168.1.${number}/24`, `2001:db8::${number}/64`] });
    const [first, second, client] = [await add('first', 1), await add('second', 2), await add('client', 9)];
    const capture = await lab.capture({ echo: true });
    await action({ lab, first, second, client, capture, injector: new Injector(lab, client) });
  });
}

function configuration({ addresses }: Family, priority: number): string {
  return quickConfiguration({ vrid: VRID, priority, interval: INTERVAL, addresses, lines: ['use_vmac'] });
}

/** The devices of virtual MACs on a host, with their addresses. */
function devices({ netlink }: Host): Record<string, string[]> {
  const links = listLinks(netlink).filter(({ name }) => name.startsWith('locum'));
  // One question for all of them: a device may go meanwhile.
  const addresses = listAddresses(netlink);
  const on = (index: number): string[] =>
    addresses.filter(({ interfaceIndex }) => interfaceIndex === index).map(({ address }) => formatAddress(address));
  return Object.fromEntries(links.map(({ name, index }) => [name, on(index)]));
}

const holds = (host: Host, family: Family): boolean =>
  Object.values(devices(host)).some((addresses) => addresses.includes(family.virtual));

/** Who answers a question for the address: hosts with the MAC that they tell, and the source of the frame. */
async function whoHas(
  { capture, client, injector }: Stage,
  family: Family,
  ...others: readonly number[]
): Promise<string[]> {
  const sinceUs = realtimeUs();
  injector.send(family.ask({ mac: client.mac, address: family.own(9) }, family.virtual));
  const isAnswer = ({ decoded }: CapturedFrame): boolean =>
    (decoded?.kind === 'arp' && decoded.operation === 'reply' && decoded.sender === family.virtual) ||
    (decoded?.kind === 'neighbour-advertisement' && decoded.solicited && decoded.target === family.virtual);
  await capture.until('an answer', isAnswer, DEADLINE_MS, sinceUs);
  // Who else would answer has, once it has answered for itself.
  for (const number of others.length > 0 ? others : [1, 2]) {
    injector.send(family.ask({ mac: client.mac, address: family.own(9) }, family.own(number)));
    const isOwn = ({ decoded }: CapturedFrame): boolean =>
      (decoded?.kind === 'arp' && decoded.operation === 'reply' && decoded.sender === family.own(number)) ||
      (decoded?.kind === 'neighbour-advertisement' && decoded.target === family.own(number));
    await capture.until(`an answer of ${number}`, isOwn, DEADLINE_MS, sinceUs);
  }
  return capture.frames.flatMap((frame) => {
    if (frame.atUs < sinceUs || !isAnswer(frame)) return [];
    const { decoded } = frame;
    const told = decoded?.kind === 'arp' ? decoded.senderMac : (decoded as { linkLayer?: string }).linkLayer;
    return [`${frame.host} ${told} ${sourceMac(frame)}`];
  });
}

/** Hosts that answer a ping to the address in a frame to the virtual MAC. */
async function whoTakes({ capture, client, injector }: Stage, family: Family): Promise<string[]> {
  const sinceUs = realtimeUs();
  injector.send(echoRequest({ mac: client.mac, address: family.own(9) }, family.mac, family.virtual));
  const isAnswer = ({ decoded }: CapturedFrame): boolean =>
    decoded?.kind === 'echo-reply' && decoded.source === family.virtual;
  await capture.until('an answer to the ping', isAnswer, DEADLINE_MS, sinceUs);
  return capture.frames.filter((frame) => frame.atUs >= sinceUs && isAnswer(frame)).map(({ host }) => host);
}

function sourceMac({ bytes }: Pick<CapturedFrame, 'bytes'>): string {
  return [...bytes.subarray(6, 12)].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** Resolves when the host has announced the address, which comes after it was set and is answered for. */
async function untilActive({ capture }: Stage, host: Host, family: Family, sinceUs: number): Promise<number> {
  const { atUs } = await capture.untilAdvert(
    `${host.name} is Active`,
    (seen) => seen.host === host.name && seen.priority > 0,
    DEADLINE_MS,
    sinceUs,
  );
  const isAnnouncement = ({ decoded }: CapturedFrame): boolean =>
    (decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === family.virtual) ||
    (decoded?.kind === 'neighbour-advertisement' && !decoded.solicited && decoded.target === family.virtual);
  await capture.until(
    `${host.name} announces the address`,
    (frame) => frame.host === host.name && isAnnouncement(frame),
    DEADLINE_MS,
    atUs,
  );
  assert.ok(holds(host, family), `${host.name} has the address`);
  return atUs;
}

describe('the virtual MAC', requires('integration/daemon-virtual-mac', { namespaces: true, tap: true }), () => {
  for (const family of [ipv4, ipv6]) {
    const answers = family === ipv4 ? '[ARP-07] [ARP-08]' : '[ND-05] [MAC-05]';
    it(`${family.name}: adverts, announcements and answers carry it, from the Active alone, and it dies with its process [MAC-02] [MAC-04] [MAC-06] [FSM-B-02] ${answers}`, async () => {
      await withStage(`virtual-mac-${family.name}`, async (stage) => {
        const { lab, capture, first, second, client } = stage;
        const active = await Locumd.start(lab, first, configuration(family, 254));
        const activeUs = await untilActive(stage, first, family, 0);
        const backup = await Locumd.start(lab, second, configuration(family, 200));
        assert.deepEqual(await whoHas(stage, family), [`first ${family.mac} ${family.mac}`]);
        assert.deepEqual(await whoTakes(stage, family), ['first']);
        assert.ok(!first.addresses.includes(family.virtual), 'the address is not on the interface itself');
        const [device] = Object.entries(devices(first));
        assert.match(device![0], /^locum[46]-51-[0-9a-z]+$/);
        // Only what is configured: no identifier is made of the virtual MAC.
        assert.deepEqual([...device![1]].sort(), family.addresses.map((text) => text.replace(/\/.*/, '')).sort());
        assert.deepEqual(Object.values(devices(second)), [[]]);

        const pinger = await lab.ping(client, { target: family.virtual, intervalMs: 5 });
        await eventually('the client reaches the address', () => pinger.firstAnswered(0), DEADLINE_MS);
        const killedUs = realtimeUs();
        await active.kill();
        await eventually('the device is gone', () => Object.keys(devices(first)).length === 0, DEADLINE_MS);
        const takeoverUs = await untilActive(stage, second, family, killedUs);
        await eventually('the client reaches it again', () => pinger.firstAnswered(takeoverUs), DEADLINE_MS);
        await pinger.stop();
        assert.deepEqual(await whoHas(stage, family), [`second ${family.mac} ${family.mac}`]);

        const stoppedUs = realtimeUs();
        assert.deepEqual(await backup.stop(), { code: 0, signal: null });
        assert.deepEqual(devices(second), {});
        await capture.untilAdvert('the last word', ({ priority }) => priority === 0, DEADLINE_MS, stoppedUs);
        for (const frame of capture.frames) {
          const { decoded } = frame;
          const isAnnouncement =
            (decoded?.kind === 'arp' && decoded.sender === family.virtual) ||
            (decoded?.kind === 'neighbour-advertisement' && decoded.target === family.virtual);
          if (decoded?.kind === 'advert' || isAnnouncement) assert.equal(sourceMac(frame), family.mac);
        }
        assert.ok(activeUs < killedUs);
      });
    });
  }

  it('the last word for an engine that died carries it, and nothing has to be taken off', async () => {
    await withStage('virtual-mac-gasp', async (stage) => {
      const { lab, capture, first } = stage;
      const locumd = await Locumd.start(lab, first, configuration(ipv4, 200));
      await untilActive(stage, first, ipv4, 0);
      await locumd.untilLastGasp();
      const killedUs = realtimeUs();
      locumd.killEngine();
      const isLast = ({ decoded }: CapturedFrame): boolean => decoded?.kind === 'advert' && decoded.priority === 0;
      const last = await capture.until('the last gasp', isLast, DEADLINE_MS, killedUs);
      assert.equal(sourceMac(last), ipv4.mac);
      await untilActive(stage, first, ipv4, last.atUs);
      assert.equal(Object.keys(devices(first)).length, 1);
      await locumd.stop();
      assert.deepEqual(devices(first), {});
    });
  });

  it('what is sent to it and goes to another host is forwarded by the Active [MAC-03]', async () => {
    await withStage('virtual-mac-forward', async (stage) => {
      const { lab, capture, first, client, injector } = stage;
      first.sysctl('ipv4/ip_forward', 1);
      first.sysctl('ipv4/conf/all/send_redirects', 0);
      first.sysctl('ipv4/conf/eth0/send_redirects', 0);
      const locumd = await Locumd.start(lab, first, configuration(ipv4, 200));
      await untilActive(stage, first, ipv4, 0);
      const sentUs = realtimeUs();
      injector.send(echoRequest({ mac: client.mac, address: ipv4.own(9) }, ipv4.mac, ipv4.own(2)));
      await capture.until(
        'the ping goes on to second',
        ({ host, decoded }) =>
          host === 'first' && decoded?.kind === 'echo-request' && decoded.destination === ipv4.own(2),
        DEADLINE_MS,
        sentUs,
      );
      await locumd.stop();
    });
  });

  it('clients in a network that is on no interface are reached by it, those of others by the interface itself', async () => {
    await withStage('virtual-mac-foreign', async (stage) => {
      const { lab, capture, first, client } = stage;
      client.addAddress('198.51.100.9/24');
      client.addAddress('2001:db8:1::9/64');
      const foreign4 = '198.51.100.100';
      const foreign6 = '2001:db8:1::100';
      const text = quickConfiguration(
        { name: 'FOUR', vrid: VRID, addresses: [`${foreign4}/24`, '192.168.1.100/24'], lines: ['use_vmac'] },
        { name: 'SIX', vrid: VRID, addresses: ['fe80::100/64', `${foreign6}/64`], lines: ['use_vmac'] },
      );
      const locumd = await Locumd.start(lab, first, text);
      await untilActive(stage, first, { ...ipv4, virtual: foreign4 }, 0);
      await untilActive(stage, first, { ...ipv6, virtual: foreign6 }, 0);
      /** The MAC that answers pings from now on. */
      const macThatAnswers = async (target: string): Promise<string | undefined> => {
        const pinger = await lab.ping(client, { target, intervalMs: 20 });
        const ping = await eventually(`${target} answers`, () => pinger.firstAnswered(0), DEADLINE_MS);
        await pinger.stop();
        return ping.mac;
      };
      assert.equal(await macThatAnswers(foreign4), ipv4.mac);
      assert.equal(await macThatAnswers(foreign6), ipv6.mac);
      assert.equal(await macThatAnswers('192.168.1.100'), first.mac);
      // A link-local client is answered by the device that it asked.
      const sinceUs = realtimeUs();
      const asked = echoRequest({ mac: client.mac, address: client.linkLocal }, ipv6.mac, 'fe80::100');
      stage.injector.send(asked);
      const isAnswer = ({ decoded }: CapturedFrame): boolean =>
        decoded?.kind === 'echo-reply' && decoded.source === 'fe80::100';
      await capture.until('an answer by link-local addresses', isAnswer, DEADLINE_MS, sinceUs);

      // The interface gets an address of its own there, and loses it again.
      first.addAddress('198.51.100.1/24');
      assert.equal(await macThatAnswers(foreign4), first.mac);
      const own = { interfaceIndex: first.interfaceIndex, address: Uint8Array.of(198, 51, 100, 1), prefixLength: 24 };
      deleteAddress(first.netlink, own);
      assert.equal(await macThatAnswers(foreign4), ipv4.mac);
      await locumd.stop();
    });
  });

  it('it is answered for, again, when a longer MTU of the interface has replaced the port', async () => {
    await withStage('virtual-mac-mtu', async (stage) => {
      const { lab, first } = stage;
      changeLink(first.netlink, first.interfaceIndex, { mtu: 1400 });
      const locumd = await Locumd.start(lab, first, configuration(ipv4, 200));
      await untilActive(stage, first, ipv4, 0);
      const answersAlone = async (): Promise<void> => {
        await eventually('the address is set', () => holds(first, ipv4), DEADLINE_MS);
        assert.deepEqual(await whoHas(stage, ipv4, 1), [`first ${ipv4.mac} ${ipv4.mac}`]);
        assert.deepEqual(await whoTakes(stage, ipv4), ['first']);
      };
      changeLink(first.netlink, first.interfaceIndex, { mtu: 1500 });
      await locumd.process.line(/eth0: the port is open/, DEADLINE_MS);
      await answersAlone();
      changeLink(first.netlink, first.interfaceIndex, { mtu: 1400 });
      await answersAlone();
      assert.equal((await locumd.status()).instances[0]!.statistics.masterTransitions, 1);
      await locumd.stop();
      assert.equal(locumd.process.output.match(/eth0: the port is open/g)?.length, 1);
    });
  });

  it('both families and a router without it share an interface, and a reload goes over to it and back', async () => {
    await withStage('virtual-mac-reload', async (stage) => {
      const { lab, capture, first } = stage;
      const plain = { name: 'PLAIN', vrid: 60, addresses: ['192.168.1.160/24'] };
      const changing = { name: 'CHANGING', vrid: VRID, addresses: ['192.168.1.100/24'] };
      const sixth = { name: 'SIXTH', vrid: VRID, addresses: ipv6.addresses, lines: ['use_vmac locum-six'] };
      const withMac = quickConfiguration(plain, { ...changing, lines: ['use_vmac'] }, sixth);
      const without = quickConfiguration(plain, changing, sixth);
      const locumd = await Locumd.start(lab, first, without);
      await untilActive(stage, first, ipv6, 0);
      for (const address of ['192.168.1.160', ipv4.virtual]) {
        await eventually('it is on the interface', () => first.addresses.includes(address), DEADLINE_MS);
      }
      const toUs = realtimeUs();
      for (const configuration of [withMac, without, withMac]) {
        const hasMac = configuration === withMac;
        await locumd.reload(configuration);
        await eventually('the address is on its device, or not', () => holds(first, ipv4) === hasMac, DEADLINE_MS);
        const isOnInterface = (): boolean => first.addresses.includes(ipv4.virtual);
        await eventually('the address is on the interface, or not', () => isOnInterface() !== hasMac, DEADLINE_MS);
        // Nobody else noticed: SIXTH shares a port with CHANGING, which listens to another group.
        const device = `locum4-51-${first.interfaceIndex.toString(36)}`;
        assert.deepEqual(Object.keys(devices(first)).sort(), hasMac ? ['locum-six', device] : ['locum-six']);
        assert.ok(holds(first, ipv6));
        assert.deepEqual(await whoTakes(stage, ipv6), ['first']);
        const { instances } = await locumd.status();
        const transitions = [instances[0], instances[2]].map((each) => each!.statistics.masterTransitions);
        assert.deepEqual(transitions, [1, 1]);
        assert.deepEqual((await locumd.status()).ports.map(({ transport }) => transport).sort(), ['raw', 'tap']);
      }
      assert.doesNotMatch(
        locumd.process.lines.map(({ text }) => text).join(),
        /cannot be changed|something else removed/,
      );
      const isAnnounced = ({ decoded }: CapturedFrame): boolean =>
        decoded?.kind === 'arp' && decoded.sender === ipv4.virtual && decoded.senderMac === ipv4.mac;
      await capture.until('it is announced with its MAC', isAnnounced, DEADLINE_MS, toUs);
      await locumd.stop();
      assert.deepEqual(devices(first), {});
    });
  });
});
