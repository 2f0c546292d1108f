/**
 * The two processes from outside: the engine's death in all its forms, what the status says, what the log says.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import type { Capture } from '../lib/capture.ts';
import { eventually, within } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;
/** The pause before a third engine in a row grows. */
const RESPAWN_DEADLINE_MS = 30_000;

async function withActive(
  name: string,
  args: readonly string[],
  action: (stage: { host: Host; capture: Capture; locumd: Locumd }) => Promise<void>,
): Promise<void> {
  await withLab(name, async (lab) => {
    const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
    const capture = await lab.capture();
    const locumd = await Locumd.start(lab, host, quickConfiguration({}), { args });
    await eventually('the address is set', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
    await locumd.untilLastGasp();
    await action({ host, capture, locumd });
  });
}

describe('the engine process', requires('integration/daemon-engine', { namespaces: true }), () => {
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGSEGV'] as const) {
    const repeats = signal === 'SIGKILL' ? 3 : 1;
    it(`ended by ${signal}${repeats > 1 ? `, ${repeats} times` : ''}: resigned once, started again, and all is as before`, async () => {
      await withActive(`engine-${signal}`, [], async ({ host, capture, locumd }) => {
        for (let repeat = 0; repeat < repeats; repeat++) {
          const pid = locumd.enginePid;
          const seen = locumd.process.lines.length;
          const endedUs = realtimeUs();
          process.kill(pid, signal);
          const { atUs } = await capture.untilAdvert(
            'a resignation',
            ({ priority }) => priority === 0,
            DEADLINE_MS,
            endedUs,
          );
          await locumd.process.line(new RegExp(`engine process ${pid} died`), DEADLINE_MS, seen);
          await locumd.process.line(/engine runs again as process \d+/, RESPAWN_DEADLINE_MS, seen);
          await capture.untilAdvert('adverts flow again', ({ priority }) => priority > 0, RESPAWN_DEADLINE_MS, atUs);
          await eventually('the address is set again', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
          assert.notEqual(locumd.enginePid, pid);
          const status = await locumd.status();
          assert.equal(status.enginePid, locumd.enginePid);
          assert.equal(status.instances[0]!.keepalivedState, 'MASTER');
        }
        // One for each death: neither the dying engine nor its successor adds another.
        const resignations = capture.adverts().filter(({ priority }) => priority === 0);
        assert.equal(resignations.length, repeats);
        assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
        await eventually('no process is left', () => host.processIds().length === 0, DEADLINE_MS);
      });
    });
  }

  it('that dies is not started again with -R: resigned for, addresses off, status 1', async () => {
    await withActive('engine-R', ['-R'], async ({ host, capture, locumd }) => {
      locumd.killEngine();
      await capture.untilAdvert('a resignation', ({ priority }) => priority === 0, DEADLINE_MS);
      const exit = await within('locumd ends', locumd.process.exited, DEADLINE_MS);
      assert.deepEqual(exit, { code: 1, signal: null });
      assert.match(locumd.process.output, /Not starting it again \(-R\)/);
      assert.ok(!host.addresses.includes(QUICK_ADDRESS));
      await eventually('no process is left', () => host.processIds().length === 0, DEADLINE_MS);
    });
  });

  it('that hangs is killed at a stop, and resigned for', async () => {
    await withActive('engine-hangs', [], async ({ host, capture, locumd }) => {
      process.kill(locumd.enginePid, 'SIGSTOP');
      const stoppedUs = realtimeUs();
      assert.deepEqual(await locumd.process.stop(20_000), { code: 0, signal: null });
      await capture.untilAdvert('a resignation', ({ priority }) => priority === 0, DEADLINE_MS, stoppedUs);
      assert.ok(!host.addresses.includes(QUICK_ADDRESS));
      await eventually('no process is left', () => host.processIds().length === 0, DEADLINE_MS);
    });
  });
});

describe('status', requires('integration/daemon-status', { namespaces: true }), () => {
  it('is fresh, names what runs, and its counters grow; its socket is private', async () => {
    await withActive('status', [], async ({ host, locumd }) => {
      const first = await locumd.status();
      assert.equal(first.supervisorPid, locumd.process.pid);
      assert.equal(first.enginePid, locumd.enginePid);
      assert.equal(first.configurationFile, join(locumd.directory, 'keepalived.conf'));
      assert.ok(Math.abs(Date.parse(first.datetime) - Date.now()) < 5_000);
      assert.ok(first.engineHeartbeatAgeUs! >= 0 && first.engineHeartbeatAgeUs! < 1_000_000);
      const instance = first.instances[0]!;
      const { name, vrid, family, version, state, keepalivedState, priority, effectivePriority } = instance;
      assert.deepEqual(
        {
          name,
          interface: instance.interface,
          vrid,
          family,
          version,
          state,
          keepalivedState,
          priority,
          effectivePriority,
        },
        {
          ...{ name: 'VI_1', interface: 'eth0', vrid: 51, family: 'ipv4', version: 'vrrp-v3', state: 'master' },
          ...{ keepalivedState: 'MASTER', priority: 200, effectivePriority: 200 },
        },
      );
      assert.equal(instance.advertiseIntervalUs, 100_000);
      assert.equal(instance.primaryAddress, '192.168.1.1');
      assert.deepEqual(instance.virtualAddresses, [`${QUICK_ADDRESS}/24`]);
      assert.equal(instance.newMasterReason, 'no-response');
      assert.ok(Date.parse(instance.upDatetime!) <= Date.parse(instance.lastTransitionDatetime!));
      const sent = instance.statistics.advertisementSent;
      for (const begin = performance.now(); ; ) {
        const later = (await locumd.status()).instances[0]!.statistics.advertisementSent;
        if (later >= sent + 3) break;
        assert.ok(performance.now() - begin < DEADLINE_MS, `adverts sent stay at ${later}`);
      }
      assert.equal(statSync(join(locumd.directory, 'run')).mode & 0o777, 0o700);
      for (const socket of ['locumd.sock', 'engine.sock']) {
        assert.equal(statSync(join(locumd.directory, 'run', socket)).mode & 0o777, 0o600, socket);
      }
      await locumd.stop();
      await eventually('no process is left', () => host.processIds().length === 0, DEADLINE_MS);
    });
  });

  it('answers nonsense with an error and goes on', async () => {
    await withActive('status-nonsense', [], async ({ locumd }) => {
      const ask = (text: string): Promise<string> =>
        within(
          'an answer or the end',
          new Promise((resolve) => {
            const socket = connect(join(locumd.directory, 'run', 'locumd.sock'));
            let answer = '';
            socket.setEncoding('utf8');
            socket.on('data', (chunk: string) => {
              answer += chunk;
              if (answer.endsWith('\n')) socket.destroy();
            });
            socket.on('error', () => {});
            socket.on('close', () => resolve(answer));
            socket.write(text);
          }),
          DEADLINE_MS,
        );
      assert.match(await ask('{"command":"reboot"}\n'), /"error":"unknown command reboot"/);
      for (const text of ['not json\n', 'null\n', '[]\n', '{}\n']) assert.match(await ask(text), /^\{"error":/, text);
      // Without end: refused, and not kept in memory.
      assert.equal(await ask('x'.repeat(1_000_000)), '');
      assert.equal((await locumd.status()).instances.length, 1);
      await locumd.stop();
    });
  });
});

describe('the log', requires('integration/daemon-log', { namespaces: true }), () => {
  it('has the phrases that people watch for, in their order', async () => {
    await withActive('log-phrases', [], async ({ locumd }) => {
      await locumd.stop();
      const lines = locumd.process.lines.map(({ text }) => text);
      const phrases = [
        '(VI_1) Entering BACKUP STATE (init)',
        '(VI_1) Receive advertisement timeout',
        '(VI_1) setting VIPs.',
        '(VI_1) Sending/queueing gratuitous ARPs on eth0 for 192.168.1.100',
        '(VI_1) Entering MASTER STATE',
        '(VI_1) sent 0 priority',
        '(VI_1) removing VIPs.',
      ];
      const places = phrases.map((phrase) => lines.findIndex((line) => line.includes(phrase)));
      assert.ok(!places.includes(-1), `${places}\n${lines.join('\n')}`);
      assert.deepEqual(
        places.slice(0, 5),
        places.slice(0, 5).toSorted((left, right) => left - right),
      );
      for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /);
    });
  });

  it('is JSON on every line with --log-format json', async () => {
    await withActive('log-json', ['--log-format', 'json', '-d'], async ({ locumd }) => {
      await locumd.reload('nonsense {\n');
      await locumd.stop();
      const lines = locumd.process.lines.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
      for (const line of lines) {
        assert.equal(typeof line.message, 'string');
        assert.ok(['error', 'warning', 'notice', 'info'].includes(line.severity as string), JSON.stringify(line));
        assert.ok(!Number.isNaN(Date.parse(line.at as string)));
      }
      const active = lines.find(({ state }) => state === 'MASTER');
      assert.deepEqual([active?.instance, active?.message], ['VI_1', '(VI_1) Entering MASTER STATE']);
      assert.ok(lines.some(({ severity, message }) => severity === 'error' && /nonsense/.test(message as string)));
    });
  });
});
