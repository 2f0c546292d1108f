import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Capabilities } from '@locum/transport';
import { PLAIN } from '../../src/operator/output.ts';
import { askDaemon, StatusError } from '../../src/operator/status/status-client.ts';
import { formatStatus } from '../../src/operator/status/status-text.ts';
import { formatDuration } from '../../src/operator/status/time-span.ts';
import type { InstanceStatus, StatusDocument } from '../../src/supervisor/status.ts';
import { runLocum } from './recording.ts';

const INSTANCE: InstanceStatus = {
  name: 'VI_1',
  interface: 'eth0',
  vrid: 51,
  family: 'ipv4',
  version: 'vrrp-v2',
  state: 'backup',
  keepalivedState: 'BACKUP',
  isOwner: false,
  priority: 100,
  effectivePriority: 90,
  advertiseIntervalUs: 1_000_000,
  masterAdverIntervalUs: 1_000_000,
  masterDownIntervalUs: 3_609_375,
  skewTimeUs: 609_375,
  preempt: true,
  acceptMode: true,
  primaryAddress: '192.168.1.2',
  virtualMac: '00:00:5e:00:01:33',
  virtualAddresses: ['192.168.1.100/32'],
  excludedAddresses: ['10.0.0.1/24'],
  lastAdvSource: '192.168.1.1',
  lastAdvPriority: 110,
  lastAdvDatetime: '2026-01-31T10:00:09.600Z',
  upDatetime: '2026-01-31T09:00:00.000Z',
  lastTransitionDatetime: '2026-01-31T08:00:00.000Z',
  lastEvent: 'startup',
  newMasterReason: 'not-master',
  maxTimerLatenessUs: 120,
  statistics: {
    masterTransitions: 0,
    advertisementRcvd: 3610,
    advertisementSent: 0,
    intervalErrors: 0,
    priorityZeroPktsRcvd: 0,
    priorityZeroPktsSent: 0,
    invalidTypePktsRcvd: 0,
    addressListErrors: 0,
    packetLengthErrors: 0,
    ipTtlErrors: 2,
    invalidAuthType: 0,
    authTypeMismatch: 0,
    authFailures: 0,
    masterReleases: 0,
    lowerPriorityRcvd: 0,
    assertsSuppressed: 0,
    gratuitousArpSent: 0,
    neighborAdvertSent: 0,
    discontinuityDatetime: null,
  },
  discards: { BAD_TTL: 2 },
  warnings: {},
};

const DOCUMENT: StatusDocument = {
  locumd: '0.1.0',
  routerId: 'left',
  datetime: '2026-01-31T10:00:10.000Z',
  supervisorPid: 100,
  enginePid: 101,
  engineHeartbeatAgeUs: 12_000,
  configurationFile: '/etc/keepalived/keepalived.conf',
  statistics: {
    virtualRouters: 1,
    interfaces: 1,
    checksumErrors: 0,
    versionErrors: 0,
    vridErrors: 0,
    ipTtlErrors: 2,
    discontinuityDatetime: null,
  },
  discards: { BAD_TTL: 2, UNKNOWN_VRID: 7 },
  ports: [],
  instances: [INSTANCE],
};

