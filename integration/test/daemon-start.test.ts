/**
 * Starting: on the command line, in the background, and against obstacles. Whatever is in the way is said in one line
 * with a remedy, and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { eventually, within } from '../lib/deadline.ts';
import type { Host } from '../lib/host.ts';
import { type Lab, withLab } from '../lib/lab.ts';
import { LOCUMD_PROGRAM, Locumd } from '../lib/locumd.ts';
import type { LabProcess } from '../lib/process.ts';
import { QUICK_ADDRESS, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const DEADLINE_MS = 15_000;

interface Place {
  readonly lab: Lab;
  readonly host: Host;
  /** A directory for the files of daemons, and the words that make them use it. */
  readonly directory: string;
  readonly args: readonly string[];
  /** Runs locumd until it ends. */
  run(args: readonly string[], wrapper?: readonly string[]): Promise<LabProcess>;
}

/** A host, and a configuration file for daemons on it. */
async function withPlace(name: string, configuration: string, action: (place: Place) => Promise<void>): Promise<void> {
  await withLab(name, async (lab) => {
    const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
    const directory = mkdtempSync(join(tmpdir(), 'locumd-'));
    lab.onClose(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'keepalived.conf');
    writeFileSync(file, configuration);
    const args = ['-f', file, '-p', join(directory, 'locumd.pid'), '--run-dir', join(directory, 'run')];
    const run = async (words: readonly string[], wrapper: readonly string[] = []): Promise<LabProcess> => {
      const [command = '', ...rest] = [...wrapper, process.execPath, LOCUMD_PROGRAM, ...words];
      const child = host.spawn(command, rest);
      await within(`${child.command} ends`, child.exited, DEADLINE_MS);
      return child;
    };
    await action({ lab, host, directory, args, run });
  });
}

/** What a daemon that could not start must have left: nothing. */
async function assertNothingRuns({ host, directory }: Place): Promise<void> {
  // The kernel may still be taking the engine's memory down.
  await eventually('nothing runs', () => host.processIds().length === 0, DEADLINE_MS);
  assert.ok(!existsSync(join(directory, 'locumd.pid')));
  assert.ok(!existsSync(join(directory, 'run', 'locumd.sock')));
  assert.ok(!existsSync(join(directory, 'run', 'engine.sock')));
  assert.ok(!host.addresses.includes(QUICK_ADDRESS));
}

/** The lines that are errors. */
function errors(child: LabProcess): string[] {
  return child.lines.map(({ text }) => text).filter((text) => / error: /.test(text));
}

