import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Discard, EffectKind, type RouterRow, RouterState, TransitionReason, Warning } from '@locum/protocol';
import { SendResult } from '@locum/transport';
import { type BoardEvent, HostEvent } from '../../src/board/event-ring.ts';
import { EventLog } from '../../src/supervisor/event-log.ts';
import { Log } from '../../src/supervisor/log.ts';
import { instance, instanceOf } from '../configuration/sample.ts';

const settings = instanceOf(instance('priority 100', '10.0.0.1/24\n10.0.0.2/24'));
const PEER = Uint8Array.of(10, 0, 0, 8);

function logging(detail = 1, row: Partial<RouterRow> = {}) {
  const lines: string[] = [];
  const log = new Log('human', detail, [(_severity, line) => lines.push(line.replace(/^\S+ /, ''))]);
  const eventLog = new EventLog(log, {
    instance: (slot) => (slot === 0 ? settings : undefined),
    row: () => row as RouterRow,
    interfaceName: () => 'eth0',
    portFault: () => undefined,
  });
  const write = (event: Partial<BoardEvent>): void =>
    eventLog.write({
      ...{ at: 10_000_000, kind: 0, router: 0, port: 0, from: 0, to: 0, reason: 0, value: 0, detail: 0, lateUs: 0 },
      ...{ source: new Uint8Array(0), ...event },
    });
  return { lines, write };
}

const changed = (from: RouterState, to: RouterState, reason: TransitionReason): Partial<BoardEvent> => ({
  ...{ kind: EffectKind.StateChanged, from, to, reason },
});
const { Initialize, Backup, Active } = RouterState;

test("State changes read as keepalived's do", () => {
  const { lines, write } = logging();
  write(changed(Initialize, Backup, TransitionReason.Startup));
  write(changed(Backup, Active, TransitionReason.ActiveTimeout));
  write(changed(Active, Initialize, TransitionReason.InterfaceDown));
  write(changed(Initialize, Backup, TransitionReason.InterfaceUp));
  write(changed(Active, Initialize, TransitionReason.Shutdown));
  const expected = [
    '(VI_1) Entering BACKUP STATE (init)',
    '(VI_1) Receive advertisement timeout',
    '(VI_1) setting VIPs.',
    '(VI_1) Sending/queueing gratuitous ARPs on eth0 for 10.0.0.1',
    '(VI_1) Sending/queueing gratuitous ARPs on eth0 for 10.0.0.2',
    '(VI_1) Entering MASTER STATE',
    '(VI_1) removing VIPs.',
    '(VI_1) Entering FAULT STATE',
    '(VI_1) Stopped',
  ];
  let from = 0;
  for (const phrase of expected) {
    const found = lines.indexOf(phrase, from);
    assert.ok(found >= 0, `${phrase} after line ${from} of\n${lines.join('\n')}`);
    from = found;
  }
  assert.ok(lines.includes('(VI_1) eth0 is down'));
});

test('Why a router took over or gave way stands beside it', () => {
  const heard = { lastAdvertSource: PEER, lastAdvertPriority: 150, lastAdvertAt: 6_391_000, effectivePriority: 100 };
  const table: [RouterState, RouterState, TransitionReason, Partial<RouterRow>, RegExp][] = [
    [Backup, Active, TransitionReason.ActiveTimeout, heard, /no advert from 10\.0\.0\.8 \(priority 150\) for 3\.609 s/],
    [Backup, Active, TransitionReason.ActiveTimeout, { ...heard, lastAdvertPriority: 0 }, /10\.0\.0\.8 resigned/],
    [Backup, Active, TransitionReason.ActiveTimeout, {}, /no advert heard since the start/],
    [Backup, Active, TransitionReason.LowerPriorityActive, heard, /our priority 100 beats 10\.0\.0\.8/],
    [Active, Backup, TransitionReason.HigherPriorityBackup, heard, /10\.0\.0\.8 with higher priority 150, ours 100/],
    [Active, Initialize, TransitionReason.NoPrimaryIpAddress, {}, /eth0 has no IPv4 address/],
  ];
  for (const [from, to, reason, row, expected] of table) {
    const { lines, write } = logging(0, row);
    write(changed(from, to, reason));
    assert.ok(
      lines.some((line) => expected.test(line)),
      `${expected}: ${lines.join(' | ')}`,
    );
  }
});

test('An advert that came after a change of state is not what led to it', () => {
  const later = { lastAdvertSource: PEER, lastAdvertPriority: 150, lastAdvertAt: 10_500_000, effectivePriority: 100 };
  const table: [RouterState, RouterState, TransitionReason, string][] = [
    [Backup, Active, TransitionReason.ActiveTimeout, 'no advert heard in time: taking over'],
    [Backup, Active, TransitionReason.LowerPriorityActive, 'our priority 100 beats the master: preempting'],
    [Active, Backup, TransitionReason.Absence, 'we were stalled, and a peer took over meanwhile: yielding'],
    [
      ...([Active, Backup, TransitionReason.HigherPriorityBackup] as const),
      'Master received advert from a peer that beats our priority 100',
    ],
  ];
  for (const [from, to, reason, expected] of table) {
    // Whoever made us yield goes on advertising, until it resigns.
    for (const lastAdvertPriority of from === Active ? [0] : [150, 0]) {
      const { lines, write } = logging(0, { ...later, lastAdvertPriority });
      write(changed(from, to, reason));
      assert.ok(lines.includes(`(VI_1) ${expected}`), lines.join(' | '));
      assert.doesNotMatch(lines.join(), /10\.0\.0\.8| s:/);
    }
  }
  const { lines, write } = logging(0, later);
  write(changed(Active, Backup, TransitionReason.Absence));
  assert.match(lines.join(), /we were stalled, and \S+ \(priority 150\) took over meanwhile: yielding/);
});

