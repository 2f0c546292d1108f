import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipWithoutNetwork } from './requirement.ts';

const PROGRAM = fileURLToPath(new URL('./traffic.js', import.meta.url));
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
/** Measuring itself leaves a trace; one object or number for each frame would be 16 octets or more. */
const ALLOWED_BYTES = 4;

describe('raw port', { skip: skipWithoutNetwork('allocation of a raw port') }, () => {
  it('allocates nothing for a frame it sends or receives', (context) => {
    const run = spawnSync(process.execPath, [...FLAGS, PROGRAM], { encoding: 'utf8', timeout: 120_000 });
    assert.equal(run.status, 0, run.stderr);
    const cost = JSON.parse(run.stdout);
    context.diagnostic(run.stdout.trim());
    assert.ok(cost.frames >= 20_000, `${cost.frames} frames were measured`);
    assert.ok(cost.sendHeapBytes < ALLOWED_BYTES, `${cost.sendHeapBytes} octets of heap for a frame sent`);
    assert.ok(cost.receiveHeapBytes < ALLOWED_BYTES, `${cost.receiveHeapBytes} octets of heap for a frame received`);
  });
});