/** Listens like the daemon; `serve` gets each request line. */
async function listen(context: TestContext, serve: (line: string, connection: Socket) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'locum-status-'));
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    connection.on('data', (chunk) => serve(String(chunk), connection));
  });
  await new Promise<void>((resolve) => server.listen(join(directory, 'locumd.sock'), resolve));
  context.after(() => {
    for (const connection of connections) connection.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return directory;
}

function answering(context: TestContext, document: StatusDocument): Promise<string> {
  return listen(context, (line, connection) => {
    equal(line, '{"command":"status"}\n');
    const answer = `${JSON.stringify(document)}\n`;
    connection.write(answer.slice(0, 100));
    connection.write(answer.slice(100));
  });
}

test('JSON is the daemon’s own document', async (context) => {
  const run = await runLocum('status', '--json', '--run-dir', await answering(context, DOCUMENT));
  deepEqual([run.status, run.err], [0, []]);
  deepEqual(JSON.parse(run.out.join('\n')), DOCUMENT);
});

test('people see state, rival, addresses, intervals and what was dropped', async (context) => {
  const run = await runLocum('status', '--run-dir', await answering(context, DOCUMENT));
  deepEqual([run.status, run.err], [0, []]);
  const text = run.out.join('\n');
  for (const part of [
    'left  locumd 0.1.0 (process 100, engine 101, awake 12 ms ago)',
    'dropped on all interfaces: 2 BAD_TTL, 7 UNKNOWN_VRID',
    'VI_1  BACKUP for 2 h 0 min  eth0  VRID 51  VRRPv2/IPv4',
    '100 (effective 90)',
    '192.168.1.100/32 10.0.0.1/24 (not advertised)',
    '192.168.1.1, priority 110, heard 400 ms ago',
    'every 1 s, takes over after 3.609 s of silence',
    '2026-01-31 08:00:00 UTC (2 h 0 min ago): startup',
    '3610 adverts received',
  ]) {
    ok(text.includes(part), `${part}\n${text}`);
  }
  ok(!text.includes('resignations'), text);
});

test('an engine that does not wake gives status 4 and a warning', async (context) => {
  for (const engineHeartbeatAgeUs of [2_500_000, null]) {
    const run = await runLocum('status', '--run-dir', await answering(context, { ...DOCUMENT, engineHeartbeatAgeUs }));
    equal(run.status, 4);
    equal(run.err.length, 1);
    ok(run.out.length > 1);
  }
});

test('nobody listening gives status 3 and one line with the remedy', async () => {
  const run = await runLocum('status', '--socket', '/nowhere/locumd.sock');
  deepEqual([run.status, run.out, run.err.length], [3, [], 1]);
  ok(/not running here.*--run-dir/.test(run.err[0]!), run.err[0]);
});

test('a refusal, a broken answer, a closed connection and silence are told apart', async (context) => {
  const cases: readonly (readonly [serve: (line: string, connection: Socket) => void, code: string])[] = [
    [(_, connection) => connection.write('{"error":"unknown command status"}\n'), 'REFUSED'],
    [(_, connection) => connection.write('status\n'), 'NO_ANSWER'],
    [(_, connection) => connection.end(), 'NO_ANSWER'],
    [() => {}, 'NO_ANSWER'],
  ];
  for (const [serve, code] of cases) {
    const path = join(await listen(context, serve), 'locumd.sock');
    const outcome = await askDaemon(path, 'status', 100).catch((error: unknown) => error);
    ok(outcome instanceof StatusError);
    equal(outcome.code, code);
  }
});

test('ports: what they run on, what they can do, and why one is not open', () => {
  const capabilities: Capabilities = {
    medium: 'ethernet',
    maxFrameBytes: 1514,
    pollable: false,
    rxClock: 'user',
    vlan: false,
    filtering: true,
    spoofsSourceMac: true,
    routesUnicast: true,
    reportsLink: false,
    deterministic: false,
    shareable: false,
    virtualStations: true,
  };
  const port = {
    interface: 'eth0',
    transport: 'tap',
    options: {},
    state: 'open',
    problem: null,
    lastGasp: true,
    statistics: null,
  } as const;
  const lineOf = (status: StatusDocument['ports'][number]): string =>
    formatStatus({ ...DOCUMENT, ports: [status] }, PLAIN).split('\n\n')[1]!;
  equal(
    lineOf({ ...port, capabilities }),
    'eth0  transport tap: ethernet frames of up to 1514 octets, virtual MAC, arrival stamped by the program, ' +
      'heard by the event loop, does not notice a lost link',
  );
  const plain = {
    ...capabilities,
    pollable: true,
    rxClock: 'kernel',
    reportsLink: true,
    virtualStations: false,
  } as const;
  match(lineOf({ ...port, capabilities: plain, lastGasp: false }), /octets, no last word for an engine/);
  equal(
    lineOf({ ...port, state: 'closed', problem: 'no /dev/net/tun', capabilities: null }),
    'eth0  transport tap: closed, no /dev/net/tun',
  );
  const counts = { framesReceived: 9, framesSent: 9, framesDropped: 0, sendFailures: 0, drops: {} };
  match(lineOf({ ...port, capabilities: plain, statistics: counts }), /octets$/);
  match(
    lineOf({
      ...port,
      ...{ capabilities: plain, statistics: { ...counts, framesDropped: 3, sendFailures: 1, drops: { forged: 2 } } },
    }),
    /\n {2}dropped by the port: 3 for want of room, 2 forged, 1 not sent$/,
  );
});

test('durations read well', () => {
  const cases: readonly (readonly [us: number, text: string])[] = [
    [0, '0 us'],
    [39.06, '39 us'],
    [1500, '1.5 ms'],
    [3_609_375, '3.609 s'],
    [61e6, '1 min 1 s'],
    [3_600e6, '1 h 0 min'],
    [90_000e6, '1 d 1 h'],
  ];
  for (const [us, text] of cases) equal(formatDuration(us), text);
});
