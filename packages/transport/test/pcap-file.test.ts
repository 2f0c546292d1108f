/** What the capture wrapper writes is read by a program that others wrote. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { buildProbe, IPV4_GROUP } from '../src/conformance/probe.ts';
import { createMemoryLan, type Medium, type Transport, withPcap } from '../src/index.ts';
import { VirtualClock } from './memory-segment.ts';

const WALL_CLOCK_US = 1_700_000_000_000_000;
const FIELDS = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'frame.protocols', 'ip.src', 'ip.proto'];

test('tshark reads the capture', { skip: obstacle() }, async () => {
  assert.deepEqual(await capture('ethernet'), [
    ['1700000001.000001000', '74', '74', 'eth:ethertype:ip:vrrp', '192.0.2.7', '112'],
    ['1700000002.234568000', '214', '214', 'eth:ethertype:ip:vrrp', '192.0.2.8', '112'],
  ]);
  assert.deepEqual(await capture('ip'), [
    ['1700000001.000001000', '60', '60', 'raw:ip:vrrp', '192.0.2.7', '112'],
    ['1700000002.234568000', '200', '200', 'raw:ip:vrrp', '192.0.2.8', '112'],
  ]);
});

/** Sends one frame, receives another, and returns what tshark finds in the capture. */
async function capture(medium: Medium): Promise<string[][]> {
  const clock = new VirtualClock();
  clock.forward(1);
  const station = createMemoryLan({ clock }).addStation({ interfaceName: 'lan0' });
  const parts: Uint8Array[] = [];
  const transport = withPcap(medium === 'ip' ? withoutLinkHeader(station.transport) : station.transport, {
    write: (bytes) => void parts.push(new Uint8Array(bytes)),
    wallClockOffsetUs: WALL_CLOCK_US,
  });
  const options = { interfaceName: 'lan0', filter: { ipProtocols: [112] }, groups: [IPV4_GROUP] };
  const port = await transport.open(options, { onFrame() {}, onFault() {} }, clock);
  const sent = buildProbe({ medium, serial: 1, sourceAddress: Uint8Array.of(192, 0, 2, 7) });
  port.send(sent, 0, sent.length);
  clock.forward(1_234_567);
  station.lan.inject(
    buildProbe({ medium: 'ethernet', serial: 2, sourceAddress: Uint8Array.of(192, 0, 2, 8), frameBytes: 214 }),
  );
  port.poll(10);
  port.close();
  return readWithTshark(Buffer.concat(parts));
}

/** The same LAN for who speaks IP only: 14 octets are put before what is sent and taken off what is received. */
function withoutLinkHeader(transport: Transport): Transport {
  return {
    ...transport,
    capabilities: Object.freeze({ ...transport.capabilities, medium: 'ip' as const }),
    async open(options, sink, host, signal) {
      const port = await transport.open(
        options,
        {
          onFrame: (frame) =>
            sink.onFrame(Object.assign(frame, { start: frame.start + 14, wireBytes: frame.wireBytes - 14 })),
          onFault: (error) => sink.onFault(error),
        },
        host,
        signal,
      );
      const header = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, 8, 0);
      port.send = (bytes, start, end) =>
        Object.getPrototypeOf(port).send.call(
          port,
          Buffer.concat([header, bytes.subarray(start, end)]),
          0,
          14 + end - start,
        );
      return port;
    },
  };
}

function readWithTshark(bytes: Uint8Array): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'locum-capture-'));
  try {
    const file = path.join(folder, 'capture.pcap');
    writeFileSync(file, bytes);
    const wanted = FIELDS.flatMap((field) => ['-e', field]);
    const result = spawnSync('tshark', ['-r', file, '-T', 'fields', ...wanted], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For `skip`: false, or why there is nothing to read captures with. */
function obstacle(): string | false {
  if (spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0) return false;
  return 'NOT RUN tshark reads the capture: tshark is not installed. Remedy: install the package tshark';
}
