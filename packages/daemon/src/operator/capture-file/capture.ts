/**
 * A capture file of either format, as a sequence of frames.
 */
import type { ByteSource } from './byte-source.ts';
import { CaptureError, type FrameSequence } from './captured-frame.ts';
import { isPcap, PCAP_HEADER_BYTES, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

const MAGIC_BYTES = 4;

/**
 * Reads the frames of a capture one after the other, without keeping them. The generator returns why it stopped where
 * the file is cut or damaged. Throws CaptureError for what is no capture, and whatever reading throws.
 */
export function* readCapture(source: ByteSource): FrameSequence {
  const magic = source.take(MAGIC_BYTES).slice();
  if (isPcapng(magic)) return yield* readPcapng(magic, source);
  if (isPcap(magic)) {
    const rest = source.take(PCAP_HEADER_BYTES - MAGIC_BYTES);
    const header = new Uint8Array(MAGIC_BYTES + rest.length);
    header.set(magic);
    header.set(rest, MAGIC_BYTES);
    return yield* readPcap(header, source);
  }
  throw notACapture(magic);
}

function notACapture(magic: Uint8Array): CaptureError {
  if (magic.length === 0) return new CaptureError('NOT_A_CAPTURE', 'the file is empty', 'Capture it again.');
  if (magic[0] === 0x1f && magic[1] === 0x8b) {
    return new CaptureError(
      'UNSUPPORTED_CAPTURE',
      'the file is compressed',
      'Unpack it first: gunzip -c FILE | locum decode -',
    );
  }
  return new CaptureError(
    'NOT_A_CAPTURE',
    'the file is neither pcap nor pcapng',
    'Write one with: tcpdump -w FILE. Hex digits go to --hex.',
  );
}
