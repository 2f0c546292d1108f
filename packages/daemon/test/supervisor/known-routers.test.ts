import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnginePlan } from '../../src/channel/message.ts';
import { KnownRouters } from '../../src/supervisor/known-routers.ts';
import { planFor, withAhSequences } from '../../src/supervisor/plan.ts';
import { settingsOf } from '../configuration/sample.ts';

interface Sample {
  readonly vrid: number;
  readonly interfaceName?: string;
  readonly priority?: number;
  readonly address?: string;
}

function planOf(...samples: Sample[]): EnginePlan {
  const text = samples.map(
    ({ vrid, interfaceName = 'eth0', priority = 100, address = `10.0.0.${vrid}` }) =>
      `vrrp_instance ${interfaceName}_${vrid} {\ninterface ${interfaceName}\nvirtual_router_id ${vrid}\npriority ${priority}\n` +
      `virtual_ipaddress {\n${address}\n}\nauthentication {\nauth_type AH\nauth_pass secret\n}\n}\n`,
  );
  return withAhSequences(planFor(settingsOf(text.join('')), false), new Map());
}

test('Only what is new or differs is said; the rows of the others are named', () => {
  const known = new KnownRouters();
  const before = planOf({ vrid: 1 }, { vrid: 2 }, { vrid: 3 });
  const whole = known.changeTo(before);
  assert.deepEqual([whole.kept, whole.routers], [[], before.routers]);
  assert.deepEqual(known.confirm(before, whole, [5, 6, 7]), [5, 6, 7]);

  const after = planOf({ vrid: 1 }, { vrid: 3, priority: 101 }, { vrid: 4 });
  const change = known.changeTo(after);
  assert.deepEqual(change.kept, [5]);
  assert.deepEqual(
    change.routers.map(({ settings }) => settings.vrid),
    [3, 4],
  );
  assert.deepEqual(known.confirm(after, change, [7, 8]), [5, 7, 8]);

  const same = known.changeTo(planOf({ vrid: 1 }, { vrid: 3, priority: 101 }, { vrid: 4 }));
  assert.deepEqual([same.kept, same.routers], [[5, 7, 8], []]);
});

test('A change of addresses is a change; another order of interfaces is none', () => {
  const known = new KnownRouters();
  const before = planOf({ vrid: 1 }, { vrid: 1, interfaceName: 'eth1' });
  known.confirm(before, known.changeTo(before), [0, 1]);
  const { ports, routers, ...rest } = before;
  const turned = routers.map((router) => ({
    ...router,
    settings: { ...router.settings, port: 1 - router.settings.port },
  }));
  assert.deepEqual(known.changeTo({ ...rest, ports: ports.toReversed(), routers: turned }).kept, [0, 1]);
  // The same address, set with another prefix.
  assert.deepEqual(known.changeTo(planOf({ vrid: 1, address: '10.0.0.1/24' })).routers.length, 1);
});
