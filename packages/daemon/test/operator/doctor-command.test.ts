import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doctor } from '../../src/operator/doctor/doctor-command.ts';
import { examine, type Finding } from '../../src/operator/doctor/examination.ts';
import type { Machine, SystemCalls } from '../../src/operator/doctor/machine.ts';
import { PLAIN } from '../../src/operator/output.ts';
import { runLocum } from './recording.ts';

const CALLS: SystemCalls = {
  hasCapability: () => true,
  canOpenPacketSocket: () => true,
  realTimeLimit: () => 0,
  lockedMemoryLimit: () => 8 * 1024 * 1024,
};

const FILES: Readonly<Record<string, string>> = {
  '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc',
  '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet acpi_pm',
  '/proc/sys/net/ipv6/conf/all/disable_ipv6': '0',
};

function machine(changes: Partial<Machine> = {}, calls: Partial<SystemCalls> = {}, files = {}): Machine {
  const all: Readonly<Record<string, string | undefined>> = { ...FILES, ...files };
  return {
    nodeVersion: '22.1.0',
    platform: 'linux',
    architecture: 'x64',
    kernelRelease: '6.1.0-13-amd64',
    systemCalls: async () => ({ ...CALLS, ...calls }),
    loadPcap: async () => {},
    refusal: () => undefined,
    read: (path) => all[path],
    hasCommand: () => true,
    ...changes,
  };
}

async function run(of: Machine, json = false): Promise<{ status: number; text: string }> {
  const lines: string[] = [];
  const output = { print: (text: string) => void lines.push(text), complain: () => {}, palette: PLAIN };
  return { status: await doctor(of, { json }, output), text: lines.join('\n') };
}

test('A machine that has everything', async () => {
  const { status, text } = await run(machine());
  assert.equal(status, 0);
  assert.match(text, /\ntransports that can run: raw, pcap, tap$/);
  assert.doesNotMatch(text, /missing|warning|note/);
  assert.equal(text.split('\n').length, 13);
});

const lacking = (capability: string): Partial<SystemCalls> => ({ hasCapability: (name) => name !== capability });
const reject = async (): Promise<never> => {
  throw Object.assign(new Error('no addon\nat all'), { hint: 'Install libpcap.' });
};

/** Finding, verdict, words of the line, and how the command ends. */
const ailments: readonly (readonly [string, Finding['verdict'], RegExp, number, Machine])[] = [
  ['node', 'missing', /Node\.js 18.*Install Node\.js 20/, 3, machine({ nodeVersion: '18.19.0' })],
  ['node', 'missing', /riscv64.*x86-64 and arm64/, 3, machine({ architecture: 'riscv64' })],
  ['kernel', 'missing', /4\.19.*4\.20 or newer/, 3, machine({ kernelRelease: '4.19.0-26' })],
  ['system-calls', 'missing', /koffi cannot be loaded \(no addon\)/, 3, machine({ systemCalls: reject })],
  ['transport-raw', 'missing', /refuses packet sockets.*seccomp/, 3, machine({}, { canOpenPacketSocket: () => false })],
  [
    'transport-raw',
    'missing',
    /CAP_NET_RAW is missing.*AmbientCapabilities/,
    3,
    machine({}, { ...lacking('NetRaw'), canOpenPacketSocket: () => false }),
  ],
  ['transport-pcap', 'note', /no addon\. Install libpcap\./, 0, machine({ loadPcap: reject })],
  ['transport-tap', 'note', /ENOENT.*modprobe tun/, 0, machine({ refusal: () => 'ENOENT' })],
  ['transport-tap', 'note', /EACCES.*as root/, 0, machine({ refusal: () => 'EACCES' })],
  ['addresses', 'missing', /addresses cannot be set: CAP_NET_ADMIN/, 3, machine({}, lacking('NetAdmin'))],
  ['real-time', 'note', /LimitRTPRIO/, 0, machine({}, lacking('SysNice'))],
  ['locked-memory', 'note', /LimitMEMLOCK/, 0, machine({}, lacking('IpcLock'))],
  [
    'clock',
    'warning',
    /hpet, which is slow.*"tsc hpet acpi_pm"/,
    1,
    machine({}, {}, { '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'hpet' }),
  ],
  ['ipv6', 'note', /switched off/, 0, machine({}, {}, { '/proc/sys/net/ipv6/conf/all/disable_ipv6': '1' })],
  ['packet-filter', 'note', /nftables/, 0, machine({ hasCommand: () => false })],
];

for (const [id, verdict, words, status, of] of ailments) {
  test(`What is missing has a verdict and a remedy in one line: ${id} ${words.source}`, async () => {
    const { findings } = await examine(of);
    const found = findings.find((finding) => finding.id === id)!;
    assert.equal(found.verdict, verdict);
    assert.ok(found.remedy !== undefined);
    const { status: given, text } = await run(of);
    assert.equal(given, status);
    const [line] = text.split('\n').filter((candidate) => words.test(candidate));
    assert.ok(line?.startsWith(verdict), text);
  });
}

test('Limits stand in for capabilities', async () => {
  const limits = { realTimeLimit: () => 99, lockedMemoryLimit: () => Number.POSITIVE_INFINITY };
  const { findings } = await examine(machine({}, { hasCapability: (name) => name.startsWith('Net'), ...limits }));
  for (const { verdict } of findings) assert.equal(verdict, 'ok');
});

test('As JSON: the same findings, and the transports', async () => {
  const { text } = await run(machine({ refusal: () => 'ENOENT' }), true);
  const { findings, transports } = JSON.parse(text);
  assert.deepEqual(transports, ['raw', 'pcap']);
  assert.equal(findings.length, 12);
});

test('On this machine it says something, whatever that is', async () => {
  const { status, out } = await runLocum('doctor', '--json');
  assert.ok([0, 1, 3].includes(status));
  assert.ok(JSON.parse(out.join('\n')).findings.length >= 10);
});
