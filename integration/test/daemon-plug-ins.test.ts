/**
 * Transports that misbehave, beside a router on a good one: it must not notice them, and the log must name each.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PortStatus } from '@locum/daemon';
import { realtimeUs } from '@locum/linux';
import { eventually } from '../lib/deadline.ts';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { QUICK_ADDRESS, type QuickInstance, quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';

const MODULES = fileURLToPath(new URL('../../../packages/daemon/test/engine-process/plug-in/modules', import.meta.url));
const DEADLINE_MS = 20_000;
/** What a transport is given to open. */
const OPEN_DEADLINE_US = 10_000_000;
/** A router that waited for another's transport, of which some never open, would be silent for longer. */
const LONGEST_GAP_US = OPEN_DEADLINE_US / 5;

/** Faults by the option of the module, or modules, with what the log says. */
const faults: Readonly<Record<string, RegExp>> = {
  'no-transport.mjs': /exports no transport \[NOT_A_TRANSPORT\]/,
  'throws.mjs': /does not load \[MODULE_FAILED\]/,
  'never-loads.mjs': /was not open after 10 s \[OPEN_TIMEOUT\]/,
  'open-throws': /no open today \[THREW\]/,
  'open-never': /was not open after 10 s \[OPEN_TIMEOUT\]/,
  'pollable-with-another': /descriptor is 999 \[BAD_PORT\]/,
  'poll-throws': /no poll today/,
  'send-throws': /no send today/,
  'send-delivers': /from inside another call/,
  'throws-later': /left an exception uncaught: no peace today/,
  beyond: /from 0 to 61 of 60 octets/,
};

/** These go by the folder of their module: a plug-in answers for all of its ports. */
const uncaught: readonly string[] = ['throws-later', 'rejects-later'];

function bad(fault: string, index: number): QuickInstance {
  const isModule = fault.endsWith('.mjs');
  const module = join(MODULES, isModule ? fault : uncaught.includes(fault) ? 'uncaught/uncaught.mjs' : 'fault.mjs');
  return {
    name: `BAD_${index}`,
    vrid: 100 + index,
    addresses: [`192.168.1.${150 + index}/24`],
    lines: [`transport "${module}" { fault ${isModule ? 'none' : fault} }`],
  };
}

describe('Transports of others', requires('integration/daemon-plug-ins', { namespaces: true }), () => {
  it('that throw, lie, hang and spoil take no other router down, and each is named', async () => {
    await withLab('plug-ins-bad', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const startedUs = realtimeUs();
      const names = Object.keys(faults);
      const locumd = await Locumd.start(lab, host, quickConfiguration({}, ...names.map(bad)));
      const pid = locumd.enginePid;
      await capture.untilAdvert('the good router works at once', ({ vrid }) => vrid === 51, 5_000, startedUs);
      const place = /keepalived\.conf:\d+:\d+: transport \S+ on eth0: /;
      for (const words of Object.values(faults)) {
        await locumd.process.line(new RegExp(`${place.source}.*${words.source}`), DEADLINE_MS);
      }
      const status = await locumd.status();
      assert.equal(status.enginePid, pid, 'it is the engine of the beginning');
      assert.equal(locumd.enginePid, pid);
      assert.equal(status.instances[0]!.keepalivedState, 'MASTER');
      assert.equal(status.instances[0]!.statistics.masterTransitions, 1);
      assert.ok(host.addresses.includes(QUICK_ADDRESS));
      const adverts = capture
        .adverts()
        .filter(({ vrid }) => vrid === 51)
        .map(({ atUs }) => atUs);
      const gaps = adverts.slice(1).map((atUs, index) => atUs - adverts[index]!);
      assert.ok(Math.max(...gaps) < LONGEST_GAP_US, `${Math.max(...gaps)} us between two adverts`);
      const [port] = status.ports.filter(({ options }) => options.fault === 'open-throws');
      assert.equal(port?.state, 'closed');
      assert.match(port?.problem ?? '', /no open today/);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });

  it('that open late delay nobody, and are tried again with growing pauses after a fault', async () => {
    await withLab('plug-ins-late', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const startedUs = realtimeUs();
      const locumd = await Locumd.start(
        lab,
        host,
        quickConfiguration({}, bad('open-soon', 0), { ...bad('rejects-later', 1), interval: 1 }),
      );
      await capture.untilAdvert('the good router works', ({ vrid }) => vrid === 51, 5_000, startedUs);
      await locumd.process.line(/\(BAD_0\) Entering MASTER STATE/, DEADLINE_MS);
      const isLate = ({ options }: PortStatus): boolean => options.fault === 'open-soon';
      await locumd.untilLastGasp(isLate);
      const { state, problem } = (await locumd.status()).ports.find(isLate)!;
      assert.deepEqual([state, problem], ['open', null]);
      const opened = (): number =>
        locumd.process.lines.filter(({ text }) => text.includes('nobody awaits this')).length;
      await eventually('it was tried again', () => opened() >= 3, DEADLINE_MS);
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
    });
  });
});
