/**
 * Netlink messages as bytes: a writer that appends messages with attributes to one growing buffer, and readers that
 * walk messages and attributes by offset. No sockets here; numbers of the routing family are in `constants.ts`.
 *
 * Netlink integers are in the machine's order, little-endian on every machine that this package supports.
 */
/** `struct nlmsghdr`: length u32, type u16, flags u16, sequence u32, port id u32. */
export const MESSAGE_HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are not part of the type. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;
const ATTRIBUTE_NESTED = 0x8000;

const align = (length: number): number => (length + 3) & ~3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Appends messages to a buffer of its own. Between {@link begin} and {@link finish} values and attributes go into the
 * open message. The bytes from 0 to `end` are valid until the next `reset`; a growing buffer is replaced.
 */
export class MessageWriter {
  bytes: Uint8Array;
  /** Offset after the last octet written. */
  end = 0;
  /** How many messages have been begun since the last `reset`. */
  count = 0;
  #view: DataView;
  #messageStart = 0;

  constructor(capacityBytes = 4096) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  reset(): void {
    this.end = 0;
    this.count = 0;
  }

  begin(type: number, flags: number, sequence: number): void {
    this.#room(MESSAGE_HEADER_BYTES);
    this.#messageStart = this.end;
    this.#view.setUint32(this.end, 0, true);
    this.#view.setUint16(this.end + 4, type, true);
    this.#view.setUint16(this.end + 6, flags, true);
    this.#view.setUint32(this.end + 8, sequence, true);
    this.#view.setUint32(this.end + 12, 0, true);
    this.end += MESSAGE_HEADER_BYTES;
    this.count++;
  }

  /** Closes the open message: its length becomes known. */
  finish(): void {
    this.#view.setUint32(this.#messageStart, this.end - this.#messageStart, true);
  }

  /** Sets further flags on the message that was begun last. */
  addFlags(flags: number): void {
    const at = this.#messageStart + 6;
    this.#view.setUint16(at, this.#view.getUint16(at, true) | flags, true);
  }

  u8(value: number): void {
    this.#room(1);
    this.bytes[this.end++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.end, value, true);
    this.end += 2;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.end, value, true);
    this.end += 4;
  }

  i32(value: number): void {
    this.u32(value >>> 0);
  }

  /** Appends octets as they are. */
  octets(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Appends an attribute with the given payload, padded to four octets. */
  attribute(type: number, payload: Uint8Array): void {
    this.#attributeHeader(type, payload.length);
    this.bytes.set(payload, this.end);
    this.#pad(payload.length);
  }

  attributeU8(type: number, value: number): void {
    this.#attributeHeader(type, 1);
    this.bytes[this.end] = value;
    this.#pad(1);
  }

  attributeU32(type: number, value: number): void {
    this.#attributeHeader(type, 4);
    this.#view.setUint32(this.end, value, true);
    this.end += 4;
  }

  /** Text with the terminating zero that the kernel expects of names. */
  attributeText(type: number, text: string): void {
    this.attribute(type, encoder.encode(`${text}\0`));
  }

  /** Opens an attribute that holds attributes; give the returned offset to {@link endNested}. */
  beginNested(type: number): number {
    const start = this.end;
    this.#attributeHeader(type | ATTRIBUTE_NESTED, 0);
    return start;
  }

  endNested(start: number): void {
    this.#view.setUint16(start, this.end - start, true);
  }

  #attributeHeader(type: number, payloadBytes: number): void {
    this.#room(ATTRIBUTE_HEADER_BYTES + align(payloadBytes));
    this.#view.setUint16(this.end, ATTRIBUTE_HEADER_BYTES + payloadBytes, true);
    this.#view.setUint16(this.end + 2, type, true);
    this.end += ATTRIBUTE_HEADER_BYTES;
  }

  #pad(payloadBytes: number): void {
    const end = this.end + align(payloadBytes);
    this.bytes.fill(0, this.end + payloadBytes, end);
    this.end = end;
  }

  #room(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.end + bytes));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/**
 * Walks the messages of one received datagram. The record is reused: {@link next} moves it on, and the fields describe
 * the current message until then. The bytes stay the caller's.
 */
