/**
 * The classic capture format, pcap: a file header, then a record header and the octets of each frame.
 *
 * Both byte orders, microseconds and nanoseconds. The format has no checksums, so a length that makes no sense ends the
 * reading.
 */
import type { ByteSource } from './byte-source.ts';
import { CaptureError, type FrameSequence, LONGEST_RECORD_BYTES } from './captured-frame.ts';

/** Octets of the file header, and where its fields are. */
export const PCAP_HEADER_BYTES = 24;
const VERSION_MAJOR = 4;
const LINK_TYPE = 20;

const RECORD_HEADER_BYTES = 16;
const SECONDS = 0;
const FRACTION = 4;
const CAPTURED_BYTES = 8;
const WIRE_BYTES = 12;

/** The magic number as it reads in the byte order of the file, by the divisor that makes microseconds. */
const FRACTIONS_PER_MICROSECOND: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1],
  [0xa1b23c4d, 1000],
]);

/** Whether the first four octets are those of a pcap file, in either byte order. */
export function isPcap(magic: Uint8Array): boolean {
  return orderOf(magic) !== undefined;
}

function orderOf(magic: Uint8Array): { littleEndian: boolean; divisor: number } | undefined {
  if (magic.length < 4) return undefined;
  const view = viewOf(magic);
  for (const littleEndian of [true, false]) {
    const divisor = FRACTIONS_PER_MICROSECOND.get(view.getUint32(0, littleEndian));
    if (divisor !== undefined) return { littleEndian, divisor };
  }
  return undefined;
}

/** Reads the frames behind `header`, the first {@link PCAP_HEADER_BYTES} octets of the file. Throws CaptureError. */
export function* readPcap(header: Uint8Array, source: ByteSource): FrameSequence {
  const order = orderOf(header);
  if (order === undefined || header.length < PCAP_HEADER_BYTES) {
    throw new CaptureError('NOT_A_CAPTURE', 'the file ends inside the pcap header', 'Capture it again.');
  }
  const { littleEndian, divisor } = order;
  const view = viewOf(header);
  const major = view.getUint16(VERSION_MAJOR, littleEndian);
  if (major !== 2) {
    throw new CaptureError('UNSUPPORTED_CAPTURE', `pcap version ${major} is not known`, 'Write it with tcpdump -w.');
  }
  // The upper bits tell about frame check sequences.
  const linkType = view.getUint32(LINK_TYPE, littleEndian) & 0x03ffffff;
  for (let number = 1; ; number++) {
    const record = source.take(RECORD_HEADER_BYTES);
    if (record.length === 0) return undefined;
    if (record.length < RECORD_HEADER_BYTES) return `it ends inside the header of frame ${number}`;
    const fields = viewOf(record);
    const length = fields.getUint32(CAPTURED_BYTES, littleEndian);
    if (length > LONGEST_RECORD_BYTES) return `frame ${number} claims ${length} octets, so it is damaged there`;
    const bytes = source.take(length);
    if (bytes.length < length) return `it ends inside frame ${number}`;
    const fraction = Math.round(fields.getUint32(FRACTION, littleEndian) / divisor);
    yield {
      number,
      atUs: fields.getUint32(SECONDS, littleEndian) * 1e6 + fraction,
      linkType,
      bytes,
      wireBytes: Math.max(length, fields.getUint32(WIRE_BYTES, littleEndian)),
    };
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
