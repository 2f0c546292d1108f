import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { ByteSource } from '../../src/operator/capture-file/byte-source.ts';
import { readCapture } from '../../src/operator/capture-file/capture.ts';
import { type CapturedFrame, CaptureError } from '../../src/operator/capture-file/captured-frame.ts';
import {
  block,
  concatenated,
  enhancedBlock,
  interfaceBlock,
  Octets,
  pcap,
  sectionBlock,
  simpleBlock,
  simplePcap,
} from './capture-writer.ts';

const LITTLE = { littleEndian: true };
const BIG = { littleEndian: false };
const FIRST = Uint8Array.of(1, 2, 3, 4, 5);
const SECOND = Uint8Array.of(6, 7);

interface Contents {
  readonly frames: readonly CapturedFrame[];
  readonly end: string | undefined;
}

function read(bytes: Uint8Array): Contents {
  const frames: CapturedFrame[] = [];
  const sequence = readCapture(ByteSource.of(bytes));
  for (;;) {
    const step = sequence.next();
    if (step.done === true) return { frames, end: step.value };
    frames.push(step.value);
  }
}

test('pcap is read in both byte orders and both resolutions', () => {
  for (const { littleEndian } of [LITTLE, BIG]) {
    for (const nanoseconds of [false, true]) {
      const fraction = nanoseconds ? 123_456_499 : 123_456;
      const { frames, end } = read(
        pcap({ littleEndian, nanoseconds, linkType: 0x1400_0001 }, [
          { seconds: 1_700_000_000, fraction, bytes: FIRST, wireBytes: 1000 },
          { seconds: 0xffff_ffff, fraction: 0, bytes: SECOND },
        ]),
      );
      equal(end, undefined);
      deepEqual(
        frames.map(({ number, atUs, linkType, wireBytes }) => [number, atUs, linkType, wireBytes]),
        [
          [1, 1_700_000_000_123_456, 1, 1000],
          [2, 4_294_967_295_000_000, 1, 2],
        ],
      );
      deepEqual(
        frames.map(({ bytes }) => [...bytes]),
        [[...FIRST], [...SECOND]],
      );
    }
  }
});

test('pcapng is read in both byte orders, over sections, interfaces and unknown blocks', () => {
  for (const endian of [LITTLE, BIG]) {
    const other = endian === LITTLE ? BIG : LITTLE;
    const nanoseconds = [9, Uint8Array.of(9)] as const;
    const binary = [9, Uint8Array.of(0x80 | 20)] as const;
    const offset = [14, new Octets(endian).number(-10n, 8).written] as const;
    const { frames, end } = read(
      concatenated(
        sectionBlock(endian),
        block(endian, 0x0bad, new Octets(endian).bytes([9, 9, 9, 9])),
        interfaceBlock(endian, 1),
        interfaceBlock(endian, 101, [[2, Uint8Array.of(65)], nanoseconds]),
        interfaceBlock(endian, 113, [binary, offset]),
        enhancedBlock(endian, 0, 1_700_000_000_000_001n, FIRST),
        enhancedBlock(endian, 1, 1_700_000_000_123_456_500n, SECOND),
        enhancedBlock(endian, 2, 100n << 20n, SECOND),
        simpleBlock(endian, FIRST, 3),
        sectionBlock(other),
        interfaceBlock(other, 276, [], 4),
        simpleBlock(other, FIRST),
        enhancedBlock(other, 0, 5n, SECOND),
      ),
    );
    equal(end, undefined);
    deepEqual(
      frames.map(({ number, atUs, linkType, bytes }) => [number, atUs, linkType, [...bytes]]),
      [
        [1, 1_700_000_000_000_001, 1, [1, 2, 3, 4, 5]],
        [2, 1_700_000_000_123_457, 101, [6, 7]],
        [3, 90_000_000, 113, [6, 7]],
        [4, undefined, 1, [1, 2, 3]],
        [5, undefined, 276, [1, 2, 3, 4]],
        [6, 5, 276, [6, 7]],
      ],
    );
  }
});

const captures: readonly (readonly [format: string, bytes: Uint8Array, headerBytes: number])[] = [
  ['pcap', simplePcap(1, [FIRST, SECOND]), 24],
  [
    'pcapng',
    concatenated(
      sectionBlock(LITTLE),
      interfaceBlock(LITTLE, 1, [[9, Uint8Array.of(9)]]),
      enhancedBlock(LITTLE, 0, 1n, FIRST),
      simpleBlock(LITTLE, SECOND),
    ),
    28,
  ],
];

test('a capture that is cut anywhere gives what is whole and says so', () => {
  for (const [format, bytes, headerBytes] of captures) {
    let partial = 0;
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (length < headerBytes) {
        throws(() => read(cut), CaptureError, `${format} ${length}`);
      } else {
        const { frames, end } = read(cut);
        ok(frames.length < 2, `${format} ${length}`);
        if (end !== undefined) partial++;
      }
    }
    ok(partial > (bytes.length - headerBytes) / 2, format);
  }
});

test('no change of one octet does more than end the reading', () => {
  for (const [format, bytes] of captures) {
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          for (const frame of read(damaged).frames) ok(frame.wireBytes >= frame.bytes.length, `${format} ${at}`);
        } catch (error) {
          ok(error instanceof CaptureError, `${format} ${at} ${value}: ${String(error)}`);
        }
      }
    }
  }
});

test('what is no capture is named', () => {
  const cases: readonly (readonly [bytes: Uint8Array, message: RegExp])[] = [
    [new Uint8Array(0), /empty/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /compressed/],
    [Buffer.from('vrrp_instance'), /neither pcap nor pcapng/],
    [Uint8Array.of(1), /neither pcap nor pcapng/],
  ];
  for (const [bytes, message] of cases) throws(() => read(bytes), message);
});

test('what was taken from a source stays as it is while more is read', () => {
  const bytes = Uint8Array.from({ length: 2_000_000 }, (_, index) => (index * 7) & 0xff);
  const source = ByteSource.of(bytes);
  const taken: Uint8Array[] = [];
  for (let length = 1; ; length += 977) {
    const part = source.take(length);
    if (part.length === 0) break;
    taken.push(part);
  }
  deepEqual(Buffer.concat(taken).equals(bytes), true);
  equal(ByteSource.of(bytes).skip(3_000_000), 2_000_000);
});
