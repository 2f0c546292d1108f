/**
 * A transport that writes a capture of everything it carries, in pcap format with nanosecond stamps.
 *
 * The caller gives the function that writes; nothing here opens a file. Packets of `sendRouted` are not in an Ethernet
 * capture, since the host adds their link header out of sight.
 */
import { type Capabilities, type Micros, SendResult, type Transport } from '../contract.ts';
import { type TraceRecord, withTrace } from './trace.ts';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINK_TYPE_ETHERNET = 1;
const LINK_TYPE_RAW_IP = 101;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const SNAP_BYTES = 65_535;

export interface PcapOptions {
  /** Takes the next part of the file; the bytes are lent until it returns. */
  readonly write: (bytes: Uint8Array) => void;
  /** Added to stamps of the monotonic clock to get time since 1970; 0 by default. */
  readonly wallClockOffsetUs?: Micros;
}

/** Writes the file header at once, then each frame that was received or sent. */
export function withPcap(inner: Transport, options: PcapOptions): Transport {
  const { write } = options;
  const offsetUs = options.wallClockOffsetUs ?? 0;
  const linkType = linkTypeOf(inner.capabilities);
  const scratch = new Uint8Array(RECORD_HEADER_BYTES + SNAP_BYTES);
  const words = new DataView(scratch.buffer);

  const writeRecord = (record: TraceRecord): void => {
    const received = record.kind === 'receive';
    const sent = record.result === SendResult.Sent && (record.kind === 'send' || isRoutedRecord(record, linkType));
    if (!received && !sent) return;
    const frameBytes = record.end - record.start;
    const savedBytes = Math.min(frameBytes, SNAP_BYTES);
    const at = record.at + offsetUs;
    const seconds = Math.floor(at / 1_000_000);
    words.setUint32(0, seconds, true);
    words.setUint32(4, (at - seconds * 1_000_000) * 1_000, true);
    words.setUint32(8, savedBytes, true);
    words.setUint32(12, frameBytes, true);
    for (let index = 0; index < savedBytes; index++) {
      scratch[RECORD_HEADER_BYTES + index] = record.bytes[record.start + index]!;
    }
    write(scratch.subarray(0, RECORD_HEADER_BYTES + savedBytes));
  };

  write(fileHeader(linkType));
  return withTrace(inner, writeRecord);
}

function linkTypeOf(capabilities: Capabilities): number {
  return capabilities.medium === 'ethernet' ? LINK_TYPE_ETHERNET : LINK_TYPE_RAW_IP;
}

function isRoutedRecord(record: TraceRecord, linkType: number): boolean {
  return record.kind === 'sendRouted' && linkType === LINK_TYPE_RAW_IP;
}

function fileHeader(linkType: number): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const words = new DataView(bytes.buffer);
  words.setUint32(0, MAGIC_NANOSECONDS, true);
  words.setUint16(4, 2, true);
  words.setUint16(6, 4, true);
  words.setUint32(16, SNAP_BYTES, true);
  words.setUint32(20, linkType, true);
  return bytes;
}