test('What anybody can cause is told once for each peer and reason [RX-24]', () => {
  const { lines, write } = logging();
  const dropped = (reason: Discard, last: number): void =>
    write({ kind: EffectKind.Discarded, reason, source: Uint8Array.of(10, 0, 0, last) });
  for (let count = 0; count < 1000; count++) {
    dropped(Discard.BadTtl, 8);
    dropped(Discard.BadChecksum, 8);
    dropped(Discard.BadTtl, 9);
    write({ kind: EffectKind.Warned, reason: Warning.AddressListMismatch, source: PEER });
    write({ kind: EffectKind.LowerPriorityHeard, value: 50, source: PEER });
    write({ kind: HostEvent.SendFailed, value: SendResult.Busy });
    write({ kind: EffectKind.Late, lateUs: 20_000 });
  }
  assert.equal(lines.length, 7, lines.join('\n'));
  assert.match(lines[0]!, /warning: \(VI_1\) dropped an advert from 10\.0\.0\.8: its TTL is not 255.*\[BAD_TTL\]$/);
  assert.match(lines[3]!, /accepted an advert from 10\.0\.0\.8: .*\[ADDR_LIST_MISMATCH\]$/);
  assert.match(lines[4]!, /lower priority 50, ours 100, forcing new election$/);
});

test('Sources invented without end cost ten lines a minute, and are counted [RX-24]', () => {
  const forged = (count: number): Uint8Array => Uint8Array.of(10, count >> 16, count >> 8, count);
  const table: [Partial<BoardEvent>, RegExp][] = [
    [{ kind: EffectKind.Discarded, reason: Discard.BadTtl }, /its TTL is not 255.*\[BAD_TTL\]/],
    [{ kind: EffectKind.Warned, reason: Warning.AddressListMismatch }, /\[ADDR_LIST_MISMATCH\]/],
    [{ kind: EffectKind.LowerPriorityHeard, value: 50 }, /lower priority 50/],
  ];
  for (const [event, expected] of table) {
    const { lines, write } = logging();
    for (let count = 0; count < 3000; count++) write({ ...event, source: forged(count) });
    assert.equal(lines.length, 10, lines.join('\n'));
    for (const line of lines) assert.match(line, expected);
    // Another reason is none of theirs.
    write({ kind: EffectKind.Discarded, reason: Discard.BadChecksum, source: forged(3000) });
    assert.equal(lines.length, 11);
    write({ ...event, at: 71_000_000, source: forged(4000) });
    assert.match(lines[11]!, / \(2990 more like this from other sources since the last report\)$/);
  }
});

test('Another manager that fights for an address is told at once, then once a minute', () => {
  const { lines, write } = logging();
  for (let second = 0; second <= 130; second++) {
    write({ kind: HostEvent.AddressRestored, at: second * 1_000_000, detail: 0 });
  }
  write({ kind: HostEvent.AddressRestored, at: 130_000_000, detail: 1 });
  const line = (address: string, more = ''): string =>
    `warning: (VI_1) something else removed ${address}; it is set again${more}`;
  const more = ' (59 more like this since the last report)';
  assert.deepEqual(lines, [
    line('10.0.0.1/24'),
    line('10.0.0.1/24', more),
    line('10.0.0.1/24', more),
    line('10.0.0.2/24'),
  ]);
});

test('What is ordinary on a shared LAN is told only to those who ask for it', () => {
  for (const [detail, expected] of [
    [0, 0],
    [1, 0],
    [2, 1],
  ] as const) {
    const { lines, write } = logging(detail);
    write({ kind: EffectKind.Discarded, router: -1, reason: Discard.UnknownVrid, source: PEER });
    assert.equal(lines.length, expected);
    if (expected > 0) assert.match(lines[0]!, /^\(eth0\) dropped an advert from 10\.0\.0\.8/);
  }
});

test('Each event of the host has its line', () => {
  const table: [Partial<BoardEvent>, RegExp][] = [
    [{ kind: HostEvent.AddressFailed, value: 13, detail: 1 }, /error: \(VI_1\) address 10\.0\.0\.2\/24 .*EACCES/],
    [{ kind: HostEvent.AddressRestored, detail: 0 }, /something else removed 10\.0\.0\.1\/24; it is set again/],
    [{ kind: HostEvent.LeftoverRemoved, detail: 1 }, /removed 10\.0\.0\.2\/24, left behind/],
    [{ kind: HostEvent.LinkChanged, value: 1 }, /Netlink reports eth0 up/],
    [{ kind: HostEvent.LinkChanged, value: 0 }, /warning: Netlink reports eth0 down/],
    [{ kind: HostEvent.Resigned }, /\(VI_1\) sent 0 priority/],
    [{ kind: HostEvent.Stalled, value: 250_000 }, /stalled for 250 ms/],
    [{ kind: HostEvent.SendFailed, value: SendResult.LinkDown }, /not sent on eth0: the link is down/],
  ];
  assert.deepEqual(
    new Set([...table.map(([{ kind }]) => kind), HostEvent.PortClosed]),
    new Set(Object.values(HostEvent)),
    'every kind of event is in the table, but one that the state of the port tells',
  );
  for (const [event, expected] of table) {
    const { lines, write } = logging();
    write(event);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, expected);
  }
});
