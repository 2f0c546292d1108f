import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Frame, SendResult, type TransportError } from '@locum/transport';
import type { PortPlan } from '../../../src/channel/message.ts';
import { modulePath } from '../../../src/engine-process/plug-in/module-path.ts';
import { openPort, portProblem } from '../../../src/engine-process/port-opening.ts';

const MODULES = fileURLToPath(new URL('../../../../test/engine-process/plug-in/modules', import.meta.url));
/** Of what never opens; everything else has the time that it has in a daemon. */
const NEVER_MS = 200;

function planOf(module: string, fault: string): PortPlan {
  const place = { file: 'k.conf', line: 12, column: 3 };
  const transport = { name: join(MODULES, module), directory: MODULES, options: { fault }, place };
  return { interfaceName: 'eth0', transport, groups: [] };
}

async function opened(fault: string) {
  const frames: Frame[] = [];
  const faults: TransportError[] = [];
  let now = 1_000;
  const sink = {
    onFrame: (frame: Frame): void => void frames.push({ ...frame }),
    onFault: (error: TransportError): void => void faults.push(error),
  };
  const plan = planOf('fault.mjs', fault);
  const { port, guard } = await openPort(plan, [112], sink, { now: () => now++ });
  assert.ok(guard !== undefined);
  return { port, guard, frames, faults };
}

const refusals: readonly (readonly [module: string, fault: string, code: string, words: RegExp])[] = [
  ['gone.mjs', '', 'MODULE_NOT_FOUND', /there is no module/],
  ['throws.mjs', '', 'MODULE_FAILED', /this module does not load/],
  ['never-loads.mjs', '', 'OPEN_TIMEOUT', /not open after 0.2 s/],
  ['no-transport.mjs', '', 'NOT_A_TRANSPORT', /exports no transport/],
  ['wrong-version.mjs', '', 'WRONG_API_VERSION', /version 99/],
  ['fault.mjs', 'open-throws', 'THREW', /no open today/],
  ['fault.mjs', 'open-rejects', 'THREW', /a word/],
  ['fault.mjs', 'open-never', 'OPEN_TIMEOUT', /not open after/],
  ['fault.mjs', 'open-nothing', 'BAD_PORT', /did not resolve with a port/],
  ['fault.mjs', 'open-refuses', 'SYSTEM', /the other end is not there/],
  ['fault.mjs', 'pollable-without-descriptor', 'BAD_PORT', /pollable, and its descriptor is -1/],
  ['fault.mjs', 'pollable-with-another', 'BAD_PORT', /descriptor is 999/],
  ['fault.mjs', 'no-medium', 'BAD_PORT', /pigeon/],
  ['fault.mjs', 'no-length', 'BAD_PORT', /longest frame is NaN/],
  ['fault.mjs', 'no-station', 'BAD_PORT', /no function openStation/],
  ['fault.mjs', 'no-send', 'BAD_PORT', /no function send/],
  ['fault.mjs', 'no-send-all', 'BAD_PORT', /sendAll of its port is no function/],
];

for (const [module, fault, code, words] of refusals) {
  test(`refused, in one line with place, code and hint: ${module} ${fault}`, async () => {
    const plan = planOf(module, fault);
    const sink = { onFrame: () => {}, onFault: () => {} };
    const deadlineMs = code === 'OPEN_TIMEOUT' ? NEVER_MS : undefined;
    const error = await openPort(plan, [112], sink, { now: () => 0 }, deadlineMs).then(
      () => assert.fail('it was opened'),
      (reason: unknown) => reason,
    );
    const problem = portProblem(plan, error);
    assert.equal(problem.code, code);
    assert.match(problem.message, words);
    assert.match(problem.message, /^k\.conf:12:3: transport \S+ on eth0: [^\n]* \[[A-Z_]+\]$/);
    if (code !== 'SYSTEM') assert.ok(problem.hint!.length > 20);
  });
}

/** What the guard says of a port whose fault shows when it is polled. */
const polled: Readonly<Record<string, RegExp>> = {
  'poll-throws': /poll threw: no poll today/,
  'poll-promises': /poll returned/,
  backwards: /from 60 to 10 of 60 octets/,
  beyond: /from 0 to 61 of 60 octets/,
  'no-bytes': /octets/,
  'no-frame': /no frame/,
  'no-instant': /instant NaN/,
  'faults-twice': /one/,
};

