/**
 * Run as a program with --expose-gc and a young generation that is never collected on its own: sends and receives
 * many frames and prints, as JSON, what one cost in heap octets and nanoseconds.
 */
import { monotonicUs } from '@locum/linux';
import type { Frame } from '@locum/transport';
import { IPV4_GROUP, IPV6_GROUP, ipv4Frame, pattern } from './frames.ts';
import { INTERFACE, RawSegment, until } from './segment.ts';

/** A VRRP version 2 advertisement with 255 addresses. */
const PACKET_BYTES = 8 + 255 * 4 + 8;
const BURST = 500;
const BURSTS = 60;
const WARM_UP_BURSTS = 20;

let octets = 0;
let lastAt = 0;
const sink = {
  onFrame(frame: Frame): void {
    octets += frame.end - frame.start + frame.bytes[frame.start + 14]!;
    if (frame.at > lastAt) lastAt = frame.at;
  },
  onFault(): void {},
};

const options = { interfaceName: INTERFACE, filter: { ipProtocols: [112] }, groups: [IPV4_GROUP, IPV6_GROUP] };
const segment = await new RawSegment().ready();
const clock = { now: monotonicUs };
const a = await segment.a.transport.open(options, sink, clock);
const b = await segment.b.transport.open(options, sink, clock);
const frame = ipv4Frame(112, pattern(PACKET_BYTES));
const arena = new Uint8Array(8192);
arena.set(frame, 100);

function sendBurst(): void {
  for (let index = 0; index < BURST; index++) b.send(arena, 100, 100 + frame.length);
}

function receiveBurst(count: number): number {
  let received = 0;
  while (received < count) received += a.poll(64);
  return received;
}

const cost = { sendHeapBytes: 0, receiveHeapBytes: 0, sendNs: 0, receiveNs: 0, frames: 0, dropped: 0 };

/** Adds up heap and time of one direction; the collector runs before, so that growth is allocation. */
function burst(count: boolean): void {
  const collect = (globalThis as { gc?: () => void }).gc!;
  collect();
  const heap = process.memoryUsage().heapUsed;
  const at = performance.now();
  sendBurst();
  const sentAt = performance.now();
  const sentHeap = process.memoryUsage().heapUsed;
  // Frames cross the switch before send returns, or shortly after; waiting is no part of the cost.
  const arrived = a.stats.framesReceived;
  const begin = performance.now();
  const beginHeap = process.memoryUsage().heapUsed;
  receiveBurst(BURST);
  const end = performance.now();
  const endHeap = process.memoryUsage().heapUsed;
  if (!count || a.stats.framesReceived - arrived !== BURST) return;
  cost.frames += BURST;
  cost.sendHeapBytes += sentHeap - heap;
  cost.receiveHeapBytes += endHeap - beginHeap;
  cost.sendNs += (sentAt - at) * 1e6;
  cost.receiveNs += (end - begin) * 1e6;
}

await until(() => b.send(arena, 100, 100 + frame.length) === 0 && a.poll(1) > 0, 'the first frame');
while (a.poll(64) > 0);
for (let index = 0; index < WARM_UP_BURSTS + BURSTS; index++) burst(index >= WARM_UP_BURSTS);
cost.dropped = a.stats.framesDropped;
for (const key of ['sendHeapBytes', 'receiveHeapBytes', 'sendNs', 'receiveNs'] as const) cost[key] /= cost.frames;
console.log(JSON.stringify(cost));
a.close();
b.close();
segment.close();
