/** Writes captures octet by octet, so that the readers are tested against the formats and not against themselves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface Endian {
  readonly littleEndian: boolean;
}

/** Fields of 2, 4 and 8 octets in one byte order, and octets as they are. */
export class Octets {
  readonly #parts: number[] = [];
  readonly #littleEndian: boolean;

  constructor({ littleEndian }: Endian) {
    this.#littleEndian = littleEndian;
  }

  number(value: bigint | number, length: 2 | 4 | 8): this {
    const octets = Array.from({ length }, (_, index) => Number((BigInt(value) >> BigInt(index * 8)) & 0xffn));
    this.#parts.push(...(this.#littleEndian ? octets : octets.reverse()));
    return this;
  }

  bytes(bytes: Iterable<number>): this {
    this.#parts.push(...bytes);
    return this;
  }

  get length(): number {
    return this.#parts.length;
  }

  get written(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}

export interface PcapOptions extends Endian {
  readonly linkType: number;
  readonly nanoseconds?: boolean;
}

export interface PcapRecord {
  readonly seconds: number;
  readonly fraction: number;
  readonly bytes: Uint8Array;
  readonly wireBytes?: number;
}

export function pcap(options: PcapOptions, records: readonly PcapRecord[]): Uint8Array {
  const octets = new Octets(options);
  octets.number(options.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4, 4);
  octets.number(2, 2).number(4, 2).number(0, 4).number(0, 4).number(262144, 4).number(options.linkType, 4);
  for (const { seconds, fraction, bytes, wireBytes } of records) {
    octets.number(seconds, 4).number(fraction, 4).number(bytes.length, 4);
    octets.number(wireBytes ?? bytes.length, 4).bytes(bytes);
  }
  return octets.written;
}

/** Frames one second apart, in a little-endian capture. */
export function simplePcap(linkType: number, frames: readonly Uint8Array[]): Uint8Array {
  const records = frames.map((bytes, index) => ({ seconds: 1_700_000_000 + index, fraction: 250_000, bytes }));
  return pcap({ littleEndian: true, linkType }, records);
}

/** A pcapng block around a body, which is filled up to four octets. */
export function block(endian: Endian, type: number, body: Octets): Uint8Array {
  while (body.length % 4 !== 0) body.bytes([0]);
  const length = body.length + 12;
  return new Octets(endian).number(type, 4).number(length, 4).bytes(body.written).number(length, 4).written;
}

export function sectionBlock(endian: Endian): Uint8Array {
  const body = new Octets(endian).number(0x1a2b3c4d, 4).number(1, 2).number(0, 2).number(0xffffffffffffffffn, 8);
  return block(endian, 0x0a0d0d0a, body);
}

/** `options` are code and value pairs. */
export function interfaceBlock(
  endian: Endian,
  linkType: number,
  options: readonly (readonly [code: number, value: Uint8Array])[] = [],
  snapBytes = 0,
): Uint8Array {
  const body = new Octets(endian).number(linkType, 2).number(0, 2).number(snapBytes, 4);
  for (const [code, value] of options) {
    body.number(code, 2).number(value.length, 2).bytes(value);
    while (body.length % 4 !== 0) body.bytes([0]);
  }
  if (options.length > 0) body.number(0, 2).number(0, 2);
  return block(endian, 1, body);
}

export function enhancedBlock(endian: Endian, interfaceIndex: number, ticks: bigint, bytes: Uint8Array): Uint8Array {
  const body = new Octets(endian)
    .number(interfaceIndex, 4)
    .number(ticks >> 32n, 4)
    .number(ticks & 0xffffffffn, 4);
  return block(endian, 6, body.number(bytes.length, 4).number(bytes.length, 4).bytes(bytes));
}

export function simpleBlock(endian: Endian, bytes: Uint8Array, wireBytes = bytes.length): Uint8Array {
  return block(endian, 3, new Octets(endian).number(wireBytes, 4).bytes(bytes));
}

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** Writes a file that goes away with the test, and returns its path. */
export function temporaryFile(context: TestContext, name: string, content: Uint8Array | string): string {
  const directory = mkdtempSync(join(tmpdir(), 'locum-operator-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}
