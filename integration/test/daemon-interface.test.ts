/**
 * What becomes of a router when its interface, its cable or its address goes away, and comes back.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeLink, deleteAddress, deleteLink, realtimeUs } from '@locum/linux';
import { parseAddress, parseMac } from '../lib/address-text.ts';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
/** Attempts to open a port come after pauses that double from half a second on: behind the fourth it is eight of them. */
const DOWN_FOR_LONG_MS = 8_500;
const SOON_US = 4_000_000;

interface Stage {
  readonly lab: Lab;
  readonly host: Host;
  readonly capture: Capture;
  readonly locumd: Locumd;
}

/** A host with a daemon that is Active. */
async function withActive(name: string, action: (stage: Stage) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
    const capture = await lab.capture();
    const locumd = await Locumd.start(lab, host, quickConfiguration({}));
    await eventually('the address is set', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
    await action({ lab, host, capture, locumd });
    assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    assert.ok(!host.addresses.includes(QUICK_ADDRESS));
  });
}

/** Causes a fault and its end; the log must tell of FAULT with the reason, then BACKUP, then MASTER, in this order. */
async function faultAndRecovery(stage: Stage, cause: () => void, reason: RegExp, remedy: () => void): Promise<void> {
  const { host, capture, locumd } = stage;
  let seen = locumd.process.lines.length;
  const said = async (pattern: RegExp): Promise<void> => {
    const line = await locumd.process.line(pattern, DEADLINE_MS, seen);
    seen = locumd.process.lines.indexOf(line);
  };
  cause();
  await said(reason);
  await said(/\(VI_1\) Entering FAULT STATE/);
  const fault = (await locumd.status()).instances[0]!;
  assert.deepEqual([fault.keepalivedState, fault.state], ['FAULT', 'initialize']);
  assert.ok(!host.addresses.includes(QUICK_ADDRESS));
  const remedyUs = realtimeUs();
  remedy();
  await said(/\(VI_1\) Entering BACKUP STATE/);
  await said(/\(VI_1\) Entering MASTER STATE/);
  await capture.untilAdvert('adverts flow again', ({ priority }) => priority === 200, DEADLINE_MS, remedyUs);
  await capture.until(
    'the address is announced again',
    ({ decoded }) => decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === QUICK_ADDRESS,
    DEADLINE_MS,
    remedyUs,
  );
  await eventually('the address is set again', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
  assert.equal((await locumd.status()).instances[0]!.keepalivedState, 'MASTER');
}

describe('interfaces', requires('integration/daemon-interface', { namespaces: true }), () => {
  it('set down and up again, several times', async () => {
    await withActive('interface-down', async (stage) => {
      const { host } = stage;
      const set = (up: boolean) => (): void => changeLink(host.netlink, host.interfaceIndex, { up });
      for (let repeat = 0; repeat < 3; repeat++) {
        await faultAndRecovery(stage, set(false), /eth0 is down/, set(true));
      }
    });
  });

  it('that were down for long are used as soon as they are up, also by a transport that has given up asking', async () => {
    await withLab('interface-down-for-long', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const set = (up: boolean): void => changeLink(host.netlink, host.interfaceIndex, { up });
      const locumd = await Locumd.start(lab, host, quickConfiguration({ lines: ['transport pcap'] }));
      await capture.untilAdvert('it is Active', ({ priority }) => priority === 200, DEADLINE_MS);
      set(false);
      await locumd.process.line(/Entering FAULT STATE/, DEADLINE_MS);
      await sleep(DOWN_FOR_LONG_MS);
      const upUs = realtimeUs();
      set(true);
      const { atUs } = await capture.untilAdvert('it is again', () => true, DEADLINE_MS, upUs);
      assert.ok(atUs - upUs < SOON_US, `${atUs - upUs} us after the interface came up`);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });

  it('that lose their carrier and get it back', async () => {
    await withActive('interface-carrier', async (stage) => {
      const { lab, host } = stage;
      await faultAndRecovery(
        stage,
        () => lab.cut(host),
        /eth0 is down/,
        () => lab.heal(host),
      );
    });
  });

  it('that lose their address and get it, or another one', async () => {
    await withActive('interface-address', async (stage) => {
      const { host, capture } = stage;
      const remove = (text: string) => (): void =>
        deleteAddress(host.netlink, {
          interfaceIndex: host.interfaceIndex,
          address: parseAddress(text),
          prefixLength: 24,
        });
      const add = (text: string) => (): void => host.addAddress(`${text}/24`);
      const none = /eth0 has no IPv4 address/;
      await faultAndRecovery(stage, remove('192.168.1.1'), none, add('192.168.1.1'));
      await faultAndRecovery(stage, remove('192.168.1.1'), none, add('192.168.1.3'));
      const sinceUs = realtimeUs();
      await capture.untilAdvert('the other source', ({ source }) => source === '192.168.1.3', DEADLINE_MS, sinceUs);
    });
  });

  it('that are renumbered while they work: adverts come from the new address, and nothing else happens', async () => {
    await withActive('interface-renumber', async ({ host, capture, locumd }) => {
      host.addAddress('192.168.2.1/24');
      deleteAddress(host.netlink, {
        interfaceIndex: host.interfaceIndex,
        address: parseAddress('192.168.1.1'),
        prefixLength: 24,
      });
      const sinceUs = realtimeUs();
      await capture.untilAdvert('the new source', ({ source }) => source === '192.168.2.1', DEADLINE_MS, sinceUs);
      const status = (await locumd.status()).instances[0]!;
      assert.equal(status.primaryAddress, '192.168.2.1');
      assert.equal(status.statistics.masterTransitions, 1);
      await eventually('the address is set', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
    });
  });

  it('whose MAC changes: adverts carry the new one, and the address is announced with it', async () => {
    await withActive('interface-mac', async ({ host, capture }) => {
      const mac = '02:00:00:00:77:01';
      const sinceUs = realtimeUs();
      changeLink(host.netlink, host.interfaceIndex, { mac: parseMac(mac) });
      await capture.untilAdvert('the new MAC', ({ sourceMac }) => sourceMac === mac, DEADLINE_MS, sinceUs);
      await capture.until(
        'the announcement',
        ({ decoded }) => decoded?.kind === 'arp' && decoded.sender === QUICK_ADDRESS && decoded.senderMac === mac,
        DEADLINE_MS,
        sinceUs,
      );
    });
  });

  it('that are deleted and made again: the router recovers, and can still be resigned for', async () => {
    await withLab('interface-deleted', async (lab) => {
      const host = await lab.addHost('host');
      const capture = await lab.capture();
      let index = 0;
      const make = (): void => {
        index = host.addMacvlan('lan0', '02:00:00:00:07:01', 'bridge', false);
        host.addAddress('192.168.1.1/24', index);
      };
      make();
      const locumd = await Locumd.start(lab, host, quickConfiguration({ interfaceName: 'lan0' }));
      await capture.untilAdvert('it is Active', () => true, DEADLINE_MS);
      for (let repeat = 0; repeat < 2; repeat++) {
        let seen = locumd.process.lines.length;
        deleteLink(host.netlink, index);
        await locumd.process.line(/Entering FAULT STATE/, DEADLINE_MS, seen);
        assert.equal((await locumd.status()).instances[0]!.keepalivedState, 'FAULT');
        seen = locumd.process.lines.length;
        const madeUs = realtimeUs();
        make();
        await locumd.process.line(/Entering MASTER STATE/, DEADLINE_MS, seen);
        await capture.untilAdvert('adverts flow again', () => true, DEADLINE_MS, madeUs);
        await capture.until(
          'the address is announced again',
          ({ decoded }) => decoded?.kind === 'arp' && decoded.gratuitous && decoded.sender === QUICK_ADDRESS,
          DEADLINE_MS,
          madeUs,
        );
      }
      await locumd.untilLastGasp();
      const killedUs = realtimeUs();
      locumd.killEngine();
      await capture.untilAdvert('the last gasp', ({ priority }) => priority === 0, DEADLINE_MS, killedUs);
      await capture.untilAdvert('the engine is back', ({ priority }) => priority === 200, DEADLINE_MS, killedUs);
      await locumd.stop();
    });
  });
});
