/**
 * HMAC-MD5 (RFC 1321, RFC 2104) without allocation, for the 96-bit integrity check value of VRRPv2 with AH.
 *
 * MD5 is broken as a hash and is here because keepalived and RFC 2338 speak it; nothing else may use it. The key's two
 * pads are hashed once, so a short message costs the rest of its blocks and one more.
 */

const BLOCK_BYTES = 64;
const DIGEST_WORDS = 4;

const SHIFTS = Int32Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);
const SINES = Int32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) | 0);
/** Which of the 16 words of a block a step takes: in order, then in strides of 5, 3 and 7. */
const WORD_OF_STEP = Uint8Array.from({ length: 64 }, (_, step) => {
  const round = step >> 4;
  return ([1, 5, 3, 7][round]! * step + [0, 1, 5, 0][round]!) & 15;
});
const INITIAL = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476);

/** Mixes one 64-octet block at `start` into `state`. `words` is scratch space. */
function compress(state: Int32Array, words: Int32Array, bytes: Uint8Array, start: number): void {
  for (let index = 0; index < 16; index++) {
    const at = start + index * 4;
    words[index] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    let mixed = 0;
    if (round === 0) mixed = d ^ (b & (c ^ d));
    else if (round === 1) mixed = c ^ (d & (b ^ c));
    else if (round === 2) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + SINES[step]! + words[WORD_OF_STEP[step]!]!) | 0;
    const shift = SHIFTS[(round << 2) | (step & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
}

/** A key, kept as the two MD5 states that HMAC starts from. */
export class HmacKey {
  readonly inner = new Int32Array(DIGEST_WORDS);
  readonly outer = new Int32Array(DIGEST_WORDS);

  /** Takes a key of at most 64 octets. The octets are not kept. */
  set(key: Uint8Array): void {
    const pad = new Uint8Array(BLOCK_BYTES);
    const words = new Int32Array(16);
    for (const [state, mask] of [
      [this.inner, 0x36],
      [this.outer, 0x5c],
    ] as const) {
      for (let index = 0; index < BLOCK_BYTES; index++) pad[index] = (key[index] ?? 0) ^ mask;
      state.set(INITIAL);
      compress(state, words, pad, 0);
    }
    pad.fill(0);
  }
}

/** One computation at a time: `begin`, any number of `update` and `updateZeroes`, `finish`, then `digest` is valid. */
export class HmacMd5 {
  /** The 16 octets of the last finished computation. */
  readonly digest = new Uint8Array(16);
  readonly #state = new Int32Array(DIGEST_WORDS);
  readonly #words = new Int32Array(16);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #totalBytes = 0;

  begin(key: HmacKey): void {
    this.#copyState(key.inner);
    this.#filled = 0;
    this.#totalBytes = BLOCK_BYTES;
  }

  update(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) this.#append(bytes[at]!);
    this.#totalBytes += end - start;
  }

  updateZeroes(count: number): void {
    for (let index = 0; index < count; index++) this.#append(0);
    this.#totalBytes += count;
  }

  finish(key: HmacKey): void {
    this.#close();
    this.#copyState(key.outer);
    this.#filled = 0;
    this.#totalBytes = BLOCK_BYTES;
    this.update(this.digest, 0, 16);
    this.#close();
  }

  #append(octet: number): void {
    this.#block[this.#filled++] = octet;
    if (this.#filled === BLOCK_BYTES) {
      compress(this.#state, this.#words, this.#block, 0);
      this.#filled = 0;
    }
  }

  #copyState(from: Int32Array): void {
    for (let index = 0; index < DIGEST_WORDS; index++) this.#state[index] = from[index]!;
  }

  /** Pads, mixes in the length in bits, and writes the state to `digest`. */
  #close(): void {
    const bits = this.#totalBytes * 8;
    this.#append(0x80);
    while (this.#filled !== 56) this.#append(0);
    for (let index = 0; index < 4; index++) this.#append((bits >>> (8 * index)) & 0xff);
    for (let index = 0; index < 4; index++) this.#append(0);
    for (let index = 0; index < 16; index++) this.digest[index] = this.#state[index >> 2]! >>> (8 * (index & 3));
  }
}
