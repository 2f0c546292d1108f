/**
 * The receive ring of a packet socket (TPACKET_V2): frames are read in place, without a system call each.
 *
 * Version 2 wakes the reader for each frame; version 3 would make it wait for a block to fill or a timer to run out.
 * Use: while {@link PacketRing.next} is true, read the fields and the octets, then call {@link PacketRing.release}.
 */
import { type Mapping, mapShared } from './memory.ts';
import { PacketOption } from './packet-socket.ts';
import { SocketLevel, setSocketOption } from './socket.ts';

const TPACKET_V2 = 1;
const STATUS_USER = 1;
/** A page is at most this on every platform, and a block must be whole pages. */
const LARGEST_PAGE_BYTES = 65536;
/** Header, sockaddr_ll and the gap that aligns the IP header come before the frame. */
const HEADROOM_BYTES = 80;
const SMALLEST_SLOT_BYTES = 2048;
const LARGEST_SLOT_BYTES = 16384;

// struct tpacket2_hdr in 32-bit words; the word after SNAP_LENGTH holds the offset of the frame in its low half.
const STATUS = 0;
const LENGTH = 1;
const SNAP_LENGTH = 2;
const FRAME_OFFSET = 3;
const SECONDS = 4;
const NANOSECONDS = 5;

export class PacketRing {
  /** The whole ring. Frames are ranges of it. */
  readonly bytes: Uint8Array;
  /** Slots in the ring. */
  readonly slotCount: number;
  /** Offset in `bytes` of the frame that {@link next} found. */
  start = 0;
  /** Offset after its last octet. */
  end = 0;
  /** Its length on the wire; more than `end - start` where the slot was too small for it. */
  wireBytes = 0;
  /** Arrival on the wall clock: whole seconds, and the microseconds beyond them. */
  arrivedSeconds = 0;
  arrivedMicroseconds = 0;

  readonly #mapping: Mapping;
  readonly #words: Int32Array;
  readonly #slotBytes: number;
  #index = 0;

  /**
   * Gives a socket its ring. The socket must not be bound yet.
   * @param frameBytes longest frame that must fit, link header included; longer ones arrive cut
   * @param frames how many frames it holds at least
   * @throws SystemError ENOMEM, EINVAL
   */
  constructor(fd: number, frameBytes: number, frames: number) {
    this.#slotBytes = slotBytes(frameBytes);
    const framesPerBlock = LARGEST_PAGE_BYTES / this.#slotBytes;
    const blocks = Math.max(1, Math.ceil(frames / framesPerBlock));
    this.slotCount = blocks * framesPerBlock;
    setSocketOption(fd, SocketLevel.Packet, PacketOption.Version, TPACKET_V2, 'setsockopt PACKET_VERSION');
    // struct tpacket_req: block size, blocks, frame size, frames.
    const request = new Uint32Array([LARGEST_PAGE_BYTES, blocks, this.#slotBytes, this.slotCount]);
    setSocketOption(
      fd,
      SocketLevel.Packet,
      PacketOption.ReceiveRing,
      new Uint8Array(request.buffer),
      'setsockopt PACKET_RX_RING',
    );
    this.#mapping = mapShared(fd, blocks * LARGEST_PAGE_BYTES);
    this.bytes = this.#mapping.bytes;
    this.#words = new Int32Array(this.bytes.buffer);
  }

  /** Whether a frame has arrived; if so the fields describe it until {@link release}. */
  next(): boolean {
    const word = (this.#index * this.#slotBytes) >> 2;
    // The kernel writes the status last; an atomic read keeps the reads below it from overtaking it.
    if ((Atomics.load(this.#words, word + STATUS) & STATUS_USER) === 0) return false;
    const words = this.#words;
    this.start = this.#index * this.#slotBytes + (words[word + FRAME_OFFSET]! & 0xffff);
    this.end = this.start + words[word + SNAP_LENGTH]!;
    this.wireBytes = words[word + LENGTH]!;
    this.arrivedSeconds = words[word + SECONDS]! >>> 0;
    this.arrivedMicroseconds = Math.floor(words[word + NANOSECONDS]! / 1000);
    return true;
  }

  /** Gives the slot of the current frame back to the kernel. */
  release(): void {
    Atomics.store(this.#words, ((this.#index * this.#slotBytes) >> 2) + STATUS, 0);
    this.#index = this.#index + 1 === this.slotCount ? 0 : this.#index + 1;
  }

  /** Unmaps the ring. The kernel frees it when the socket is closed as well. */
  close(): void {
    this.#mapping.unmap();
  }
}

function slotBytes(frameBytes: number): number {
  let bytes = SMALLEST_SLOT_BYTES;
  while (bytes < frameBytes + HEADROOM_BYTES && bytes < LARGEST_SLOT_BYTES) bytes *= 2;
  return bytes;
}
