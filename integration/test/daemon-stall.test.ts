/**
 * A daemon that did not run for a while: it says so, and it listens before it acts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { Freezer } from '../lib/freezer.ts';
import type { Host } from '../lib/host.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
/** So long that a busy machine does not elect a second Active. */
const INTERVAL = 0.5;
/** Twice what a Backup waits. */
const STALL_MS = 3_600;
const REPEATS = 4;
/** Of the living Active: more than the intervals for which the one that was stopped listens. */
const ADVERTS_AFTERWARDS = 5;
/** More than a round takes the engine. */
const ROUND_MS = 100;

interface Side {
  readonly host: Host;
  readonly locumd: Locumd;
}

interface Stage {
  readonly capture: Capture;
  readonly active: Side;
  readonly backup: Side;
}

async function withPair(name: string, action: (stage: Stage) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const start = async (hostName: string, address: string, priority: number): Promise<Side> => {
      const host = await lab.addHost(hostName, { addresses: [address] });
      const configuration = quickConfiguration({ priority, interval: INTERVAL, lines: ['nopreempt'] });
      return { host, locumd: await Locumd.start(lab, host, configuration) };
    };
    const capture = await lab.capture();
    const active = await start('first', '192.168.1.1/24', 200);
    await active.locumd.process.line(/Entering MASTER STATE/, DEADLINE_MS);
    const backup = await start('second', '192.168.1.2/24', 100);
    await action({ capture, active, backup });
    for (const { locumd } of [active, backup]) assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
  });
}

function advertsOf({ name }: Host, capture: Capture, sinceUs: number): number {
  return capture.adverts().filter(({ host, atUs, priority }) => host === name && atUs >= sinceUs && priority > 0)
    .length;
}

/** Resolves when the host has sent {@link ADVERTS_AFTERWARDS}. */
async function goesOn(capture: Capture, host: Host, sinceUs: number): Promise<void> {
  const isEnough = (): boolean => advertsOf(host, capture, sinceUs) >= ADVERTS_AFTERWARDS;
  await capture.until(`${host.name} goes on`, isEnough, DEADLINE_MS, sinceUs);
}

/** The pause that the log speaks of, after line number `seen`. */
async function loggedStallMs({ locumd }: Side, seen: number): Promise<number> {
  const { text } = await locumd.process.line(/We were stalled for \d+ ms/, DEADLINE_MS, seen);
  return Number(/stalled for (\d+) ms/.exec(text)![1]);
}

/** Stops the Backup again and again while its Active lives. */
async function checkBackup(
  { capture, active, backup }: Stage,
  stop: () => Promise<void>,
  go: () => void,
): Promise<void> {
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const seen = backup.locumd.process.lines.length;
    const stoppedUs = realtimeUs();
    await stop();
    await sleep(STALL_MS);
    const resumedUs = realtimeUs();
    go();
    const loggedMs = await loggedStallMs(backup, seen);
    // It sleeps for at most half a second, and what was left of that when it was stopped was no stall. What it had done
    // since it last slept counts.
    const mostMs = (realtimeUs() - stoppedUs) / 1000 + ROUND_MS;
    assert.ok(loggedMs > STALL_MS - 600 && loggedMs < mostMs, `${loggedMs} ms, not below ${mostMs}`);
    await goesOn(capture, active.host, resumedUs);
    assert.equal(advertsOf(backup.host, capture, stoppedUs), 0, 'the Backup kept silent');
    assert.equal((await backup.locumd.status()).instances[0]!.statistics.masterTransitions, 0);
  }
}

describe('a stall', requires('integration/daemon-stall', { namespaces: true }), () => {
  it('of a stopped Backup makes no false takeover, and is logged with its length', async () => {
    await withPair('stall-backup', async (stage) => {
      const { host } = stage.backup;
      await checkBackup(
        stage,
        async () => void host.signalAll('SIGSTOP'),
        () => void host.signalAll('SIGCONT'),
      );
    });
  });

  it('of a Backup in a frozen cgroup makes no false takeover either', async (context) => {
    await withPair('stall-cgroup', async (stage) => {
      const { locumd } = stage.backup;
      const freezer = Freezer.tryHolding([locumd.process.pid, locumd.enginePid]);
      if (freezer === undefined) {
        context.skip('cgroups of version 2 cannot be made here');
        return;
      }
      try {
        await checkBackup(
          stage,
          () => freezer.freeze(),
          () => freezer.thaw(),
        );
      } finally {
        freezer.close();
      }
    });
  });

  it('of an Active that was replaced meanwhile lets it listen, and yield without a word', async () => {
    await withPair('stall-active', async ({ capture, active, backup }) => {
      const seen = active.locumd.process.lines.length;
      active.host.signalAll('SIGSTOP');
      await backup.locumd.process.line(/Entering MASTER STATE/, DEADLINE_MS);
      await sleep(STALL_MS);
      const resumedUs = realtimeUs();
      active.host.signalAll('SIGCONT');
      await loggedStallMs(active, seen);
      await active.locumd.process.line(/Entering BACKUP STATE/, DEADLINE_MS, seen);
      await goesOn(capture, backup.host, realtimeUs());
      assert.equal(advertsOf(active.host, capture, resumedUs), 0, 'it did not assert itself');
      const log = active.locumd.process.lines.slice(seen).map(({ text }) => text);
      assert.ok(
        log.some((text) => /stalled, and 192\.168\.1\.2 .* took over/.test(text)),
        log.join('\n'),
      );
    });
  });
});