for (const [fault, words] of Object.entries(polled)) {
  test(`a fault of its port alone, told once, and nothing after it: ${fault}`, async () => {
    const { port, frames, faults } = await opened(fault);
    for (let round = 0; round < 3; round++) assert.equal(port.poll(10), 0);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, words);
    assert.deepEqual(frames, []);
    assert.equal(port.send(new Uint8Array(60), 0, 60), SendResult.NotOpen);
    port.close();
  });
}

const sent: Readonly<Record<string, RegExp>> = {
  'send-throws': /send threw: no send today/,
  'send-says-nothing': /send returned undefined/,
  'send-promises': /send returned/,
  'send-delivers': /from inside another call/,
  'faults-while-sending': /in a send/,
};

for (const [fault, words] of Object.entries(sent)) {
  test(`a fault that is told after the send, not from inside: ${fault}`, async () => {
    const { port, frames, faults } = await opened(fault);
    assert.equal(port.send(new Uint8Array(60), 0, 60), SendResult.Failed);
    assert.deepEqual([frames, faults], [[], []]);
    port.poll(10);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, words);
  });
}

test('What a plug-in writes into the octets that it was lent does not reach ours', async () => {
  const { port } = await opened('send-spoils');
  const bytes = new Uint8Array(100).fill(7);
  assert.equal(port.send(bytes, 10, 90), SendResult.Sent);
  assert.ok(bytes.every((octet) => octet === 7));
  assert.equal(port.send(new Uint8Array(2000), 0, 2000), SendResult.TooLong);
});

const sentTogether: Readonly<Record<string, RegExp>> = {
  'send-all-throws': /sendAll threw: no sendAll today/,
  'send-all-says-nothing': /sendAll of 2 frames returned undefined/,
  'send-all-says-half': /sendAll of 2 frames returned 0.5/,
  'send-all-says-more': /sendAll of 2 frames returned 3/,
};

for (const [fault, words] of Object.entries(sentTogether)) {
  test(`a fault that is told after the frames, none of which was sent: ${fault}`, async () => {
    const { port, faults } = await opened(fault);
    assert.equal(port.sendAll!(new Uint8Array(120), Int32Array.of(0, 60, 60, 120), 2), 0);
    assert.equal(port.send(new Uint8Array(60), 0, 60), SendResult.NotOpen);
    port.poll(10);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, words);
  });
}

test('Many frames go to a plug-in in one call where it has one for that, as copies', async () => {
  const { sent: taken } = (await import(pathToFileURL(join(MODULES, 'fault.mjs')).href)) as { sent: string[] };
  const { port } = await opened('sends-all');
  const bytes = Uint8Array.of(0, 1, 2, 3, 0, 4, 5, 9, 9, 6);
  const bounds = Int32Array.of(1, 4, 5, 7, 7, 9, 9, 10);
  const [bytesBefore, boundsBefore] = [bytes.slice(), bounds.slice()];
  assert.equal(port.sendAll!(bytes, bounds, 2), 2);
  assert.equal(port.sendAll!(bytes, bounds, 4), 2);
  assert.deepEqual(taken.splice(0), ['1,2,3', '4,5', '1,2,3', '4,5']);
  assert.deepEqual([bytes, bounds], [bytesBefore, boundsBefore]);
  const long = Int32Array.of(0, 1, 0, 101, 0, 1);
  assert.equal(port.sendAll!(new Uint8Array(101), long, 3), 1, 'up to the first that is too long');
  port.close();
  assert.equal(port.sendAll!(bytes, bounds, 2), 0);
  assert.equal((await opened('')).port.sendAll, undefined);
});