describe('start', requires('integration/daemon-start', { namespaces: true }), () => {
  it('a second daemon on the same pid file, or in the same run directory, is refused, and the first goes on', async () => {
    await withPlace('start-twice', quickConfiguration({}), async ({ lab, host, directory, args, run }) => {
      const first = await Locumd.start(lab, host, quickConfiguration({}), { directory });
      const second = await run([...args, '-n', '-l']);
      assert.equal(second.exit!.code, 1);
      assert.equal(errors(second).length, 1, second.output);
      const pidFile = join(directory, 'locumd.pid');
      const expected = `another locumd runs with the pid file ${pidFile} (process ${first.process.pid})`;
      assert.ok(second.output.includes(expected), second.output);
      assert.ok(second.output.includes(`Stop it with: kill ${first.process.pid}`), second.output);
      const third = await run([...args, '-n', '-l', '-p', join(directory, 'other.pid')]);
      assert.equal(third.exit!.code, 1);
      assert.equal(errors(third).length, 1, third.output);
      assert.match(third.output, /another locumd uses the run directory .*--run-dir/);
      assert.equal(readFileSync(pidFile, 'utf8').trim(), String(first.process.pid));
      assert.equal((await first.status()).supervisorPid, first.process.pid);
      await first.stop();
    });
  });

  it('a missing interface is named, with its instance or line', async () => {
    await withPlace('start-interface', quickConfiguration({ interfaceName: 'lan9' }), async (place) => {
      const child = await place.run([...place.args, '-n', '-l']);
      assert.equal(child.exit!.code, 1);
      assert.equal(errors(child).length, 1, child.output);
      assert.match(errors(child)[0]!, /lan9.*(no such|not|missing)/i);
      await assertNothingRuns(place);
    });
  });

  it('a VRID in use twice on an interface is refused with both lines', async () => {
    const twice = quickConfiguration({}, { name: 'VI_2', addresses: ['192.168.1.101/24'] });
    await withPlace('start-vrid', twice, async (place) => {
      const child = await place.run([...place.args, '-n', '-l']);
      assert.equal(child.exit!.code, 2);
      const found = errors(child).filter((text) => text.includes('keepalived.conf:'));
      assert.equal(found.length, 1, child.output);
      assert.match(found[0]!, /:11:15: VI_2 and VI_1 \(.*:1:15\) both have virtual_router_id 51 .*on eth0\. Give one/);
      await assertNothingRuns(place);
    });
  });

  it('everything that is wrong with a configuration is said at once, and nothing is started', async () => {
    const broken = quickConfiguration(
      { vrid: 300, lines: ['sate MASTER'] },
      { name: 'VI_2', vrid: 52, addresses: ['192.168.1.999'] },
    );
    await withPlace('start-broken', broken, async (place) => {
      const child = await place.run([...place.args, '-n', '-l']);
      assert.equal(child.exit!.code, 2);
      const places = errors(child).flatMap((text) => /keepalived\.conf:(\d+):\d+/.exec(text)?.[1] ?? []);
      assert.deepEqual(places, ['4', '7', '19'], child.output);
      assert.match(child.output, /sate.*state/);
      assert.match(child.output, /nothing was started.*locum check/);
      await assertNothingRuns(place);
    });
  });

  it('a missing configuration file is named', async () => {
    await withPlace('start-file', '', async (place) => {
      const absent = join(place.directory, 'absent.conf');
      const child = await place.run([...place.args, '-n', '-l', '-f', absent]);
      assert.equal(child.exit!.code, 2);
      assert.ok(errors(child)[0]!.includes(absent), child.output);
      await assertNothingRuns(place);
    });
  });

  it('an impossible run directory or pid file is named', async () => {
    await withPlace('start-directory', quickConfiguration({}), async (place) => {
      const long = join(place.directory, 'x'.repeat(120));
      const file = join(place.directory, 'keepalived.conf', 'x');
      for (const [flag, path] of [
        ['--run-dir', long],
        ['--run-dir', file],
        ['-p', file],
      ] as const) {
        const child = await place.run([...place.args, '-n', '-l', flag, path]);
        assert.equal(child.exit!.code, 1, child.output);
        assert.equal(errors(child).length, 1, child.output);
        assert.ok(errors(child)[0]!.includes(path), child.output);
        assert.ok(errors(child)[0]!.includes(flag), child.output);
        assert.doesNotMatch(child.output, /\n\s+at /);
      }
      await assertNothingRuns(place);
    });
  });

  it('without any instance it says so and waits for a reload', async () => {
    await withLab('start-empty', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const locumd = Locumd.spawn(lab, host, '# nothing yet\n');
      await locumd.process.line(/no vrrp_instance/, DEADLINE_MS);
      await eventually('it serves', () => existsSync(join(locumd.directory, 'run', 'engine.pid')), DEADLINE_MS);
      await locumd.reload(quickConfiguration({}));
      await locumd.process.line(/Entering MASTER STATE/, DEADLINE_MS);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });

  it('told to stop while it starts it leaves nothing behind', async () => {
    await withPlace('start-stop', quickConfiguration({ priority: 255 }), async (place) => {
      const { host, args, directory } = place;
      const child = host.spawn(process.execPath, [LOCUMD_PROGRAM, ...args, '-n', '-l']);
      await eventually('it has begun', () => existsSync(join(directory, 'run', 'locumd.sock')), DEADLINE_MS);
      assert.deepEqual(await child.stop(DEADLINE_MS), { code: 0, signal: null }, child.output);
      await assertNothingRuns(place);
    });
  });

  it('told to reload while it starts it does so afterwards', async () => {
    await withPlace('start-reload', quickConfiguration({}), async ({ host, args }) => {
      const child = host.spawn(process.execPath, [LOCUMD_PROGRAM, ...args, '-n', '-l']);
      await eventually('it has an engine', () => host.processIds().length === 2, DEADLINE_MS);
      child.signal('SIGHUP');
      await child.line(/Reload finished/, DEADLINE_MS);
      assert.deepEqual(await child.stop(DEADLINE_MS), { code: 0, signal: null }, child.output);
    });
  });

  it('stops in order where somebody has removed its pid files', async () => {
    await withLab('start-pid-files', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const locumd = await Locumd.start(lab, host, quickConfiguration({}));
      for (const name of ['locumd.pid', 'run/engine.pid']) rmSync(join(locumd.directory, name));
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
      assert.doesNotMatch(locumd.process.output, /ENOENT/);
    });
  });

  it('without -n it goes to the background when it serves, and is stopped by its pid', async () => {
    await withPlace('start-background', quickConfiguration({}), async (place) => {
      const { host, args, directory, run } = place;
      const child = await run([...args, '-G']);
      assert.deepEqual(child.exit, { code: 0, signal: null }, child.output);
      const pid = Number(readFileSync(join(directory, 'locumd.pid'), 'utf8'));
      assert.notEqual(pid, child.pid);
      const both = new Set([pid, Number(readFileSync(join(directory, 'run', 'engine.pid'), 'utf8'))]);
      const isAlone = (): boolean => isDeepStrictEqual(new Set(host.processIds()), both);
      await eventually('the two processes are alone', isAlone, DEADLINE_MS);
      // Away from the terminal and the session that started it.
      const [, , , , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
      assert.equal(Number(session), pid);
      await eventually('it works', () => host.addresses.includes(QUICK_ADDRESS), DEADLINE_MS);
      process.kill(pid, 'SIGTERM');
      await eventually('it is gone', () => host.processIds().length === 0, DEADLINE_MS);
      await assertNothingRuns(place);
    });
  });

  it('in the background it finds relative paths, and keeps no output open that somebody reads', async () => {
    await withPlace('start-background-relative', quickConfiguration({}), async ({ host, directory }) => {
      const command = `"${process.execPath}" "${LOCUMD_PROGRAM}" -G -f keepalived.conf -p locumd.pid --run-dir run`;
      const script = `said=$(${command} 2>&1); echo "status $? said <$said>"`;
      const shell = host.spawn('sh', ['-c', script], { cwd: directory });
      await shell.line(/^status 0 said <>$/, DEADLINE_MS);
      process.kill(Number(readFileSync(join(directory, 'locumd.pid'), 'utf8')), 'SIGTERM');
      await eventually('it is gone', () => host.processIds().length === 0, DEADLINE_MS);
    });
  });

  it('without -n what is in the way is still said on the terminal', async () => {
    await withPlace('start-background-fails', quickConfiguration({ interfaceName: 'lan9' }), async (place) => {
      const child = await place.run(place.args);
      assert.equal(child.exit!.code, 1);
      assert.match(child.output, /lan9/);
      await assertNothingRuns(place);
      writeFileSync(join(place.directory, 'keepalived.conf'), quickConfiguration({ vrid: 300 }));
      const broken = await place.run(place.args);
      assert.equal(broken.exit!.code, 2);
      assert.match(broken.output, /keepalived\.conf:4:\d+/);
    });
  });
});

describe('privilege', requires('integration/daemon-privilege', { namespaces: true, commands: ['setpriv'] }), () => {
  for (const capability of ['net_raw', 'net_admin']) {
    it(`missing CAP_${capability.toUpperCase()} is named with a remedy`, async () => {
      await withPlace(`start-${capability}`, quickConfiguration({}), async (place) => {
        const drop = ['setpriv', '--bounding-set', `-${capability}`, '--inh-caps', `-${capability}`];
        const child = await place.run([...place.args, '-n', '-l'], drop);
        assert.equal(child.exit!.code, 1);
        assert.equal(errors(child).length, 1, child.output);
        const name = `CAP_${capability.toUpperCase()}`;
        assert.match(errors(child)[0]!, new RegExp(`lacks ${name}.*root.*AmbientCapabilities=${name}`));
        await assertNothingRuns(place);
      });
    });
  }
});

describe('the command line', () => {
  const locumd = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [LOCUMD_PROGRAM, ...args], { encoding: 'utf8' });

  it('-t tests a configuration: 0 when it can run, the diagnostics and another status when not', () => {
    const directory = mkdtempSync(join(tmpdir(), 'locumd-'));
    try {
      const [good, bad, log] = ['good.conf', 'bad.conf', 'log'].map((name) => join(directory, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(good, quickConfiguration({}));
      writeFileSync(bad, quickConfiguration({ vrid: 0, lines: ['sate MASTER'] }));
      assert.deepEqual({ ...locumd('-t', '-f', good), output: undefined }.stderr, '');
      assert.equal(locumd('-t', '-f', good).status, 0);
      const told = locumd('--config-test', '--use-file', bad);
      assert.ok(told.status !== 0 && told.status !== null);
      assert.deepEqual(
        told.stderr.split('\n').flatMap((line) => /bad\.conf:(\d+)/.exec(line)?.[1] ?? []),
        ['4', '7'],
        told.stderr,
      );
      const logged = locumd(`-t${log}`, '-f', bad);
      assert.equal(logged.status, told.status);
      assert.equal(logged.stderr, '');
      assert.equal(readFileSync(log, 'utf8'), told.stderr);
      assert.notEqual(locumd('-t', '-f', join(directory, 'absent.conf')).status, 0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('--signum prints the numbers that keepalived uses', () => {
    const { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 } = constants.signals;
    const expected = { STOP: SIGTERM, RELOAD: SIGHUP, DATA: SIGUSR1, STATS: SIGUSR2, STATS_CLEAR: 63, JSON: 36 };
    for (const [name, number] of Object.entries(expected)) {
      assert.deepEqual([locumd(`--signum=${name}`).stdout, locumd(`--signum=${name}`).status], [`${number}\n`, 0]);
    }
    assert.equal(locumd('--signum=TDUMP').status, 1);
    assert.match(locumd('--signum=NONSENSE').stderr, /NONSENSE.*STOP RELOAD/);
  });

  it('-v and -h answer and end with 0, what is unknown is refused with 2', () => {
    for (const flag of ['-v', '--version']) {
      const { stdout, stderr, status } = locumd(flag);
      assert.match(stdout + stderr, /^locumd \d+\.\d+\.\d+/);
      assert.equal(status, 0);
    }
    for (const flag of ['-h', '--help']) {
      const { stdout, status } = locumd(flag);
      assert.equal(status, 0);
      for (const word of ['--use-file', '--dont-fork', '--vrrp_pid', '--config-test', '--run-dir', 'Exit status']) {
        assert.ok(stdout.includes(word), word);
      }
    }
    const wrong = locumd('--log-detial');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--log-detial.*\n?.*--log-detail/);
  });
});
