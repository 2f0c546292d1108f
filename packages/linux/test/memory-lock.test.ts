import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

const LINUX = JSON.stringify(new URL('../src/index.js', import.meta.url).href);

/** Locks itself, then makes garbage of every kind for a while, collects it, and rests so that V8 gives pages back. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { Worker } from 'node:worker_threads';
  import { lockAllMemory, lockedBytes } from ${LINUX};
  const ofStatus = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  try {
    lockAllMemory();
  } catch (error) {
    console.log(JSON.stringify({ hint: error.hint }));
    process.exit(0);
  }
  let kept = [];
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < 20_000; index++) kept.push({ index, text: 'x' + index, list: new Array(20).fill(index) });
    kept.push(new Uint8Array(5_000_000).fill(1));
    if (round % 8 === 7) {
      kept = [];
      gc();
      await sleep(100);
    }
  }
  // A thread that ends gives its stack and its heap back.
  await new Promise((resolve) => new Worker('new Array(1e6).fill(1)', { eval: true }).once('exit', resolve));
  console.log(JSON.stringify({ locked: ofStatus('VmLck') * 1024, resident: lockedBytes() }));`;

describe('locked memory', () => {
  it('survives garbage collections, threads that end, and the end of the process; or what would allow it is said', () => {
    const child = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.deepEqual([child.status, child.signal], [0, null], child.stderr);
    const seen = JSON.parse(child.stdout) as { hint?: string; locked: number; resident: number };
    if (seen.hint !== undefined) {
      assert.match(seen.hint, /CAP_IPC_LOCK|MemorySwapMax/);
      return;
    }
    assert.ok(seen.resident > 10e6 && seen.locked >= seen.resident, child.stdout);
  });
});
