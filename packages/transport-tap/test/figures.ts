/**
 * Run as a program: measures the figures of this package's README in namespaces, and prints them. Needs iperf3 for the
 * last one, and a machine that does nothing else.
 *
 *   figures.js [death] [carry] [adverts] [tcp]
 */
import { spawn, spawnSync } from 'node:child_process';
import { monotonicUs, NetlinkMonitor, write } from '@locum/linux';
import { rawTransport } from '@locum/transport-raw';
import { EchoClient, EchoServer } from './echo.ts';
import { ADDRESS, DEVICE, Holding, MAC } from './holding.ts';
import { INTERFACE, inNamespace, until, WireSegment } from './segment.ts';

const DEATHS = 20;
const HOLD_MS = 4000;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const round = (value: number): number => Math.round(value * 100) / 100;

/** From SIGKILL to the kernel's news that the device is gone, and to the last answer that a client got, in ms. */
async function measureDeath(): Promise<void> {
  const gone: number[] = [];
  const lastAnswer: number[] = [];
  for (let count = 0; count < DEATHS; count++) {
    const segment = await new WireSegment(2).ready();
    const holding = await new Holding(segment.a).ready();
    const server = new EchoServer(segment.a, ADDRESS);
    const asking = new EchoClient(segment.b, ADDRESS);
    const monitor = segment.a.namespace.run(() => new NetlinkMonitor([], 'links'));
    let goneAt = 0;
    const handler = {
      onLink: (link: { name: string }, removed: boolean) => {
        if (removed && link.name === DEVICE) goneAt = monotonicUs();
      },
      onAddress() {},
      onResync() {},
    };
    let answeredAt = 0;
    const turn = (): void => {
      asking.ask();
      server.poll();
      const before = asking.answers;
      asking.poll();
      if (asking.answers > before) answeredAt = monotonicUs();
      monitor.drain(handler);
    };
    await until(() => {
      turn();
      return asking.answers > 100;
    }, 'answers');
    const killedAt = monotonicUs();
    holding.kill();
    while (goneAt === 0) turn();
    for (let after = 0; after < 1000; after++) turn();
    gone.push((goneAt - killedAt) / 1000);
    lastAnswer.push(Math.max(answeredAt - killedAt, 0) / 1000);
    for (const part of [server, asking, monitor, segment]) part.close();
  }
  const worst = Math.max(...gone);
  const worstAnswer = Math.max(...lastAnswer);
  console.log(`SIGKILL to device gone: median ${round(median(gone))} ms, worst ${round(worst)} ms of ${DEATHS}`);
  console.log(`SIGKILL to last answer: median ${round(median(lastAnswer))} ms, worst ${round(worstAnswer)} ms`);
}

/** A UDP datagram for the address, of so many octets as a frame, to the port that an EchoServer has. */
function datagram(frameBytes: number): Uint8Array {
  const frame = new Uint8Array(frameBytes);
  const view = new DataView(frame.buffer);
  const bytes = frameBytes - 14;
  frame.set(MAC);
  frame.set([2, 0, 0, 0, 0, 9, 0x08, 0x00, 0x45], 6);
  view.setUint16(16, bytes);
  frame.set([64, 17], 22);
  frame.set([192, 0, 2, 2, ...ADDRESS], 26);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  view.setUint16(24, ~((sum & 0xffff) + (sum >> 16)));
  view.setUint16(34, 9999);
  view.setUint16(36, 4112);
  view.setUint16(38, bytes - 20);
  return frame;
}

/** Distance of each advert from the one before, beyond the interval of 10 ms, in us. */
class Spacing {
  readonly errors: number[] = [];
  #last = 0;

  onFrame({ at }: { at: number }): void {
    if (this.#last > 0) this.errors.push(Math.abs(at - this.#last - 10_000));
    this.#last = at;
  }

  onFault(): void {}

  get text(): string {
    const sorted = this.errors.sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!;
    return `${sorted.length} adverts, spacing error median ${at(0.5)} us, 99 % ${at(0.99)} us, worst ${at(1)} us`;
  }
}

/** Sends as fast as it goes to the holder, or not at all with 0 octets; frames carried and adverts meanwhile. */
async function measureCarrying(frameBytes: number): Promise<void> {
  const segment = await new WireSegment(2).ready();
  const sink = new EchoServer(segment.a, new Uint8Array(4));
  const spacing = new Spacing();
  const options = { interfaceName: INTERFACE, filter: { ipProtocols: [112] }, groups: [] };
  const port = await inNamespace(segment.b.namespace, rawTransport).open(options, spacing, { now: monotonicUs });
  const holding = await new Holding(segment.a, HOLD_MS).ready();
  const frame = datagram(Math.max(frameBytes, 60));
  let sent = 0;
  const startedAt = monotonicUs();
  while (!holding.ended) {
    for (let turn = 0; turn < 20; turn++) {
      for (let index = 0; frameBytes > 0 && index < 100; index++)
        if (write(port.fd, frame, 0, frame.length) > 0) sent++;
      port.poll(64);
    }
    await new Promise<void>((resolve) => setTimeout(resolve, frameBytes > 0 ? 0 : 1));
  }
  const seconds = (monotonicUs() - startedAt) / 1e6;
  const carried = JSON.parse(holding.output.split('\n')[1]!) as Record<string, number>;
  const cpu = frameBytes > 0 ? `, ${round(carried.cpuUs! / carried.framesToStations!)} us of CPU each` : '';
  const rate = Math.round(carried.framesToStations! / (HOLD_MS / 1000));
  console.log(
    `${frameBytes} octets: offered ${Math.round(sent / seconds)}/s, carried ${rate}/s${cpu}, dropped ${carried.framesDropped}; ${spacing.text}`,
  );
  port.close();
  sink.close();
  segment.close();
}

/** One TCP stream to the address by the virtual MAC, and to the interface without, in turn. */
async function measureTcp(): Promise<void> {
  if (spawnSync('iperf3', ['--version']).status !== 0) return console.log('NOT RUN tcp: iperf3 is not installed');
  const segment = await new WireSegment(2).ready();
  const holding = await new Holding(segment.a).ready();
  const server = segment.a.namespace.run(() =>
    spawn('iperf3', ['-s', '--forceflush'], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  await new Promise((resolve) => server.stdout!.once('data', resolve));
  for (const address of [ADDRESS, segment.a.address, ADDRESS, segment.a.address]) {
    const target = address.join('.');
    const { stdout } = segment.b.namespace.run(() => spawnSync('iperf3', ['-J', '-t', '3', '-c', target]));
    const { end } = JSON.parse(stdout.toString()) as { end: { sum_received: { bits_per_second: number } } };
    const gigabits = round(end.sum_received.bits_per_second / 1e9);
    console.log(`TCP to the ${address === ADDRESS ? 'virtual MAC' : 'interface'}: ${gigabits} Gbit/s`);
  }
  server.kill();
  holding.kill();
  segment.close();
}

const wanted = process.argv.slice(2);
const asked = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
if (asked('death')) await measureDeath();
if (asked('adverts')) await measureCarrying(0);
if (asked('carry')) for (const bytes of [64, 1500, 64, 1500]) await measureCarrying(bytes);
if (asked('tcp')) await measureTcp();
