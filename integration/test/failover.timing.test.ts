/**
 * How fast the address follows the living server, by kernel time stamps of a third party on the switch.
 *
 * The bounds are the protocol's plus what the daemon may add. A machine under load adds its own delays to both, so each
 * figure is taken several times.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { eventually } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { requires } from '../lib/requirement.ts';
import { advertsOf, configurationOf, lastAdvertBefore, skewUs, VIRTUAL_ADDRESS } from '../lib/scenario.ts';

const INTERVAL_US = 1_000_000;
const DEADLINE_MS = 15_000;
const REPEATS = 3;
/** What the scheduler of a shared machine may add. */
const NOISE_US = 10_000;
/** From the signal to the engine, which the kernel first takes apart, to the resignation in its name. */
const RESIGNATION_US = 5_000;
const ACTIVE = 100;
const BACKUP = 90;

interface Pair {
  readonly lab: Lab;
  readonly capture: Capture;
  readonly first: Host;
  readonly second: Host;
}

async function withPair(name: string, action: (pair: Pair) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const first = await lab.addHost('first', { addresses: ['192.168.1.1/24'] });
    const second = await lab.addHost('second', { addresses: ['192.168.1.2/24'] });
    await action({ lab, first, second, capture: await lab.capture() });
  });
}

const firstConfiguration = configurationOf({ priority: ACTIVE, state: 'MASTER' });
const secondConfiguration = configurationOf({ priority: BACKUP });

async function resignation(capture: Capture, host: Host, sinceUs: number): Promise<number> {
  const advert = await capture.untilAdvert(
    `${host.name} resigns`,
    (seen) => seen.host === host.name && seen.priority === 0,
    DEADLINE_MS,
    sinceUs,
  );
  return advert.atUs;
}

async function advertising(capture: Capture, host: Host, sinceUs: number): Promise<number> {
  const advert = await capture.untilAdvert(
    `${host.name} is Active`,
    (seen) => seen.host === host.name && seen.priority > 0,
    DEADLINE_MS,
    sinceUs,
  );
  return advert.atUs;
}

