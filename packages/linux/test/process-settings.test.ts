import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Capability, canOpenPacketSocket, canOpenRawSocket, hasCapability } from '../src/index.ts';

const LIBRARY = JSON.stringify(new URL('../src/index.js', import.meta.url).href);

/** Runs a program in a process of its own, for settings that would outlive a test, and returns what it prints. */
function run(body: string): unknown {
  const program = `import * as linux from ${LIBRARY}; import { readFileSync } from 'node:fs';
    const result = (() => { ${body} })(); console.log(JSON.stringify(result));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}

describe('process settings', () => {
  it('names the thread', () => {
    const name = run(`linux.setThreadName('locum-engine'); return readFileSync('/proc/self/comm', 'utf8').trim();`);
    assert.equal(name, 'locum-engine');
  });

  it('sets a real-time policy, or says what would allow it', () => {
    const outcome = run(`
      try { linux.setSchedulingPolicy(linux.SchedulingPolicy.RoundRobin, 1); } catch (error) { return error.hint; }
      return linux.schedulingPolicy();`);
    if (typeof outcome === 'string') assert.match(outcome, /CAP_SYS_NICE/);
    else assert.equal(outcome, 2);
  });

  it('restricts processors and lowers its priority', () => {
    const status = run(`
      linux.setProcessorAffinity([0]); linux.setNice(5); linux.setTimerSlackNs(1); linux.setParentDeathSignal(9);
      return [/Cpus_allowed_list:\\s+(\\S+)/.exec(readFileSync('/proc/thread-self/status', 'utf8'))[1],
        readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[16]];`);
    assert.deepEqual(status, ['0', '5']);
  });

  it('reads and lowers limits', () => {
    const soft = run(`
      const { OpenFiles } = linux.Resource;
      const { hard } = linux.resourceLimit(OpenFiles);
      linux.setResourceLimit(OpenFiles, { soft: 99n, hard });
      return Number(linux.resourceLimit(OpenFiles).soft);`);
    assert.equal(soft, 99);
  });

  it('knows what it may do', () => {
    const mayUseRaw = hasCapability(Capability.NetRaw);
    if (!mayUseRaw) assert.equal(canOpenPacketSocket(), false);
    assert.equal(typeof canOpenRawSocket(4, 112), 'boolean');
  });
});
