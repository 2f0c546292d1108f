import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanProblem, PortState } from '../../src/channel/message.ts';
import { LastGasp } from '../../src/supervisor/last-gasp.ts';
import { Log } from '../../src/supervisor/log.ts';
import { planFor } from '../../src/supervisor/plan.ts';
import { PortWatch } from '../../src/supervisor/port-watch.ts';
import { instance, settingsOf } from '../configuration/sample.ts';

const settings = settingsOf(
  instance() + instance('transport ./mine.js { peer 10.0.0.9 secret x }', '10.0.0.2').replaceAll(/VI_1|51/g, '52'),
);
const [RAW, OTHER] = planFor(settings, false).ports;
const problem: PlanProblem = {
  router: -1,
  interfaceName: 'eth0',
  code: 'THREW',
  message: 'it threw',
  hint: 'Mend it.',
};

function watching() {
  const lines: string[] = [];
  const log = new Log('human', 0, [(severity, line) => lines.push(`${severity} ${line.replace(/^\S+ /, '')}`)]);
  return { lines, watch: new PortWatch(log) };
}

const raw = (changes: Partial<PortState> = {}): PortState => ({ plan: RAW!, state: 'open', openings: 1, ...changes });
const other = (changes: Partial<PortState> = {}): PortState => ({ ...raw(), plan: OTHER!, ...changes });

test('What a plan led to is said elsewhere; what happens afterwards is said once, with its remedy', () => {
  const { watch, lines } = watching();
  assert.equal(watch.update([raw(), other({ state: 'closed', openings: 0, problem })], 'planned').size, 0);
  assert.deepEqual(lines, []);
  watch.update([raw(), other({ state: 'closed', openings: 0, problem })]);
  assert.deepEqual(lines, []);
  assert.deepEqual([...watch.update([raw(), other()])], [1]);
  watch.update([raw(), other({ state: 'closed', problem: { ...problem, message: 'it threw again' } })]);
  assert.match(lines[0]!, /notice eth0: the port is open \(transport \S+mine\.js\)/);
  assert.match(lines[1]!, /error.*it threw again\. Mend it\.$/);
  assert.equal(lines.length, 2);
});

test('A port that was opened anew between two looks is known by the number of its openings', () => {
  const { watch } = watching();
  watch.update([raw(), other()], 'planned');
  assert.deepEqual([...watch.update([raw({ openings: 2 }), other()])], [0]);
});

test('An instance learns why its own port is not open', () => {
  const { watch } = watching();
  const [first, second] = settings.instances;
  watch.update([raw(), other({ state: 'closed', problem })], 'planned');
  assert.deepEqual([watch.faultOf(first!), watch.faultOf(second!)], [undefined, 'it threw']);
  watch.update([raw(), other({ state: 'opening' })], 'planned');
  assert.match(watch.faultOf(second!)!, /not open yet/);
  assert.deepEqual([watch.isOpening(first!), watch.isOpening(second!)], [false, true]);
  assert.deepEqual([watch.interfaceName(1), watch.interfaceName(7)], ['eth0', '?']);
});

test('A daemon does not start without an ordinary port, or without any', () => {
  const { watch } = watching();
  const closed = { state: 'closed', problem } as const;
  const fatal = (...states: PortState[]): boolean => {
    watch.update(states, 'planned');
    return watch.fatalProblem !== undefined;
  };
  assert.equal(fatal(), false);
  assert.equal(fatal(raw(), other()), false);
  assert.equal(fatal(raw(), other(closed)), false);
  assert.equal(fatal(raw({ state: 'retired' }), other(closed)), true);
  assert.equal(fatal(raw(closed), other()), true);
});

test('Status shows what is planned, and no secret', () => {
  const { watch } = watching();
  watch.update([raw({ state: 'retired' }), other({ state: 'closed', problem })], 'planned');
  const statuses = watch.statuses(new LastGasp(), undefined);
  assert.equal(statuses.length, 1);
  assert.deepEqual(statuses[0]!.options, { peer: '10.0.0.9', secret: '…' });
  assert.deepEqual([statuses[0]!.state, statuses[0]!.problem, statuses[0]!.lastGasp], ['closed', 'it threw', false]);
});

test('A port is thought open until its state says otherwise, each time that it was opened', () => {
  const { watch } = watching();
  watch.update([raw({ openings: 2 }), other({ state: 'closed', problem })], 'planned');
  assert.deepEqual(
    [watch.isThoughtOpen(0, 2), watch.isThoughtOpen(0, 1), watch.isThoughtOpen(1, 1)],
    [true, false, false],
  );
  watch.update([raw({ state: 'closed', openings: 2, problem }), other()]);
  assert.equal(watch.isThoughtOpen(0, 2), false);
});
