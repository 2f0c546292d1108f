import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hex, simplePcap, temporaryFile } from './capture-writer.ts';
import { parsed, runLocum } from './recording.ts';
import { announcements } from './vectors.ts';

const MAC_4 = '00:00:5e:00:01:01';
const MAC_6 = '00:00:5e:00:02:01';

const expected: Record<string, Record<string, unknown>> = {
  'garp-request-tha-ff': {
    ok: true,
    kind: 'gratuitous-arp',
    address: '192.0.2.254',
    mac: MAC_4,
    vrid: 1,
    op: 'request',
  },
  'garp-request-tha-00': {
    ok: true,
    kind: 'gratuitous-arp',
    address: '192.0.2.254',
    mac: MAC_4,
    vrid: 1,
    op: 'request',
  },
  'garp-reply': { ok: true, kind: 'gratuitous-arp', address: '192.0.2.254', mac: MAC_4, vrid: 1, op: 'reply' },
  'una-global': {
    ok: true,
    kind: 'neighbor-advertisement',
    address: '2001:db8::254',
    mac: MAC_6,
    vrid: 1,
    router: true,
  },
  'una-link-local': { ok: true, kind: 'neighbor-advertisement', address: 'fe80::5', mac: MAC_6, vrid: 1, router: true },
  'una-no-tlla': { ok: false, kind: 'neighbor-advertisement', address: '2001:db8::254', override: true },
};

function compare(line: Record<string, unknown>, name: string): void {
  const wanted = expected[name]!;
  deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, line[key]])), wanted, name);
  equal(typeof line.problem, wanted.ok ? 'undefined' : 'string', name);
}

test('every announcement is recognised from its hex digits', async () => {
  equal(announcements.length, Object.keys(expected).length);
  for (const { name, hex: digits } of announcements) {
    const run = await runLocum('decode', '--json', '--hex', digits);
    deepEqual([run.status, run.err, run.out.length], [0, [], 1], name);
    compare(parsed(run)[0]!, name);
  }
});

test('every announcement is recognised in an Ethernet capture, behind tags too', async (context) => {
  const plain = announcements.map((vector) => hex(vector.hex));
  const tagged = plain.map((frame) =>
    Uint8Array.of(...frame.subarray(0, 12), 0x88, 0xa8, 0, 7, 0x81, 0, 0x20, 10, ...frame.subarray(12)),
  );
  const file = temporaryFile(context, 'announcements.pcap', simplePcap(1, [...plain, ...tagged]));
  const run = await runLocum('decode', '--json', file);
  const lines = parsed(run);
  equal(lines.length, plain.length * 2);
  for (const [index, line] of lines.entries()) {
    compare(line, announcements[index % plain.length]!.name);
    deepEqual(line.vlans, index < plain.length ? undefined : [7, 10]);
  }
});

test('an announcement with another hop limit is shown as one that hosts ignore', async () => {
  const frame = hex(announcements.find(({ name }) => name === 'una-global')!.hex);
  frame[14 + 7] = 64;
  const run = await runLocum('decode', '--hex', Buffer.from(frame).toString('hex'));
  equal(run.status, 0);
  equal(run.out[0]!.includes('the hop limit is not 255'), true, run.out[0]);
});

test('ordinary traffic is counted and not shown', async (context) => {
  const arp = hex(announcements[0]!.hex);
  const question = arp.slice();
  question[41] = 1;
  const igmp = hex('01005e000012020000000001080046c00020000040000102410ac0000201e0000012940400001600ee0be0000012');
  const web = hex(`ffffffffffff0200000000010800${'4500002800010000ff0600000a0000010a000002'}${'00'.repeat(20)}`);
  const lldp = hex(`0180c200000e02000000000188cc${'00'.repeat(46)}`);
  const file = temporaryFile(context, 'other.pcap', simplePcap(1, [question, igmp, web, lldp]));
  const run = await runLocum('decode', file);
  deepEqual([run.status, run.out.length], [1, 1]);
  equal(run.out[0]!.endsWith('4 frames: 0 adverts, 4 other frames not shown'), true, run.out[0]);
});