export class MessageReader {
  readonly bytes: Uint8Array;
  type = 0;
  flags = 0;
  sequence = 0;
  portId = 0;
  /** First octet after the header of the current message. */
  payload = 0;
  /** Offset after the current message's last octet, without padding. */
  end = 0;
  readonly #view: DataView;
  #next = 0;
  #limit = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Begins with the datagram of `length` octets at the start of the bytes. */
  rewind(length: number): void {
    this.#next = 0;
    this.#limit = length;
  }

  /** False at the end of the datagram, or where a length makes no sense. */
  next(): boolean {
    const start = this.#next;
    if (start + MESSAGE_HEADER_BYTES > this.#limit) return false;
    const length = this.#view.getUint32(start, true);
    if (length < MESSAGE_HEADER_BYTES || start + length > this.#limit) return false;
    this.type = this.#view.getUint16(start + 4, true);
    this.flags = this.#view.getUint16(start + 6, true);
    this.sequence = this.#view.getUint32(start + 8, true);
    this.portId = this.#view.getUint32(start + 12, true);
    this.payload = start + MESSAGE_HEADER_BYTES;
    this.end = start + length;
    this.#next = start + align(length);
    return true;
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, true);
  }

  /** The attributes from `start` to the end of the current message. */
  attributes(start: number): Attributes {
    return readAttributes(this, start, this.end);
  }
}

/** The attributes of one level, by type; a later one replaces an earlier one of the same type. */
export class Attributes {
  readonly #reader: MessageReader;
  readonly #spans: ReadonlyMap<number, readonly [start: number, end: number]>;

  constructor(reader: MessageReader, spans: ReadonlyMap<number, readonly [number, number]>) {
    this.#reader = reader;
    this.#spans = spans;
  }

  has(type: number): boolean {
    return this.#spans.has(type);
  }

  u8(type: number): number | undefined {
    const span = this.#span(type, 1);
    return span && this.#reader.u8(span[0]);
  }

  u32(type: number): number | undefined {
    const span = this.#span(type, 4);
    return span && this.#reader.u32(span[0]);
  }

  i32(type: number): number | undefined {
    const span = this.#span(type, 4);
    return span && this.#reader.i32(span[0]);
  }

  /** The unsigned 32-bit integer `offset` octets into the payload. */
  u32At(type: number, offset: number): number | undefined {
    const span = this.#span(type, offset + 4);
    return span && this.#reader.u32(span[0] + offset);
  }

  /** A copy of the payload. */
  bytes(type: number): Uint8Array | undefined {
    const span = this.#span(type, 0);
    return span && this.#reader.bytes.slice(span[0], span[1]);
  }

  text(type: number): string | undefined {
    const bytes = this.bytes(type);
    if (!bytes) return undefined;
    const zero = bytes.indexOf(0);
    return decoder.decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  }

  nested(type: number): Attributes | undefined {
    const span = this.#span(type, 0);
    return span && readAttributes(this.#reader, span[0], span[1]);
  }

  #span(type: number, leastBytes: number): readonly [number, number] | undefined {
    const span = this.#spans.get(type);
    return span && span[1] - span[0] >= leastBytes ? span : undefined;
  }
}

function readAttributes(reader: MessageReader, start: number, end: number): Attributes {
  const spans = new Map<number, readonly [number, number]>();
  let at = start;
  while (at + ATTRIBUTE_HEADER_BYTES <= end) {
    const length = reader.u16(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) break;
    spans.set(reader.u16(at + 2) & ATTRIBUTE_TYPE_MASK, [at + ATTRIBUTE_HEADER_BYTES, at + length]);
    at += align(length);
  }
  return new Attributes(reader, spans);
}
