/**
 * A capture file in the pcap format with nanoseconds, written as frames come.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

export class PcapFile {
  #fd: number;
  readonly #chunks: Uint8Array[] = [];

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
    header.setUint32(0, MAGIC_NANOSECONDS, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, 0x40000, true);
    header.setUint32(20, LINKTYPE_ETHERNET, true);
    this.#chunks.push(new Uint8Array(header.buffer));
    this.flush();
  }

  /** Keeps `bytes` until the next {@link flush}. */
  add(seconds: number, nanoseconds: number, bytes: Uint8Array, wireBytes: number): void {
    const header = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES));
    header.setUint32(0, seconds, true);
    header.setUint32(4, nanoseconds, true);
    header.setUint32(8, bytes.length, true);
    header.setUint32(12, wireBytes, true);
    this.#chunks.push(new Uint8Array(header.buffer), bytes);
  }

  flush(): void {
    if (this.#chunks.length === 0) return;
    writeSync(this.#fd, Buffer.concat(this.#chunks));
    this.#chunks.length = 0;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.flush();
    closeSync(this.#fd);
    this.#fd = -1;
  }
}
