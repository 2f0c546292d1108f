/**
 * One engine after another, and one plan after another, when they come at a bad moment: the next one serves, and what it
 * does is logged under the right names.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { realtimeUs } from '@locum/linux';
import { eventually, within } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import type { Lab } from '../lib/lab.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { type QuickInstance, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;

function directoryOf(lab: Lab): string {
  const directory = mkdtempSync(join(tmpdir(), 'locumd-'));
  lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Routers with names that begin with `prefix`, from this virtual router id on. */
function many(prefix: string, firstVrid: number, count = 20): QuickInstance[] {
  return Array.from({ length: count }, (_, index) => {
    const vrid = firstVrid + index;
    return { name: `${prefix}${index}`, vrid, interval: 1, addresses: [`192.168.1.${vrid}/24`] };
  });
}

/** Resolves when it answers `locum`, which it does before it has an engine. */
async function untilStarting(locumd: Locumd): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  const answers = (): Promise<boolean> =>
    locumd.status().then(
      () => true,
      () => false,
    );
  while (!(await answers())) assert.ok(performance.now() < end && locumd.process.running, locumd.process.output);
}

/** Resolves when these run and nothing else: a start looks for a packet filter that was left behind, with a program. */
async function untilAlone(host: Host, ...pids: readonly number[]): Promise<void> {
  const isAlone = (): boolean => isDeepStrictEqual(new Set(host.processIds()), new Set(pids));
  await eventually('no other process is left', isAlone, DEADLINE_MS);
}

/** A supervisor that has begun to follow another, whose engine is stopped. */
async function succeedStopped(lab: Lab): Promise<{ host: Host; second: Locumd; enginePid: number }> {
  const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
  const first = await Locumd.start(lab, host, quickConfiguration({}));
  const { directory, enginePid } = first;
  process.kill(enginePid, 'SIGSTOP');
  await first.killSupervisor();
  const second = Locumd.spawn(lab, host, quickConfiguration({}), { directory });
  await untilStarting(second);
  return { host, second, enginePid };
}

describe('Succession', requires('integration/daemon-succession', { namespaces: true }), () => {
  it('an engine that dies of its first plan is followed by another, which can be stopped in order', async () => {
    await withLab('succession-first-plan', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const locumd = Locumd.spawn(lab, host, quickConfiguration({}, ...many('OTHER', 101, 150)));
      let pid: number | null = null;
      while (pid === null && locumd.process.running) {
        pid = await locumd.status().then(
          ({ enginePid }) => enginePid,
          () => null,
        );
      }
      const diedUs = realtimeUs();
      process.kill(pid!, 'SIGKILL');
      await locumd.process.line(/The engine runs again/, DEADLINE_MS);
      await capture.untilAdvert('the routers serve', ({ vrid }) => vrid === 51, DEADLINE_MS, diedUs);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });

  it('a socket behind which nobody speaks any more is not taken for an engine', async () => {
    await withLab('succession-mute', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const directory = directoryOf(lab);
      mkdirSync(join(directory, 'run'));
      const dying = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => dying.listen(join(directory, 'run', 'engine.sock'), resolve));
      const locumd = await Locumd.start(lab, host, quickConfiguration({}), { directory });
      assert.equal((await locumd.status()).instances[0]!.keepalivedState, 'BACKUP');
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
      dying.close();
    });
  });

  it('an engine that lives but has lost its supervisor is ended before another one serves', async () => {
    await withLab('succession-cut', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const locumd = await Locumd.start(lab, host, quickConfiguration({}));
      const before = locumd.enginePid;
      const usurper = connect(join(locumd.directory, 'run', 'engine.sock'));
      usurper.on('error', () => {});
      await locumd.process.line(/The engine runs again/, DEADLINE_MS);
      usurper.destroy();
      assert.notEqual(locumd.enginePid, before);
      await untilAlone(host, locumd.process.pid, locumd.enginePid);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });

  it('an engine that has not noticed the end of its supervisor goes on under the next one', async () => {
    await withLab('succession-late', async (lab) => {
      const { host, second, enginePid } = await succeedStopped(lab);
      process.kill(enginePid, 'SIGCONT');
      await second.process.line(new RegExp(`Took charge of the engine process ${enginePid}`), DEADLINE_MS);
      await untilAlone(host, second.process.pid, enginePid);
      assert.deepEqual(await second.stop(), { code: 0, signal: null });
    });
  });

  it('an engine that does not answer is named, and the start can be given up', async () => {
    await withLab('succession-stuck', async (lab) => {
      const { second, enginePid } = await succeedStopped(lab);
      second.process.signal('SIGTERM');
      assert.equal((await within('it ends', second.process.exited, DEADLINE_MS)).code, 1);
      assert.match(second.process.output, new RegExp(`${enginePid} does not answer.*kill -KILL ${enginePid}`));
      process.kill(enginePid, 'SIGKILL');
    });
  });

  it('a reload that comes during another waits, and each router is logged under its name', async () => {
    await withLab('succession-reloads', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const locumd = await Locumd.start(lab, host, quickConfiguration({}));
      const seen = locumd.process.lines.length;
      locumd.signalReload(quickConfiguration({}, ...many('FIRST', 60)));
      await locumd.process.line(/Reloading/, DEADLINE_MS, seen);
      await locumd.reload(quickConfiguration({}, ...many('SECOND', 100), ...many('FIRST', 60)));
      for (const { name } of [...many('FIRST', 60), ...many('SECOND', 100)]) {
        await locumd.process.line(new RegExp(`\\(${name}\\) Entering BACKUP STATE`), DEADLINE_MS, seen);
      }
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });
});
