/**
 * HMAC-MD5 (RFC 1321, RFC 2104) without allocation, for the 96-bit integrity check value of VRRPv2 with AH.
 *
 * MD5 is broken as a hash and is here because keepalived and RFC 2338 speak it; nothing else may use it. The key's two
 * pads are hashed once, so a short message costs its own blocks and one more. Messages are words from the beginning,
 * because the caller has to blank some of them.
 */

const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
const DIGEST_WORDS = 4;
/** The largest IP packet, with room for the padding. */
const MESSAGE_WORDS = (0x10000 + 2 * BLOCK_BYTES) / 4;

const SINES = Int32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) | 0);
const INITIAL = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** Mixes the 16 words at `at` into `state`. Four steps a turn, so that each rotates by a count that is known. */
function compress(state: Int32Array, words: Int32Array, at: number): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let step = 0; step < 16; step += 4) {
    a = (b + rotate((a + (d ^ (b & (c ^ d))) + SINES[step]! + words[at + step]!) | 0, 7)) | 0;
    d = (a + rotate((d + (c ^ (a & (b ^ c))) + SINES[step + 1]! + words[at + step + 1]!) | 0, 12)) | 0;
    c = (d + rotate((c + (b ^ (d & (a ^ b))) + SINES[step + 2]! + words[at + step + 2]!) | 0, 17)) | 0;
    b = (c + rotate((b + (a ^ (c & (d ^ a))) + SINES[step + 3]! + words[at + step + 3]!) | 0, 22)) | 0;
  }
  for (let step = 16; step < 32; step += 4) {
    const word = 5 * step + 1;
    a = (b + rotate((a + (c ^ (d & (b ^ c))) + SINES[step]! + words[at + (word & 15)]!) | 0, 5)) | 0;
    d = (a + rotate((d + (b ^ (c & (a ^ b))) + SINES[step + 1]! + words[at + ((word + 5) & 15)]!) | 0, 9)) | 0;
    c = (d + rotate((c + (a ^ (b & (d ^ a))) + SINES[step + 2]! + words[at + ((word + 10) & 15)]!) | 0, 14)) | 0;
    b = (c + rotate((b + (d ^ (a & (c ^ d))) + SINES[step + 3]! + words[at + ((word + 15) & 15)]!) | 0, 20)) | 0;
  }
  for (let step = 32; step < 48; step += 4) {
    const word = 3 * step + 5;
    a = (b + rotate((a + (b ^ c ^ d) + SINES[step]! + words[at + (word & 15)]!) | 0, 4)) | 0;
    d = (a + rotate((d + (a ^ b ^ c) + SINES[step + 1]! + words[at + ((word + 3) & 15)]!) | 0, 11)) | 0;
    c = (d + rotate((c + (d ^ a ^ b) + SINES[step + 2]! + words[at + ((word + 6) & 15)]!) | 0, 16)) | 0;
    b = (c + rotate((b + (c ^ d ^ a) + SINES[step + 3]! + words[at + ((word + 9) & 15)]!) | 0, 23)) | 0;
  }
  for (let step = 48; step < 64; step += 4) {
    const word = 7 * step;
    a = (b + rotate((a + (c ^ (b | ~d)) + SINES[step]! + words[at + (word & 15)]!) | 0, 6)) | 0;
    d = (a + rotate((d + (b ^ (a | ~c)) + SINES[step + 1]! + words[at + ((word + 7) & 15)]!) | 0, 10)) | 0;
    c = (d + rotate((c + (a ^ (d | ~b)) + SINES[step + 2]! + words[at + ((word + 14) & 15)]!) | 0, 15)) | 0;
    b = (c + rotate((b + (d ^ (c | ~a)) + SINES[step + 3]! + words[at + ((word + 21) & 15)]!) | 0, 21)) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

/** A key, kept as the two MD5 states that HMAC starts from. */
export class HmacKey {
  readonly inner = new Int32Array(DIGEST_WORDS);
  readonly outer = new Int32Array(DIGEST_WORDS);

  /** Takes a key of at most 64 octets. The octets are not kept. */
  set(key: Uint8Array): void {
    const octets = new Uint8Array(BLOCK_BYTES);
    octets.set(key);
    const view = new DataView(octets.buffer);
    const pad = new Int32Array(BLOCK_WORDS);
    for (const [state, mask] of [
      [this.inner, 0x36363636],
      [this.outer, 0x5c5c5c5c],
    ] as const) {
      for (let index = 0; index < BLOCK_WORDS; index++) pad[index] = view.getInt32(index * 4, true) ^ mask;
      state.set(INITIAL);
      compress(state, pad, 0);
    }
    octets.fill(0);
    pad.fill(0);
  }
}

/** One computation at a time: `load`, then changes of `message` if any, then `finish`, after which `digest` is valid. */
export class HmacMd5 {
  /** The words of the message that has been loaded, little-endian, four octets each from its first. */
  readonly message = new Int32Array(MESSAGE_WORDS);
  /** The 16 octets of the last finished computation as little-endian words. */
  readonly digest = new Int32Array(DIGEST_WORDS);
  readonly #outerBlock = new Int32Array(BLOCK_WORDS);
  #blocks = 0;

  constructor() {
    this.#outerBlock[DIGEST_WORDS] = 0x80;
    this.#outerBlock[14] = (BLOCK_BYTES + 4 * DIGEST_WORDS) * 8;
  }

  /** Takes the octets `[start, end)`, at most 65,535 of them, and pads them. */
  load(view: DataView, start: number, end: number): void {
    const { message } = this;
    let index = 0;
    let at = start;
    for (; at + 4 <= end; at += 4) message[index++] = view.getInt32(at, true);
    let last = 0x80;
    for (let rest = end - 1; rest >= at; rest--) last = (last << 8) | view.getUint8(rest);
    message[index++] = last;
    this.#blocks = (index + 2 + BLOCK_WORDS - 1) >> 4;
    const lengthAt = this.#blocks * BLOCK_WORDS - 2;
    while (index < lengthAt) message[index++] = 0;
    message[lengthAt] = (BLOCK_BYTES + end - start) * 8;
    message[lengthAt + 1] = 0;
  }

  finish(key: HmacKey): void {
    const { digest, message } = this;
    const outerBlock = this.#outerBlock;
    copyState(key.inner, digest);
    for (let block = 0; block < this.#blocks; block++) compress(digest, message, block * BLOCK_WORDS);
    copyState(digest, outerBlock);
    copyState(key.outer, digest);
    compress(digest, outerBlock, 0);
  }
}

function copyState(from: Int32Array, to: Int32Array): void {
  to[0] = from[0]!;
  to[1] = from[1]!;
  to[2] = from[2]!;
  to[3] = from[3]!;
}
