/**
 * The block-structured capture format, pcapng, which Wireshark writes.
 *
 * Read: section headers (which set the byte order), interfaces with their link type and clock, enhanced and simple
 * packet blocks. All other blocks are passed over by their length.
 */
import type { ByteSource } from './byte-source.ts';
import { type CapturedFrame, CaptureError, type FrameSequence, LONGEST_RECORD_BYTES } from './captured-frame.ts';

const BlockType = { Interface: 1, SimplePacket: 3, EnhancedPacket: 6, Section: 0x0a0d0d0a } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Block type and total length in front of the body, and the total length again behind it. */
const BLOCK_HEADER_BYTES = 8;
const BLOCK_OVERHEAD_BYTES = 12;

/** Inside the bodies. */
const INTERFACE_OPTIONS = 8;
const INTERFACE_SNAP_LENGTH = 4;
const ENHANCED_DATA = 20;
const SIMPLE_DATA = 4;

const Option = { End: 0, TimestampResolution: 9, TimestampOffset: 14 } as const;

interface Interface {
  readonly linkType: number;
  /** 0 for no limit. */
  readonly snapBytes: number;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** Whether the first four octets open a section header. */
export function isPcapng(magic: Uint8Array): boolean {
  return magic.length >= 4 && new DataView(magic.buffer, magic.byteOffset).getUint32(0) === BlockType.Section;
}

interface Block {
  readonly type: number;
  readonly body: DataView;
}

/** Reads blocks and keeps what later ones depend on: byte order and interfaces of the section. */
class BlockReader {
  readonly source: ByteSource;
  littleEndian = true;
  readonly interfaces: Interface[] = [];
  /** Octets at the start of the file that the caller has read already. */
  #pending: Uint8Array;

  constructor(source: ByteSource, pending: Uint8Array) {
    this.source = source;
    this.#pending = pending;
  }

  /** The next block; undefined at an orderly end; a clause where the file is cut or damaged. */
  next(): Block | string | undefined {
    const header = this.#take(BLOCK_HEADER_BYTES);
    if (header.length === 0) return undefined;
    if (header.length < BLOCK_HEADER_BYTES) return 'it ends inside the header of a block';
    const start = viewOf(header);
    const isSection = start.getUint32(0) === BlockType.Section;
    const type = isSection ? BlockType.Section : start.getUint32(0, this.littleEndian);
    if (!isSection) return this.#body(type, start.getUint32(4, this.littleEndian), new Uint8Array(0));
    const magic = this.source.take(4);
    if (magic.length < 4) return 'it ends inside a section header';
    const littleEndian = viewOf(magic).getUint32(0, true) === BYTE_ORDER_MAGIC;
    if (!littleEndian && viewOf(magic).getUint32(0) !== BYTE_ORDER_MAGIC) return 'a section has no byte order';
    this.littleEndian = littleEndian;
    this.interfaces.length = 0;
    return this.#body(type, start.getUint32(4, littleEndian), magic);
  }

  #body(type: number, totalBytes: number, alreadyRead: Uint8Array): Block | string {
    const bodyBytes = totalBytes - BLOCK_OVERHEAD_BYTES;
    if (totalBytes % 4 !== 0 || bodyBytes < alreadyRead.length) return `a block claims ${totalBytes} octets`;
    const rest = bodyBytes - alreadyRead.length;
    const isWanted =
      type === BlockType.Interface || type === BlockType.EnhancedPacket || type === BlockType.SimplePacket;
    if (!isWanted) {
      if (this.source.skip(rest + 4) < rest + 4) return 'it ends inside a block';
      return { type, body: viewOf(alreadyRead) };
    }
    if (rest > LONGEST_RECORD_BYTES) return `a block claims ${totalBytes} octets`;
    const body = this.source.take(rest);
    const trailer = this.source.take(4);
    if (body.length < rest || trailer.length < 4) return 'it ends inside a block';
    if (viewOf(trailer).getUint32(0, this.littleEndian) !== totalBytes) return 'a block has two lengths that differ';
    return { type, body: viewOf(body) };
  }