/** Microseconds from a host's advert at `advertUs` to its first gratuitous ARP after that. */
async function announcementDelay(capture: Capture, host: Host, advertUs: number): Promise<number> {
  const frame = await capture.until(
    `${host.name} announces`,
    (seen) => seen.host === host.name && seen.decoded?.kind === 'arp' && seen.decoded.gratuitous,
    DEADLINE_MS,
    advertUs,
  );
  return frame.atUs - advertUs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

/**
 * The best of the figures keeps to the bound, and the median is not far beyond it: on a shared machine the scheduler may
 * hold anybody up, but not every time.
 */
function assertBetween(what: string, values: readonly number[], least: number, most: number): void {
  const list = values.map((value) => (value / 1000).toFixed(3)).join(', ');
  console.log(`${what}: ${list} ms`);
  assert.ok(Math.min(...values) >= least, `${what}: ${list} ms, never less than ${least / 1000} ms`);
  assert.ok(Math.min(...values) <= most, `${what}: ${list} ms, at best at most ${most / 1000} ms`);
  assert.ok(median(values) <= most + NOISE_US, `${what}: ${list} ms, median at most ${(most + NOISE_US) / 1000} ms`);
}

describe('failover', requires('integration/failover', { namespaces: true }), () => {
  it('after an orderly stop: the skew time and 2 ms, and an announcement within 1 ms [FSM-A-03] [FSM-B-07] [ARP-03]', async () => {
    await withPair('orderly', async ({ lab, capture, first, second }) => {
      await Locumd.start(lab, second, secondConfiguration);
      const takeovers: number[] = [];
      const announcements: number[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const active = await Locumd.start(lab, first, firstConfiguration);
        await advertising(capture, first, realtimeUs());
        const stoppedUs = realtimeUs();
        await active.stop();
        const resignedUs = await resignation(capture, first, stoppedUs);
        const takeoverUs = await advertising(capture, second, resignedUs);
        takeovers.push(takeoverUs - resignedUs);
        announcements.push(await announcementDelay(capture, second, takeoverUs));
        assert.ok(!first.addresses.includes(VIRTUAL_ADDRESS));
        assert.ok(second.addresses.includes(VIRTUAL_ADDRESS));
      }
      assertBetween('orderly stop to the first advert', takeovers, skewUs(BACKUP), skewUs(BACKUP) + 2_000);
      assertBetween('first advert to the first gratuitous ARP', announcements, 0, 1_000);
    });
  });

  it('after the death of the engine process: the same, and the engine is back with its address within 5 s', async () => {
    await withPair('engine', async ({ lab, capture, first, second }) => {
      const active = await Locumd.start(lab, first, firstConfiguration);
      await Locumd.start(lab, second, secondConfiguration);
      const resignations: number[] = [];
      const takeovers: number[] = [];
      const returns: number[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        await advertising(capture, first, realtimeUs());
        await eventually('the address is set', () => first.addresses.includes(VIRTUAL_ADDRESS), DEADLINE_MS);
        await active.untilLastGasp();
        const killedUs = realtimeUs();
        active.killEngine();
        const resignedUs = await resignation(capture, first, killedUs);
        const takeoverUs = await advertising(capture, second, resignedUs);
        assert.ok(!first.addresses.includes(VIRTUAL_ADDRESS), 'the dead engine keeps no address');
        resignations.push(resignedUs - killedUs);
        takeovers.push(takeoverUs - resignedUs);
        await advertising(capture, first, takeoverUs);
        await eventually('the address is back', () => first.addresses.includes(VIRTUAL_ADDRESS), DEADLINE_MS);
        returns.push(realtimeUs() - killedUs);
      }
      assertBetween('engine killed to the resignation', resignations, 0, RESIGNATION_US);
      assertBetween('resignation to the first advert', takeovers, skewUs(BACKUP), skewUs(BACKUP) + 2_000);
      assertBetween('engine killed to its address being back', returns, 0, 5_000_000);
    });
  });

  it('after the death of the supervisor: no advert is missed, and a new supervisor takes charge', async () => {
    await withPair('supervisor', async ({ lab, capture, first, second }) => {
      const active = await Locumd.start(lab, first, firstConfiguration);
      await Locumd.start(lab, second, secondConfiguration);
      const sinceUs = await advertising(capture, first, realtimeUs());
      const engine = active.enginePid;
      await active.killSupervisor();
      const heir = await Locumd.start(lab, first, firstConfiguration, { directory: active.directory });
      assert.equal(heir.enginePid, engine, 'the engine was adopted, not replaced');
      assert.equal((await heir.status()).instances[0]!.keepalivedState, 'MASTER');
      await capture.untilAdvert(
        'first goes on',
        (advert) => advert.host === 'first',
        DEADLINE_MS,
        realtimeUs() + INTERVAL_US,
      );
      const adverts = advertsOf(capture, 'first', sinceUs);
      const gaps = adverts.slice(1).map((advert, index) => advert.atUs - adverts[index]!.atUs);
      assert.ok(Math.max(...gaps) < 1.5 * INTERVAL_US, `gaps of ${gaps} us`);
      assert.deepEqual(advertsOf(capture, 'second', sinceUs), []);
      await heir.stop();
      assert.ok(!first.addresses.includes(VIRTUAL_ADDRESS));
    });
  });

  it('after the death of everything: the formula of the RFC and 1 ms [FSM-B-06] [TMR-02] [TMR-03]', async () => {
    await withPair('everything', async ({ lab, capture, first, second }) => {
      await Locumd.start(lab, second, secondConfiguration);
      const beyond: number[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const active = await Locumd.start(lab, first, firstConfiguration);
        await advertising(capture, first, realtimeUs());
        await active.kill();
        const killedUs = realtimeUs();
        const takeoverUs = await advertising(capture, second, killedUs);
        // Of what came before the takeover, the capture has handed everything over.
        const lastUs = lastAdvertBefore(capture, 'first', takeoverUs)!.atUs;
        beyond.push(takeoverUs - lastUs - (3 * INTERVAL_US + skewUs(BACKUP)));
      }
      assertBetween('takeover beyond the formula', beyond, -1, 1_000);
    });
  });
});
