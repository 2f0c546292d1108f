import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeMessage,
  type EngineMessage,
  encodeChange,
  encodeMessage,
  LineReader,
  type SupervisorMessage,
} from '../../src/channel/message.ts';
import { STANDARD_TRANSPORT } from '../../src/configuration/built-in-transport.ts';
import { PlanIntake } from '../../src/engine-process/plan-intake.ts';
import { planFor, withAhSequences } from '../../src/supervisor/plan.ts';
import { instance, settingsOf } from '../configuration/sample.ts';

test('A plan arrives as it was sent: octets as octets, nothing lost', () => {
  const text = instance(
    'authentication {\nauth_type AH\nauth_pass secret\n}\nunicast_peer {\n10.0.0.9\n}',
    '10.0.0.1/24 brd + label eth0:1\n10.0.0.2 peer 10.9.9.9/24',
  );
  const plan = withAhSequences(planFor(settingsOf(text), false), new Map([['VI_1', 2 ** 31 + 7]]));
  const { routers, ...rest } = plan;
  const lines = encodeChange({ ...rest, kept: [3, 5], routers }).split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, 2, 'a line for each router, and one before them');
  const intake = new PlanIntake();
  const parts = lines.map((text) => decodeMessage<SupervisorMessage>(text)).filter((part) => part.type !== 'stop');
  // What a supervisor left unfinished is forgotten when another begins.
  assert.equal(intake.take(parts[0]!), undefined);
  assert.equal(intake.take(parts[0]!), undefined);
  // JSON has no undefined: such members are absent on the other side.
  const withoutUndefined = structuredClone({ ...plan, kept: [3, 5] });
  dropUndefined(withoutUndefined);
  assert.deepEqual(intake.take(parts[1]!), withoutUndefined);
  const [nothing] = encodeChange({ ...rest, kept: [], routers: [] }).split('\n');
  assert.deepEqual(intake.take(decodeMessage<SupervisorMessage>(nothing!) as (typeof parts)[0])?.routers, []);
  assert.equal(plan.routers[0]!.ahSequence, 2 ** 31 + 7);
});

function dropUndefined(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) delete (value as Record<string, unknown>)[key];
    else dropUndefined(member);
  }
}

const NAME = 'a"b\\\n\u2028{"hex":"00"}';

test('Names with anything in them stay on one line', () => {
  const place = { file: NAME, line: 1, column: 1 };
  const plan = { transport: { ...STANDARD_TRANSPORT, place }, groups: [] };
  const message: EngineMessage = {
    ...{
      type: 'configured',
      slots: [0, 5],
      ports: [{ plan: { ...plan, interfaceName: NAME }, state: 'open', openings: 1 }],
    },
    problems: [{ router: -1, code: 'X', message: 'line\nline' }],
  };
  const line = encodeMessage(message);
  assert.equal(line.split('\n').length, 2);
  assert.deepEqual(decodeMessage<EngineMessage>(line), message);
});

test('Lines are cut out of chunks of any size', () => {
  const sent = ['{"a":1}', '{"b":"\u00e4\u20ac"}', '', '{"c":3}'];
  const text = `${sent.join('\n')}\n{"half`;
  for (const size of [1, 2, 3, 7, 1000]) {
    const lines: string[] = [];
    const reader = new LineReader((line) => lines.push(line));
    for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
    assert.deepEqual(lines, ['{"a":1}', '{"b":"\u00e4\u20ac"}', '{"c":3}']);
    reader.push('"}\n');
    assert.equal(lines.at(-1), '{"half"}');
  }
});