test('Without a link header many packets go in one call, and gratuitous ARP is passed over', async () => {
  const { sent: taken } = (await import(pathToFileURL(join(MODULES, 'fault.mjs')).href)) as { sent: string[] };
  taken.splice(0);
  const { port } = await opened('sends-all-ip');
  const frame = (etherType: number, octet: number): number[] => [...Array(12).fill(0), etherType, 0, octet];
  const [IP, ARP] = [0x86, 0x08];
  const frames = [frame(ARP, 1), frame(IP, 2), frame(ARP, 3), frame(IP, 4), frame(ARP, 5), frame(IP, 9), frame(IP, 6)];
  for (const arp of frames.filter((octets) => octets[12] === ARP)) arp[13] = 6;
  const bytes = Uint8Array.from(frames.flat());
  const bounds = Int32Array.from(frames.flatMap((_, index) => [15 * index, 15 * index + 15]));
  assert.equal(port.sendAll!(bytes, bounds, 5), 5);
  assert.equal(port.sendAll!(bytes, bounds, 7), 5, 'up to the packet that is not sent');
  assert.equal(port.sendAll!(bytes, bounds, 1), 1);
  assert.deepEqual(taken, ['2', '4', '2', '4']);
  assert.equal((await opened('no-instant')).port.sendAll, undefined);
});

test('Counts are read whatever they are made of', async () => {
  const { port } = await opened('counts-in-a-class');
  assert.deepEqual(port.stats, { framesReceived: 1, framesSent: 2, framesDropped: 3, sendFailures: 0 });
});

test('A port that says it delivered is believed only what it did deliver', async () => {
  const { port, faults } = await opened('always-busy');
  assert.equal(port.poll(256), 0);
  assert.deepEqual(faults, []);
});

test('A stamp in the future becomes one of the present', async () => {
  const { port, frames } = await opened('future');
  assert.equal(port.poll(10), 1);
  assert.ok(frames[0]!.at < 1e6);
});

test('Capabilities that change later were those of the opening', async () => {
  const { port } = await opened('changes-its-mind');
  await turn();
  assert.deepEqual([port.capabilities.medium, port.capabilities.maxFrameBytes], ['ethernet', 1514]);
  assert.ok(Object.isFrozen(port.capabilities));
});

test('A descriptor that never rests, or that is gone, is a fault', async () => {
  const restless = await opened('');
  for (let wake = 0; wake < 2_000; wake++) restless.guard.woken(true, wake === 500 ? 1 : 0);
  restless.port.poll(1);
  assert.match(restless.faults[0]!.message, /always ready/);
  const gone = await opened('');
  gone.guard.woken(false, 0);
  gone.port.poll(1);
  assert.match(gone.faults[0]!.message, /closed behind our back/);
});

test('Closing a port that cannot be closed is done with', async () => {
  const { port, faults } = await opened('close-throws');
  port.close();
  port.close();
  assert.equal(port.poll(1), 0);
  assert.deepEqual(faults, []);
});

test('What our own side throws at a frame is not put down to the plug-in', async () => {
  const plan = planOf('fault.mjs', 'future');
  const onFrame = (): void => {
    throw new Error('ours');
  };
  const { port } = await openPort(plan, [112], { onFrame, onFault: () => {} }, { now: () => 0 });
  assert.throws(() => port.poll(1), /ours/);
});

test('A module is found by its path, or as a package of the nearest folder that has it', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'locum-modules-'));
  context.after(() => rmSync(root, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  write('own.js', '');
  write('folder/index.js', '');
  write('node_modules/a/package.json', '{"main":"lib/a.js"}');
  write('node_modules/a/lib/a.js', '');
  write('etc/node_modules/@scope/b/package.json', '{"exports":{".":{"types":"./b.d.ts","import":"./b.mjs"}}}');
  write('etc/node_modules/@scope/b/b.mjs', '');
  write('other/node_modules/c/package.json', '{"exports":"./c.js"}');
  write('other/node_modules/c/c.js', '');
  const etc = join(root, 'etc');
  assert.equal(modulePath(join(root, 'own.js'), []), join(root, 'own.js'));
  assert.equal(modulePath(join(root, 'folder'), []), join(root, 'folder/index.js'));
  assert.equal(modulePath('a', [etc]), join(root, 'node_modules/a/lib/a.js'));
  assert.equal(modulePath('@scope/b', [etc]), join(etc, 'node_modules/@scope/b/b.mjs'));
  assert.equal(modulePath('c', [etc, join(root, 'other')]), join(root, 'other/node_modules/c/c.js'));
  assert.throws(() => modulePath('d', [etc]), { code: 'MODULE_NOT_FOUND' });
});
