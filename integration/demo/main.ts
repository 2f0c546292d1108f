/**
 * `npm run demo`: plays the story on the best stage that this machine allows, and ends with status 0 when every step
 * happened. With `--keep`, logs and the capture stay and their place is printed; `--memory` uses the LAN in memory.
 */
import { spawnSync } from 'node:child_process';
import { missing } from '../lib/requirement.ts';
import { MemoryStage } from './memory-stage.ts';
import { NamespaceStage } from './namespace-stage.ts';
import { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';
import { Timeline } from './timeline.ts';

/** A user namespace makes an ordinary user root over network namespaces of its own. */
const UNSHARE = ['--user', '--map-root-user', '--net', '--'];

const options = new Set(process.argv.slice(2));
process.exitCode = await main();

async function main(): Promise<number> {
  const timeline = new Timeline(process.stdout);
  if (options.has('--memory')) return play(await MemoryStage.open(), timeline);
  const lack = missing({ namespaces: true });
  if (!lack) return play(await NamespaceStage.open(), timeline);
  if (spawnSync('unshare', [...UNSHARE, 'true']).status === 0) {
    const again = [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    return spawnSync('unshare', again, { stdio: 'inherit' }).status ?? 1;
  }
  timeline.text(`This machine allows no network namespaces (${lack.reason}).`);
  timeline.text('The story is played on a LAN in memory: the same protocol engine, but no real process or address.');
  return play(await MemoryStage.open(), timeline);
}

async function play(stage: Stage, timeline: Timeline): Promise<number> {
  let failure: unknown;
  process.once('SIGINT', () => {
    stage.close(false).finally(() => process.exit(130));
  });
  try {
    await new Scenario(stage, timeline).play();
  } catch (error) {
    failure = error;
    timeline.text(`\n   ${timeline.style('This did not happen', 'red', 'bold')}: ${(error as Error).message}\n`);
  }
  const kept = await stage.close(failure !== undefined || options.has('--keep'));
  if (kept !== undefined) timeline.text(`   Logs and the capture are in ${kept}`);
  return failure === undefined ? 0 : 1;
}
