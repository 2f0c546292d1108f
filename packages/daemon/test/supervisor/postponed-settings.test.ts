import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postponedNotice } from '../../src/supervisor/postponed-settings.ts';
import { instance, settingsOf } from '../configuration/sample.ts';

const globalOf = (lines: string) => settingsOf(`global_defs {\n${lines}\n}\n${instance('', '10.0.0.1/24')}`).global;

test('A reload that changes what only a starting engine takes on names it', () => {
  const plain = globalOf('');
  const changes = ['vrrp_rt_priority 20', 'vrrp_priority -5', 'vrrp_cpu_affinity 0 1', 'vrrp_no_swap'];
  for (const line of changes) {
    const keyword = line.split(' ')[0]!;
    const expected = `Changed, but in force only when the engine starts: ${keyword}`;
    assert.equal(postponedNotice(plain, globalOf(line)), expected);
    assert.equal(postponedNotice(globalOf(line), plain), expected);
  }
  const all = postponedNotice(plain, globalOf(changes.join('\n')));
  assert.match(all!, /: vrrp_rt_priority, vrrp_priority, vrrp_cpu_affinity, vrrp_no_swap$/);
  assert.match(
    postponedNotice(globalOf('vrrp_cpu_affinity 0'), globalOf('vrrp_cpu_affinity 1'))!,
    /vrrp_cpu_affinity$/,
  );
});

test('A reload that leaves them as they are says nothing about them', () => {
  const set = 'vrrp_rt_priority 20\nvrrp_cpu_affinity 0 1';
  assert.equal(postponedNotice(globalOf(set), globalOf(`${set}\nrouter_id x\nlocum_busy_wait 100`)), undefined);
});
