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
/** Well below what the kernel lets wait on a CPU (net.core.netdev_max_backlog): beyond it, frames are lost uncounted. */
const BURST = 500;
const BURSTS = 80;
const WARM_UP_BURSTS = 40;
/** So often in a row a poll finds nothing, about a second long, when a frame was lost. */
const EMPTY_POLLS = 1_000_000;

/** What the sink computes, in a place that takes numbers without allocating: octets, latest arrival. */
const totals = new Float64Array(2);
const sink = {
  onFrame(frame: Frame): void {
    totals[0] = totals[0]! + frame.end - frame.start;
    totals[1] = frame.at;
  },
  onFault(): void {},
};

const options = {
  interfaceName: INTERFACE,
  filter: { ipProtocols: [112] },
  groups: [IPV4_GROUP, IPV6_GROUP],
  extra: { ring_frames: '4096' },
};
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

/** Takes `count` frames, or fewer when one does not come. */
function receiveBurst(count: number): void {
  let received = 0;
  for (let empty = 0; received < count && empty < EMPTY_POLLS; ) {
    const taken = a.poll(4);
    received += taken;
    empty = taken === 0 ? empty + 1 : 0;
  }
}

/** Cost of one frame, a figure for each burst. */
const figures = { sendHeapBytes: [], receiveHeapBytes: [], sendNs: [], receiveNs: [] } as Record<string, number[]>;

/** Takes heap and time of both directions. The collector does not run in between, so that growth is allocation. */
function burst(measured: boolean): void {
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
  if (!measured || a.stats.framesReceived - arrived !== BURST) return;
  figures.sendHeapBytes!.push((sentHeap - heap) / BURST);
  figures.receiveHeapBytes!.push((endHeap - beginHeap) / BURST);
  figures.sendNs!.push(((sentAt - at) * 1e6) / BURST);
  figures.receiveNs!.push(((end - begin) * 1e6) / BURST);
}

/** The middle figure: a burst in which the engine recompiled something is not the rule. */
function median(values: number[]): number {
  return values.sort((first, second) => first - second)[values.length >> 1]!;
}

await until(() => b.send(arena, 100, 100 + frame.length) === 0 && a.poll(1) > 0, 'the first frame');
while (a.poll(64) > 0);
// The collector throws optimised code away, so the second half of the warm-up comes after it.
for (let index = 0; index < WARM_UP_BURSTS; index++) burst(false);
(globalThis as { gc?: () => void }).gc!();
for (let index = 0; index < WARM_UP_BURSTS; index++) burst(false);
for (let index = 0; index < BURSTS; index++) burst(true);
const frames = figures.sendNs!.length * BURST;
const medians = Object.entries(figures).map(([name, values]) => [name, median(values)]);
console.log(JSON.stringify({ frames, dropped: a.stats.framesDropped, ...Object.fromEntries(medians) }));
a.close();
b.close();
segment.close();
