import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { Frr, type FrrRouter } from '../lib/frr.ts';
import type { Host } from '../lib/host.ts';
import { Keepalived } from '../lib/keepalived.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { requires } from '../lib/requirement.ts';
import { lastAdvertBefore } from '../lib/scenario.ts';

const DEADLINE_MS = 15_000;

/** Anything that can be a router of the scenario. */
interface Peer {
  stop(): Promise<unknown>;
  kill(): Promise<void>;
}

/**
 * The life of two routers: the first wins the election, is killed, comes back and preempts, is stopped in order.
 * Proves the lab and the peers, and what later scenarios take for granted.
 */
async function life(
  lab: Lab,
  start: (host: Host, priority: number) => Promise<Peer>,
  is: Partial<{ family: 4 | 6; version: number }>,
) {
  const first = await lab.addHost('first', { addresses: ['192.168.1.1/24'] });
  const second = await lab.addHost('second', { addresses: ['192.168.1.2/24'] });
  const capture = await lab.capture();
  const advertOf = (host: Host, what: string, sinceUs: number, priority: number) =>
    capture.untilAdvert(
      `${host.name} ${what}`,
      (advert) =>
        advert.host === host.name &&
        advert.priority === priority &&
        advert.family === (is.family ?? advert.family) &&
        advert.version === (is.version ?? advert.version),
      DEADLINE_MS,
      sinceUs,
    );

  let peer = await start(first, 100);
  await start(second, 90);
  await advertOf(first, 'is elected', 0, 100);

  await peer.kill();
  const killedUs = realtimeUs();
  const takeover = await advertOf(second, 'takes over', killedUs, 90);
  const last = lastAdvertBefore(capture, first.name, takeover.atUs)!;
  await announced(capture, 'second', killedUs, is.family ?? 4);

  const startedUs = realtimeUs();
  peer = await start(first, 100);
  await advertOf(first, 'preempts', startedUs, 100);

  const stoppedUs = realtimeUs();
  await peer.stop();
  const resignation = await advertOf(first, 'resigns', stoppedUs, 0);
  const succession = await advertOf(second, 'succeeds', resignation.atUs, 90);
  return { capture, takeoverUs: takeover.atUs - last.atUs, successionUs: succession.atUs - resignation.atUs };
}

async function announced(capture: Capture, host: string, sinceUs: number, family: 4 | 6): Promise<void> {
  await capture.until(
    `${host} announces the address`,
    ({ host: sender, decoded }) =>
      sender === host &&
      (family === 4 ? decoded?.kind === 'arp' && decoded.gratuitous : decoded?.kind === 'neighbour-advertisement'),
    DEADLINE_MS,
    sinceUs,
  );
}

const keepalivedConfiguration = (priority: number): string => `
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  virtual_ipaddress {
    192.168.1.100
  }
}
`;

describe(
  'keepalived in the lab',
  requires('integration/keepalived', { namespaces: true, commands: ['keepalived'] }),
  () => {
    it('elects, fails over, preempts and resigns', async () => {
      await withLab('keepalived', async (lab) => {
        const start = (host: Host, priority: number) => Keepalived.start(lab, host, keepalivedConfiguration(priority));
        const { takeoverUs, successionUs, capture } = await life(lab, start, { family: 4, version: 2 });
        // Priority 90: three intervals and a skew of 648 ms, counted from the last advert.
        assert.ok(takeoverUs > 3_600_000 && takeoverUs < 4_000_000, `takeover after ${takeoverUs} us`);
        assert.ok(successionUs > 600_000 && successionUs < 1_000_000, `succession after ${successionUs} us`);
        assert.ok(capture.adverts().every((advert) => advert.checksum === 'message' && advert.ttl === 255));
      });
    });
  },
);

describe('FRR in the lab', {
  ...requires('integration/frr', { namespaces: true, root: true, commands: ['zebra', 'vrrpd'] }),
  concurrency: 3,
}, () => {
  const routers: Record<string, Pick<FrrRouter, 'version' | 'addresses'>> = {
    'version 2 over IPv4': { version: 2, addresses: ['192.168.1.100/32'] },
    'version 3 over IPv4': { version: 3, addresses: ['192.168.1.100/32'] },
    'version 3 over IPv6': { version: 3, addresses: ['2001:db8::100/128'] },
  };
  for (const [name, router] of Object.entries(routers)) {
    it(`elects, fails over, preempts and resigns: ${name}`, async () => {
      const family = router.addresses[0]!.includes(':') ? 6 : 4;
      await withLab(`frr-${router.version}-${family}`, async (lab) => {
        const start = (host: Host, priority: number) =>
          Frr.start(lab, host, { vrid: 51, priority, intervalMs: 1000, ...router });
        const { takeoverUs, capture } = await life(lab, start, { family, version: router.version });
        // Over IPv6 its first advert is lost: the virtual interface has no address yet.
        assert.ok(takeoverUs > 3_600_000 && takeoverUs < 6_000_000, `takeover after ${takeoverUs} us`);
        const mac = `00:00:5e:00:0${family === 4 ? 1 : 2}:33`;
        assert.ok(capture.adverts().every((advert) => advert.sourceMac === mac && advert.checksum !== 'wrong'));
      });
    });
  }
});
