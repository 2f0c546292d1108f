import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RouterSettings } from '../../src/engine/settings.ts';
import { address, link, Rig, settings } from './rig.ts';

interface TraceEvent {
  readonly t_us: number;
  readonly ev: string;
  readonly prio?: number;
  readonly src?: string;
  readonly adver_cs?: number;
  readonly ver?: 2 | 3;
}

interface Trace {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly events: readonly TraceEvent[];
  readonly until_us: number;
  readonly expect: readonly (readonly [number, string])[];
}

const traces = JSON.parse(
  readFileSync(new URL('../../../../../vectors/traces.json', import.meta.url), 'utf8'),
) as readonly Trace[];

/** What each key of a trace's configuration means in settings. A key that is not here fails the trace. */
const lowering: Readonly<Record<string, (value: never) => Partial<RouterSettings>>> = {
  prio: (priority: number) => ({ priority }),
  ver: (version: 2 | 3) => ({ version }),
  adver: (centiseconds: number) => ({ advertisementIntervalUs: centiseconds * 10_000 }),
  preempt: (preemptMode: boolean) => ({ preemptMode }),
  assert_lower: (assertAgainstLower: boolean) => ({ assertAgainstLower }),
  src: () => ({}),
  addrs: (texts: readonly string[]) => ({ addresses: texts.map(address) }),
  preempt_delay_us: (preemptDelayUs: number) => ({ preemptDelayUs }),
  owner_policy: (ownerPolicy: 'discard' | 'process') => ({ ownerPolicy }),
};

/** The traces speak of RFC actions only: one "announce" for a burst, and no address work. */
function run(trace: Trace): [number, string][] {
  let changes: Partial<RouterSettings> = {};
  for (const [key, value] of Object.entries(trace.config)) {
    const lower = lowering[key];
    assert.ok(lower !== undefined, `configuration key ${key} is not known`);
    changes = { ...changes, ...lower(value as never) };
  }
  const source = String(trace.config.src ?? '192.0.2.2');
  const rig = new Rig();
  rig.configure([settings(changes)]);
  rig.setLink(link({ ipv4: address(source) }));
  for (const event of trace.events) {
    rig.runTo(event.t_us - 1);
    rig.now = event.t_us;
    if (event.ev === 'startup') rig.startup();
    else if (event.ev === 'shutdown') rig.shutdown();
    else if (event.ev === 'advert') {
      rig.receive({
        priority: event.prio ?? 100,
        source: event.src ?? '192.0.2.1',
        intervalUs: (event.adver_cs ?? 100) * 10_000,
        version: event.ver ?? changes.version ?? 3,
      });
    } else assert.fail(`event ${event.ev} is not known`);
  }
  rig.runTo(trace.until_us);
  return rig.log
    .filter(([, word]) => /^(advert|announce|state)/.test(word))
    .map(([at, word]): [number, string] => [at, word.startsWith('announce') ? 'announce' : word])
    .filter(([at, word], index, all) => {
      const previous = all[index - 1];
      return word !== 'announce' || previous === undefined || previous[0] !== at || previous[1] !== word;
    });
}

/** Which rules each known trace is about. */
const rules: Readonly<Record<string, string>> = {
  'startup-nonowner-silence': '[FSM-I-02] [FSM-B-06] [TMR-07] [TMR-08]',
  'startup-owner': '[FSM-I-01] [FSM-A-04]',
  'backup-kept-by-higher': '[FSM-B-09]',
  'backup-lower-preempt-false': '[FSM-B-08] [PRE-02]',
  'backup-learns-10cs': '[TMR-05]',
  'backup-learns-10cs-then-prio0': '[TMR-06]',
  'prio0-does-not-change-learned-interval': '[TMR-06] [FSM-B-07]',
  'learned-interval-not-used-when-active': '[PKT-12]',
  'active-equal-higher-src-yields': '[FSM-A-07]',
  'active-equal-lower-src-asserts': '[FSM-A-08] [FSM-A-12]',
  'active-lower-asserts': '[FSM-A-08] [FSM-A-12]',
  'active-lower-rfc5798-silent': '[FSM-A-09]',
  'active-prio0-readvertises-and-resets': '[FSM-A-05]',
  'active-preempt-flag-ignored': '[FSM-A-06] [FSM-A-10]',
  'active-shutdown': '[FSM-A-03]',
  'v2-skew-ignores-interval': '[TMR-02] [V2-05]',
  'owner-beaten-only-by-255-higher-ip': '[ELE-07]',
};

for (const trace of traces) {
  test(`Trace ${trace.name} ${rules[trace.name] ?? ''}`, () => {
    const seen = run(trace);
    assert.deepEqual(
      seen.map(([, word]) => word),
      trace.expect.map(([, word]) => word),
    );
    // The traces truncate to whole microseconds, the engine rounds up.
    for (const [index, [at]] of seen.entries()) {
      const late = at - trace.expect[index]![0];
      assert.ok(late >= 0 && late <= 1, `step ${index} is ${late} us late`);
    }
  });
}

test('There are traces to run', () => assert.ok(traces.length >= 17));
