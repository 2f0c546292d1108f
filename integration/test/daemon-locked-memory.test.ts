/**
 * `vrrp_no_swap`: an engine whose memory is locked serves on, whatever its garbage collector does.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { realtimeUs } from '@locum/linux';
import { withLab } from '../lib/lab.ts';
import { Locumd } from '../lib/locumd.ts';
import { quickConfiguration } from '../lib/quick-instance.ts';
import { requires } from '../lib/requirement.ts';
import { missingIn } from '../lib/rhythm.ts';

const DEADLINE_MS = 30_000;
const INTERVAL = 1;
const COLLECTIONS = 12;

/** Runs inside the engine process: makes garbage and has it collected whenever the event loop has a turn. */
const PRESSURE = `
  if (process.argv[1]?.includes('engine-process')) {
    require('node:v8').setFlagsFromString('--expose-gc');
    const collect = require('node:vm').runInNewContext('gc');
    let collections = 0;
    setInterval(() => {
      let kept = [];
      for (let index = 0; index < 100_000; index++) kept.push({ index, list: new Array(10).fill(index) });
      kept.push(new Uint8Array(2_000_000).fill(1));
      kept = undefined;
      collect();
      process.stderr.write('collection ' + ++collections + '\\n');
    }, 100);
  }`;

describe('vrrp_no_swap', requires('integration/daemon-locked-memory', { namespaces: true }), () => {
  it('locks the engine, which serves on under pressure, and says how much of it is locked', async () => {
    await withLab('locked', async (lab) => {
      const host = await lab.addHost('host', { addresses: ['192.168.1.1/24'] });
      const capture = await lab.capture();
      const folder = mkdtempSync(join(tmpdir(), 'pressure-'));
      lab.onClose(() => rmSync(folder, { recursive: true, force: true }));
      const pressure = join(folder, 'pressure.cjs');
      writeFileSync(pressure, PRESSURE);
      const configuration = quickConfiguration({
        name: 'VI_1',
        vrid: 1,
        interval: INTERVAL,
        addresses: ['10.0.1.1/24'],
      });
      const locumd = await Locumd.start(lab, host, `global_defs {\nvrrp_no_swap\n}\n${configuration}`, {
        env: { NODE_OPTIONS: `--require=${pressure}` },
      });
      const { text } = await locumd.process.line(/vrrp_no_swap: \d+ MiB|CAP_IPC_LOCK|MemorySwapMax/, DEADLINE_MS);
      const pid = locumd.enginePid;
      await capture.untilAdvert('the host is Active', ({ priority }) => priority > 0, DEADLINE_MS);
      const sinceUs = realtimeUs();
      await locumd.process.line(new RegExp(`collection ${COLLECTIONS}$`), DEADLINE_MS);
      const untilUs = realtimeUs();
      await capture.untilAdvert('it speaks afterwards', () => true, DEADLINE_MS, untilUs);
      assert.equal(locumd.enginePid, pid, 'the same engine');
      if (/vrrp_no_swap: /.test(text)) {
        const locked = Number(/VmLck:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
        // The log rounds.
        assert.ok(locked / 1024 >= Number(/(\d+) MiB/.exec(text)![1]) - 0.5, `${locked} KiB; ${text}`);
      }
      assert.deepEqual(await locumd.stop(), { code: 0, signal: null });
      await capture.stop();
      const times = capture
        .adverts()
        .filter(({ atUs, priority }) => atUs >= sinceUs && priority > 0)
        .map(({ atUs }) => atUs);
      assert.equal(missingIn(times, INTERVAL * 1e6), 0, `${times}`);
    });
  });
});
