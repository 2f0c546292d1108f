/** The memory LAN beyond what the conformance suite asks: time, cables, queues, and who hears what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenPort } from '../src/conformance/bench.ts';
import { buildProbe, IPV4_GROUP } from '../src/conformance/probe.ts';
import {
  createMemoryLan,
  createMemoryTransport,
  FrameFlag,
  type MemoryLan,
  type MemoryStation,
  SendResult,
} from '../src/index.ts';
import { VirtualClock } from './memory-segment.ts';

interface Setup {
  readonly clock: VirtualClock;
  readonly lan: MemoryLan;
  readonly stations: readonly MemoryStation[];
  readonly ports: readonly OpenPort[];
}

async function setUp(count: number, options: Partial<Parameters<typeof createMemoryLan>[0]> = {}): Promise<Setup> {
  const clock = new VirtualClock();
  const lan = createMemoryLan({ clock, latencyUs: 100, ...options });
  const stations = Array.from({ length: count }, () => lan.addStation({ interfaceName: 'lan0' }));
  const ports = await Promise.all(stations.map((station) => openOn(station, clock)));
  return { clock, lan, stations, ports };
}

async function openOn(station: MemoryStation, host: VirtualClock): Promise<OpenPort> {
  const opened = new OpenPort({ transport: station.transport, interfaceName: station.interfaceName }, host);
  const options = { interfaceName: station.interfaceName, filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] };
  opened.port = await station.transport.open(options, opened, host);
  return opened;
}

function send({ port }: OpenPort, serial: number): SendResult {
  const bytes = buildProbe({ medium: 'ethernet', serial });
  return port.send(bytes, 0, bytes.length);
}

function drain(setup: Setup): void {
  setup.clock.forward(1000);
  for (const { port } of setup.ports) port.poll(1000);
}

test('a frame arrives after the latency, and the LAN says when', async () => {
  const { clock, lan, ports } = await setUp(2);
  assert.equal(lan.nextDeliveryAt, Infinity);
  const sentAt = clock.now();
  send(ports[0]!, 1);
  assert.equal(lan.nextDeliveryAt, sentAt + 100);
  clock.forward(99);
  assert.equal(ports[1]!.port.poll(10), 0);
  clock.forward(1);
  assert.equal(lan.advance(clock.now()), 1);
  assert.equal(lan.nextDeliveryAt, Infinity);
  clock.forward(500);
  assert.equal(ports[1]!.port.poll(10), 1);
  assert.equal(ports[1]!.frames[0]!.at, sentAt + 100);
});

test('a lower latency lets later frames overtake', async () => {
  const setup = await setUp(2);
  send(setup.ports[0]!, 1);
  send(setup.ports[0]!, 2);
  setup.lan.latencyUs = 50;
  send(setup.ports[0]!, 3);
  setup.lan.latencyUs = 70;
  send(setup.ports[0]!, 4);
  drain(setup);
  assert.deepEqual(setup.ports[1]!.serials, [3, 4, 1, 2]);
});

test('frames are stamped on the clock of the host that receives them', async () => {
  const { clock, lan, ports } = await setUp(1);
  const host = { now: () => clock.now() + 5_000_000 };
  const station = lan.addStation({ interfaceName: 'lan0' });
  const opened = new OpenPort({ transport: station.transport, interfaceName: 'lan0' }, host);
  opened.port = await station.transport.open(
    { interfaceName: 'lan0', filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] },
    opened,
    host,
  );
  const sentAt = clock.now();
  send(ports[0]!, 1);
  clock.forward(300);
  opened.port.poll(10);
  assert.equal(opened.frames[0]!.at, sentAt + 100 + 5_000_000);
});

const CUTS: readonly [string, (setup: Setup) => void, number[][]][] = [
  [
    'nothing cut',
    () => {},
    [
      [2, 3],
      [1, 3],
      [1, 2],
    ],
  ],
  ['a cable cut', ({ stations }) => stations[0]!.cut(), [[], [3], [2]]],
  ['a station mute', ({ stations }) => stations[0]!.cut('send'), [[2, 3], [3], [2]]],
  ['a station deaf', ({ stations }) => stations[0]!.cut('receive'), [[], [1, 3], [1, 2]]],
  ['one way cut', ({ lan, stations }) => lan.cut(stations[0]!, stations[1]!), [[2, 3], [3], [1, 2]]],
  ['no carrier', ({ stations }) => stations[2]!.setCarrier(false), [[2], [1], []]],
];

for (const [name, cut, heard] of CUTS) {
  test(`who hears whom with ${name}, and again after healing`, async () => {
    const setup = await setUp(3);
    cut(setup);
    const round = () => {
      setup.ports.forEach((port, index) => void send(port, index + 1));
      drain(setup);
      return setup.ports.map((port) => port.frames.splice(0).map(({ serial }) => serial));
    };
    assert.deepEqual(round(), heard);
    setup.lan.healAll();
    setup.stations[2]!.setCarrier(true);
    assert.deepEqual(round(), CUTS[0]![2]);
  });
}

test('send says LinkDown without a carrier', async () => {
  const { stations, ports } = await setUp(2);
  stations[0]!.setCarrier(false);
  assert.equal(send(ports[0]!, 1), SendResult.LinkDown);
});

test('unicast to another station and groups that nobody joined are flooded in vain', async () => {
  const setup = await setUp(3);
  const [first, second, third] = setup.ports;
  const unicast = buildProbe({ medium: 'ethernet', serial: 1, destinationMac: setup.stations[1]!.mac });
  const elsewhere = buildProbe({ medium: 'ethernet', serial: 2, destinationMac: Uint8Array.of(1, 0, 0x5e, 0, 0, 9) });
  const everybody = buildProbe({ medium: 'ethernet', serial: 3, destinationMac: new Uint8Array(6).fill(0xff) });
  for (const bytes of [unicast, elsewhere, everybody]) first!.port.send(bytes, 0, bytes.length);
  drain(setup);
  assert.deepEqual([second!.serials, third!.serials], [[1, 3], [3]]);
});

test('a full queue drops the newest frame and counts it', async () => {
  const setup = await setUp(2, { queueFrames: 3 });
  for (let serial = 1; serial <= 5; serial++) send(setup.ports[0]!, serial);
  drain(setup);
  assert.deepEqual(setup.ports[1]!.serials, [1, 2, 3]);
  assert.equal(setup.ports[1]!.port.stats.framesDropped, 2);
});

test('a full wire says Busy until frames have arrived', async () => {
  const { clock, ports } = await setUp(2, { maxFramesInFlight: 2 });
  assert.deepEqual([send(ports[0]!, 1), send(ports[0]!, 2), send(ports[0]!, 3)], [0, 0, SendResult.Busy]);
  clock.forward(100);
  assert.equal(send(ports[0]!, 4), SendResult.Sent);
});

test('a frame longer than the LAN carries arrives cut, and says so', async () => {
  const setup = await setUp(1, { maxFrameBytes: 128 });
  setup.lan.inject(buildProbe({ medium: 'ethernet', serial: 1, frameBytes: 500 }));
  drain(setup);
  const [frame] = setup.ports[0]!.frames;
  assert.equal(frame!.end - frame!.start, 128);
  assert.equal(frame!.wireBytes, 500);
  assert.equal(frame!.flags & FrameFlag.Truncated, FrameFlag.Truncated);
});

test('a removed interface delivers what had arrived, then its fault, then nothing', async () => {
  const setup = await setUp(2);
  const [first, second] = setup.ports;
  send(first!, 1);
  setup.clock.forward(200);
  setup.lan.advance(setup.clock.now());
  setup.stations[1]!.remove();
  drain(setup);
  assert.deepEqual(second!.calls, ['frame', 'fault']);
  assert.equal(second!.faults[0]!.code, 'LINK_GONE');
  await assert.rejects(openOn(setup.stations[1]!, setup.clock), { code: 'NO_SUCH_INTERFACE' });
});

test('one transport opens interfaces on several LANs', async () => {
  const clock = new VirtualClock();
  const left = createMemoryLan({ clock }).addStation({ interfaceName: 'left' });
  const right = createMemoryLan({ clock }).addStation({ interfaceName: 'right' });
  const transport = createMemoryTransport([left, right]);
  const opened = new OpenPort({ transport, interfaceName: 'right' }, clock);
  opened.port = await transport.open(
    { interfaceName: 'right', filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] },
    opened,
    clock,
  );
  left.lan.inject(buildProbe({ medium: 'ethernet', serial: 1 }));
  right.lan.inject(buildProbe({ medium: 'ethernet', serial: 2 }));
  opened.port.poll(10);
  assert.deepEqual(opened.serials, [2]);
});

test('the observer sees each frame as it is sent, with its sender', async () => {
  const seen: [MemoryStation | undefined, number][] = [];
  const setup = await setUp(2, { observer: (from, _bytes, start, end) => void seen.push([from, end - start]) });
  send(setup.ports[1]!, 1);
  setup.lan.inject(buildProbe({ medium: 'ethernet', serial: 2, frameBytes: 90 }));
  assert.deepEqual(seen, [
    [setup.stations[1], 74],
    [undefined, 90],
  ]);
});