  #take(count: number): Uint8Array {
    const pending = this.#pending;
    if (pending.length === 0) return this.source.take(count);
    this.#pending = new Uint8Array(0);
    const rest = this.source.take(count - pending.length);
    const whole = new Uint8Array(pending.length + rest.length);
    whole.set(pending);
    whole.set(rest, pending.length);
    return whole;
  }
}

/** Reads the frames of a file whose first four octets are `magic`. Throws CaptureError. */
export function* readPcapng(magic: Uint8Array, source: ByteSource): FrameSequence {
  const reader = new BlockReader(source, magic);
  const first = reader.next();
  if (typeof first === 'string')
    throw new CaptureError('NOT_A_CAPTURE', `not a pcapng file: ${first}`, 'Capture it again.');
  for (let number = 1; ; ) {
    const block = reader.next();
    if (block === undefined) return undefined;
    if (typeof block === 'string') return `${block} (after frame ${number - 1})`;
    if (block.type === BlockType.Interface) {
      const added = readInterface(block.body, reader.littleEndian);
      if (added === undefined) return `an interface is damaged (after frame ${number - 1})`;
      reader.interfaces.push(added);
    } else if (block.type === BlockType.EnhancedPacket || block.type === BlockType.SimplePacket) {
      const frame =
        block.type === BlockType.EnhancedPacket
          ? readEnhanced(number, block.body, reader)
          : readSimple(number, block.body, reader);
      if (frame === undefined) return `frame ${number} is damaged`;
      yield frame;
      number++;
    }
  }
}

function readInterface(body: DataView, littleEndian: boolean): Interface | undefined {
  if (body.byteLength < INTERFACE_OPTIONS) return undefined;
  let ticksPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (let at = INTERFACE_OPTIONS; at + 4 <= body.byteLength; ) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    if (code === Option.End || at + 4 + length > body.byteLength) break;
    if (code === Option.TimestampResolution && length >= 1) {
      const value = body.getUint8(at + 4);
      ticksPerSecond = value < 0x80 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
    }
    if (code === Option.TimestampOffset && length >= 8) offsetSeconds = body.getBigInt64(at + 4, littleEndian);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  const snapBytes = body.getUint32(INTERFACE_SNAP_LENGTH, littleEndian);
  return { linkType: body.getUint16(0, littleEndian), snapBytes, ticksPerSecond, offsetSeconds };
}

function readEnhanced(number: number, body: DataView, reader: BlockReader): CapturedFrame | undefined {
  if (body.byteLength < ENHANCED_DATA) return undefined;
  const { littleEndian } = reader;
  const from = reader.interfaces[body.getUint32(0, littleEndian)];
  const length = body.getUint32(12, littleEndian);
  if (from === undefined || length > body.byteLength - ENHANCED_DATA) return undefined;
  const ticks = (BigInt(body.getUint32(4, littleEndian)) << 32n) | BigInt(body.getUint32(8, littleEndian));
  return {
    number,
    atUs: instantUs(ticks, from),
    linkType: from.linkType,
    bytes: bytesOf(body, ENHANCED_DATA, length),
    wireBytes: Math.max(length, body.getUint32(16, littleEndian)),
  };
}

/** A simple packet block has no time, belongs to the first interface, and is as long as that one's limit allows. */
function readSimple(number: number, body: DataView, reader: BlockReader): CapturedFrame | undefined {
  const from = reader.interfaces[0];
  if (from === undefined || body.byteLength < SIMPLE_DATA) return undefined;
  const wireBytes = body.getUint32(0, reader.littleEndian);
  const length = Math.min(wireBytes, body.byteLength - SIMPLE_DATA, from.snapBytes === 0 ? Infinity : from.snapBytes);
  return { number, atUs: undefined, linkType: from.linkType, bytes: bytesOf(body, SIMPLE_DATA, length), wireBytes };
}

function instantUs(ticks: bigint, from: Interface): number {
  const scaled = (ticks * 2_000_000n) / from.ticksPerSecond + 1n;
  return Number(scaled / 2n + from.offsetSeconds * 1_000_000n);
}

function bytesOf(body: DataView, start: number, length: number): Uint8Array {
  return new Uint8Array(body.buffer, body.byteOffset + start, length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
