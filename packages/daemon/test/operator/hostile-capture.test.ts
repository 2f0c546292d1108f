import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Discard } from '@locum/protocol';
import { DEFAULT_CONTEXT, portOfContext } from '../../src/operator/decode/decode-context.ts';
import type { Finding } from '../../src/operator/decode/finding.ts';
import { FrameDecoder } from '../../src/operator/decode/frame-decoder.ts';
import { HumanReport } from '../../src/operator/decode/human-report.ts';
import { formatJsonLine } from '../../src/operator/decode/json-line.ts';
import { PLAIN } from '../../src/operator/output.ts';
import { hex, simplePcap, temporaryFile } from './capture-writer.ts';
import { parsed, runLocum } from './recording.ts';
import { adverts, announcements } from './vectors.ts';

const decoder = new FrameDecoder(portOfContext({ ...DEFAULT_CONTEXT, vrids: 'any' }));
const report = new HumanReport({
  print: (text) => equal(/[^\n\x20-\x7e]/.test(text), false, text),
  complain: () => {},
  palette: PLAIN,
});

/** Decodes, and shows the finding in both forms, which must go well whatever is in the frame. */
function show(bytes: Uint8Array, linkType: number): Finding | undefined {
  const frame = { number: 1, atUs: 0, linkType, bytes, wireBytes: bytes.length };
  const finding = decoder.decode(frame) ?? decoder.decode(frame, true);
  if (finding === undefined) return undefined;
  report.add(finding);
  equal(typeof JSON.parse(formatJsonLine(finding)), 'object');
  return finding;
}

test('every prefix and every damaged octet of every vector can be shown', () => {
  const frames = [
    ...adverts.filter(({ link }) => link === 'ip').map((vector) => [hex(vector.hex).subarray(0, 200), 101] as const),
    ...announcements.map((vector) => [hex(vector.hex), 1] as const),
  ];
  for (const [bytes, linkType] of frames) {
    for (let length = 0; length <= bytes.length; length++) show(bytes.subarray(0, length), linkType);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] = damaged[at]! ^ 0xff;
      show(damaged, linkType);
    }
  }
});

test('random octets can be shown for every link type', () => {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: random() % 80 }, () => random() & 0xff);
    if (bytes.length > 14 && round % 2 === 0)
      bytes.set(
        [
          [0x08, 0x00],
          [0x86, 0xdd],
          [0x08, 0x06],
        ][round % 3]!,
        12,
      );
    show(bytes, [0, 1, 101, 108, 113, 228, 229, 276][round % 8]!);
  }
});

test('a frame that the capture cut short is named so', async (context) => {
  const whole = hex(adverts.find(({ name }) => name === 'v3-ip4-20addr-pseudo')!.hex);
  const file = simplePcap(101, [whole.subarray(0, 60)]);
  new DataView(file.buffer).setUint32(24 + 12, whole.length, true);
  const path = temporaryFile(context, 'short.pcap', file);
  const line = parsed(await runLocum('decode', '--json', path))[0]!;
  equal(line.error, 'IP_TRUNCATED');
  equal(line.missing_bytes, whole.length - 60);
  const text = (await runLocum('decode', path)).out.join('\n');
  ok(text.includes('tcpdump -s 0'), text);
});

test('a truncated file gives its whole frames and a complaint', async (context) => {
  const advert = hex(adverts[0]!.hex);
  const file = simplePcap(101, [advert, advert]);
  const path = temporaryFile(context, 'cut.pcap', file.subarray(0, file.length - 3));
  const run = await runLocum('decode', '--json', path);
  equal(run.status, 0);
  equal(run.out.length, 1);
  ok(run.err[0]!.includes('it ends inside frame 2'), run.err[0]);
});

test('a wrong protocol and an impossible IP version are shown when they were meant for the group', () => {
  const advert = hex(adverts.find(({ name }) => name === 'v3-ip4-1addr-pseudo')!.hex);
  const changed = (at: number, value: number, checksum: number): Uint8Array => {
    const bytes = advert.slice();
    bytes[at] = value;
    bytes[10] = checksum >> 8;
    bytes[11] = checksum & 0xff;
    return bytes;
  };
  const verdict = (bytes: Uint8Array): Discard | undefined => {
    const finding = show(bytes, 101);
    return finding?.kind === 'advert' ? finding.verdict : undefined;
  };
  equal(verdict(changed(9, 113, 0x1898)), Discard.IpBadProto);
  equal(verdict(changed(0, 0x55, 0x1899)), Discard.IpBadVersion);
});
