import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requires } from '../lib/requirement.ts';

const DEMO = fileURLToPath(new URL('../demo/main.js', import.meta.url));
/** What the story consists of, in its order. */
const STEPS = [
  'router1 and router2 start',
  'router1 is Active',
  'kill -9 router1',
  'router2 is Active',
  'router1 starts again',
  'router1 is asked to stop',
  'last word \\(priority 0\\)',
  'router1 starts again',
  'both routers stop',
  'pings answered',
];

async function tellsTheStory(...options: string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO, ...options]);
  assert.match(stdout, new RegExp(STEPS.join('[^]*')));
  // Not a terminal: no colours.
  assert.ok(!stdout.includes('\u001b'));
}

describe('demonstration', { concurrency: 2 }, () => {
  it('happens step by step on namespaces', requires('integration/demo', { namespaces: true }), () => tellsTheStory());

  it('happens step by step in memory', () => tellsTheStory('--memory'));
});
