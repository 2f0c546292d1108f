/**
 * Sequential reading of a capture, from a file or a pipe.
 *
 * Reads only what is asked for, so that a capture may be longer than memory and a pipe may still be written to. A
 * length that a damaged file claims costs no more memory than the octets that are really there.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;

export class ByteSource {
  readonly #read: (into: Uint8Array) => number;
  readonly #close: () => void;
  #buffer = new Uint8Array(0);
  /** Unread octets are `[#start, #end)` of the buffer. */
  #start = 0;
  #end = 0;
  #isAtEnd = false;

  private constructor(read: (into: Uint8Array) => number, close: () => void) {
    this.#read = read;
    this.#close = close;
  }

  /** `-` is standard input. Throws what `openSync` throws. */
  static open(path: string): ByteSource {
    const isStandardInput = path === '-';
    const descriptor = isStandardInput ? 0 : openSync(path, 'r');
    return new ByteSource(
      (into) => readDescriptor(descriptor, into),
      () => {
        if (!isStandardInput) closeSync(descriptor);
      },
    );
  }

  static of(bytes: Uint8Array): ByteSource {
    let at = 0;
    const read = (into: Uint8Array): number => {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    };
    return new ByteSource(read, () => {});
  }

  /**
   * The next `count` octets, or fewer where the source ends: empty at its end. They stay valid, and belong to the
   * caller. Throws what `readSync` throws.
   */
  take(count: number): Uint8Array {
    while (this.#end - this.#start < count && !this.#isAtEnd) this.#fill();
    const end = Math.min(this.#start + count, this.#end);
    const taken = this.#buffer.subarray(this.#start, end);
    this.#start = end;
    return taken;
  }

  /** Passes over `count` octets and returns how many there were. */
  skip(count: number): number {
    let left = count;
    while (left > 0) {
      const passed = this.take(Math.min(left, CHUNK_BYTES)).length;
      if (passed === 0) break;
      left -= passed;
    }
    return count - left;
  }

  close(): void {
    this.#close();
  }

  #fill(): void {
    const unread = this.#end - this.#start;
    if (this.#buffer.length - this.#end < CHUNK_BYTES) {
      // A fresh buffer: what was handed out points into the old one.
      const larger = new Uint8Array(Math.max(unread * 2, unread + CHUNK_BYTES * 2));
      larger.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = larger;
      this.#start = 0;
      this.#end = unread;
    }
    const count = this.#read(this.#buffer.subarray(this.#end, this.#end + CHUNK_BYTES));
    if (count === 0) this.#isAtEnd = true;
    this.#end += count;
  }
}

function readDescriptor(descriptor: number, into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, into);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      // Somebody made the pipe non-blocking; wait a little and ask again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
