/** The port beyond what the suite asks: groups, refused options, bad datagrams, unreachable peers, broken sockets. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { type FrameSink, SendResult, type TransportError } from '@locum/transport';
import { BackOff, FrameSealer, tunnelKey, type UdpPort } from '../src/index.ts';
import { openEnd, SECRET, SILENT, UdpSegment, until } from './segment.ts';

/** An IPv4 packet of the given protocol. */
function packetOf(protocol: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes[0] = 0x45;
  bytes[9] = protocol;
  return bytes;
}
const ADVERT = packetOf(112);

function send(port: UdpPort, bytes = ADVERT): SendResult {
  return port.send(bytes, 0, bytes.length);
}

class Counter implements FrameSink {
  frames = 0;
  onFrame(): void {
    this.frames += 1;
  }
  onFault(): void {}
}

test('three routers hear each other in a group, and none hears itself', async () => {
  const segment = new UdpSegment();
  const extra = { group: '239.255.112.18:8112', bind: '127.0.0.1', secret: segment.address(0).padEnd(16, '!') };
  const sinks = [new Counter(), new Counter(), new Counter()];
  const ports: UdpPort[] = [];
  for (const sink of sinks) ports.push(await openEnd({ ...segment.a, extra }, sink));
  try {
    for (const port of ports) assert.equal(send(port), SendResult.Sent);
    await until(
      () => sinks.every(({ frames }) => frames === 2) && ports.every(({ drops }) => drops.own === 1),
      'frames',
    );
  } finally {
    for (const port of ports) port.close();
  }
});

test('each reason for which a datagram is dropped is counted', async () => {
  const segment = new UdpSegment();
  const sink = new Counter();
  const port = await openEnd(segment.a, sink);
  const socket = createSocket('udp4');
  const sealer = (secret: string, us = Date.now() * 1000): FrameSealer => new FrameSealer(tunnelKey(secret), () => us);
  const good = sealer(SECRET).seal(ADVERT, 0, 60);
  const datagrams = [
    Buffer.from('hello'),
    sealer('somebody else').seal(ADVERT, 0, 60),
    sealer(SECRET, 0).seal(ADVERT, 0, 60),
    sealer(SECRET, Date.now() * 2000).seal(ADVERT, 0, 60),
    sealer(SECRET).seal(packetOf(17), 0, 60),
    sealer(SECRET).seal(ADVERT, 0, 10),
    good,
    good,
  ];
  try {
    for (const datagram of datagrams) socket.send(datagram, 8112, segment.address(1));
    await until(() => port.drops.replayed === 1, 'the last datagram');
    const expected = { foreign: 1, forged: 1, own: 0, stale: 1, early: 1, crowded: 0, replayed: 1, unwanted: 2 };
    assert.deepEqual(port.drops, expected);
    assert.equal(sink.frames, 1);
  } finally {
    socket.close();
    port.close();
  }
});

const BAD_OPTIONS: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['a short secret', { secret: 'short' }, /at least 16/],
  ['neither peers nor a group', { peers: '' }, /peers/],
  ['both peers and a group', { group: '239.1.2.3' }, /exactly one/],
  ['a name', { peers: 'router2.example.net' }, /not an address/],
  ['a port that is none', { peers: '192.0.2.1:70000' }, /not an address/],
  ['mixed families', { peers: '[2001:db8::1]:8112' }, /mixed/],
];

for (const [what, extra, message] of BAD_OPTIONS) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(openEnd(new UdpSegment().a, SILENT, extra), (error: TransportError) => {
      assert.equal(error.code, 'BAD_OPTION');
      assert.ok((error.hint ?? '').length > 0);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('refuses a group that is none, and an address that is in use', async () => {
  const segment = new UdpSegment();
  const code = (wanted: string) => (error: TransportError) => error.code === wanted;
  const group = { ...segment.a, extra: { group: '192.0.2.1:8112', secret: SECRET } };
  await assert.rejects(openEnd(group), code('BAD_OPTION'));
  const first = await openEnd(segment.a);
  await assert.rejects(openEnd(segment.a), code('SYSTEM'));
  first.close();
});

test('an address that the host does not have yet is worth another attempt', async () => {
  await assert.rejects(openEnd(new UdpSegment().a, SILENT, { bind: '192.0.2.1' }), (error: TransportError) => {
    assert.equal(error.code, 'SYSTEM');
    assert.match(error.message, /EADDRNOTAVAIL/);
    assert.ok((error.errno ?? 0) > 0 && (error.hint ?? '') !== '');
    return true;
  });
});

test('a peer that cannot be sent to is left in peace for a while; the others are not', async () => {
  const segment = new UdpSegment();
  const sink = new Counter();
  let now = 1_000_000;
  const host = { now: () => now };
  const b = await openEnd(segment.b, sink);
  // The kernel refuses to send to a broadcast address without having been asked to allow it.
  const alone = await openEnd(segment.a, SILENT, { peers: '255.255.255.255' }, host);
  const both = await openEnd(segment.end(4, 2), SILENT, { peers: `255.255.255.255 ${segment.address(2)}` }, host);
  try {
    assert.equal(send(alone), SendResult.Sent);
    await until(() => alone.stats.sendFailures === 1, 'the error');
    now += 37_000;
    assert.equal(send(alone), SendResult.LinkDown, 'a quarter less than 50 ms is the shortest pause');
    for (let count = 0; count < 5; count++) assert.equal(send(both), SendResult.Sent);
    await until(() => sink.frames === 5, 'all frames at the peer that can be reached');
    now += 26_000;
    assert.equal(send(alone), SendResult.Sent, 'another attempt, a quarter more than 50 ms later');
    await until(() => alone.stats.sendFailures === 2, 'the next error');
  } finally {
    for (const port of [alone, both, b]) port.close();
  }
});

test('a socket that fails is opened again', async () => {
  const segment = new UdpSegment();
  const heard = new Counter();
  const a = await openEnd(segment.a, heard);
  const b = await openEnd(segment.b);
  try {
    segment.takeLinkFromA();
    assert.equal(send(a), SendResult.LinkDown);
    await until(() => send(a) === SendResult.Sent, 'the socket to be back');
    await until(() => send(b) === SendResult.Sent && heard.frames > 0, 'a frame through the new socket');
  } finally {
    a.close();
    b.close();
  }
});

test('attempts grow apart up to a second, spread by a quarter, and begin anew after a success', () => {
  const delays = (random: () => number): number[] => {
    const backOff = new BackOff(random);
    let now = 0;
    return Array.from({ length: 7 }, () => {
      backOff.failed(now);
      backOff.failed(now);
      const delay = backOff.tryAgainAt - now;
      assert.ok(!backOff.isOver(backOff.tryAgainAt - 1));
      now = backOff.tryAgainAt;
      return delay;
    });
  };
  assert.deepEqual(
    delays(() => 0.5).map((us) => us / 1000),
    [50, 100, 200, 400, 800, 1000, 1000],
  );
  assert.equal(delays(() => 0)[0], 37_500);
  assert.ok(delays(() => 0.999_999).at(-1)! <= 1_250_000);
  const backOff = new BackOff(() => 0.5);
  backOff.failed(0);
  backOff.failed(60_000);
  backOff.succeeded();
  assert.ok(backOff.isOver(60_001));
  backOff.failed(70_000);
  assert.equal(backOff.tryAgainAt, 120_000);
});
