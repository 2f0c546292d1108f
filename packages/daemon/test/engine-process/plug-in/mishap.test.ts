/**
 * What plug-ins leave uncaught when their ports are closed. Each scene is a process of its own: the test runner has a
 * mind of its own about exceptions that nobody caught.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../../../../test/engine-process/plug-in/modules', import.meta.url));
const OPENING = new URL('../../../src/engine-process/port-opening.js', import.meta.url).href;
const UNCAUGHT = join(MODULES, 'uncaught/uncaught.mjs');
const GUARD = new URL('../../../src/engine-process/plug-in/guarded-port.js', import.meta.url).href;

/** What comes before each scene: `open` opens a port of a module, `turns` lets what is left uncaught be thrown. */
const PROLOGUE = `
  import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
  import { openPort } from ${JSON.stringify(OPENING)};
  import { leaveUncaught } from ${JSON.stringify(UNCAUGHT)};
  import { GuardedPort } from ${JSON.stringify(GUARD)};
  const faults = [];
  const sink = { onFrame() {}, onFault: ({ message }) => faults.push(message) };
  const open = async (module, fault, deadlineMs) => {
    const directory = ${JSON.stringify(MODULES)};
    const transport = { name: directory + '/' + module, directory, options: { fault } };
    const plan = { interfaceName: 'eth0', transport, groups: [] };
    return (await openPort(plan, [112], sink, { now: () => 0 }, deadlineMs)).port;
  };
  const guarded = () => open('uncaught/uncaught.mjs', 'none');
  const turns = async () => { for (let count = 0; count < 5; count++) await turn(); };
`;

function play(scene: string): { status: number | null; said: unknown; log: string } {
  const args = ['--input-type=module', '--eval', PROLOGUE + scene];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  return { status, said: stdout === '' ? undefined : JSON.parse(stdout), log: stderr };
}

test('a plug-in that throws after its port was closed takes no port of another down, and is told once', () => {
  const { status, said, log } = play(`
    const other = await open('fault.mjs', 'none');
    const [one, two] = [await guarded(), await guarded()];
    one.close();
    two.close();
    for (let count = 0; count < 2; count++) leaveUncaught();
    await turns();
    other.poll(1);
    console.log(JSON.stringify(faults));
  `);
  assert.equal(status, 0, log);
  assert.deepEqual(said, []);
  const folder = join(MODULES, 'uncaught');
  assert.equal(log, `${folder}: its port is closed, and it left an exception uncaught: no peace today\n`);
});

test('a plug-in answers for all of its ports that are open, and for none of another', () => {
  const { status, said, log } = play(`
    const other = await open('fault.mjs', 'none');
    const [one, two] = [await guarded(), await guarded()];
    one.close();
    leaveUncaught();
    await turns();
    for (const port of [other, two]) port.poll(1);
    console.log(JSON.stringify(faults));
  `);
  assert.equal(status, 0, log);
  assert.equal((said as string[]).length, 1);
  assert.match((said as string[])[0]!, /it left an exception uncaught: no peace today/);
});

test('a port that was not open in time is guarded no longer, and is closed when it comes after all', () => {
  const { status, said, log } = play(`
    import { late } from ${JSON.stringify(join(MODULES, 'fault.mjs'))};
    let failed = 0;
    GuardedPort.prototype.fail = () => failed++;
    const codes = [];
    for (const fault of ['open-never', 'open-never', 'open-late']) {
      await open('fault.mjs', fault, 20).catch(({ code }) => codes.push(code));
    }
    setImmediate(() => { throw 'a word'; });
    await turns();
    for (let count = 0; count < 500 && late.closed === 0; count++) await pause(10);
    console.log(JSON.stringify({ codes, failed, closed: late.closed }));
  `);
  assert.equal(status, 0, log);
  assert.deepEqual(said, { codes: Array(3).fill('OPEN_TIMEOUT'), failed: 0, closed: 1 });
});
