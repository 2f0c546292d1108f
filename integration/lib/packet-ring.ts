/**
 * A ring of received frames that the kernel fills (AF_PACKET, TPACKET_V2), for observers: every frame that enters any
 * interface of the namespace, with the kernel's timestamp. Not the way to the wire that routers use.
 */
import {
  AddressFamily,
  bindSocket,
  bpf,
  closeDescriptor,
  mapShared,
  openSocket,
  packetAddress,
  readSocketOption,
  SocketLevel,
  SocketType,
  setSocketOption,
} from '@locum/linux';

const ETH_P_ALL = 0x0003;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V2 = 1;

const BLOCK_BYTES = 64 * 1024;
const SLOT_BYTES = 2048;
const USUAL_SLOT_COUNT = 4096;
/** `SKF_AD_IFINDEX`: where a filter reads the interface that a frame came in by. */
const INTERFACE_FACT = 0xfffff000 + 8;

/** `struct tpacket2_hdr`, then `struct sockaddr_ll`. */
const WIRE_BYTES = 4;
const CAPTURED_BYTES = 8;
const FRAME_OFFSET = 12;
const SECONDS = 16;
const NANOSECONDS = 20;
const INTERFACE_INDEX = 36;

/** One frame; `bytes` is a copy. */
export interface RingFrame {
  readonly interfaceIndex: number;
  /** Wall-clock time by the kernel. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly wireBytes: number;
  readonly bytes: Uint8Array;
}

export class PacketRing {
  /** Readable when frames have arrived. */
  readonly fd: number;
  readonly #ring: Uint8Array;
  readonly #view: DataView;
  readonly #states: Int32Array;
  readonly #unmap: () => void;
  readonly #slotCount: number;
  #slot = 0;

  /**
   * Opens in the calling thread's namespace.
   * @param unwanted indexes of interfaces whose frames take no slot, at most some hundred
   * @param slotCount frames that it holds, a multiple of 32
   * @throws SystemError
   */
  constructor(unwanted: readonly number[] = [], slotCount: number = USUAL_SLOT_COUNT) {
    this.#slotCount = slotCount;
    this.fd = openSocket(AddressFamily.Packet, SocketType.Raw, 0);
    setSocketOption(this.fd, SocketLevel.Packet, PACKET_VERSION, TPACKET_V2);
    setSocketOption(this.fd, SocketLevel.Packet, PACKET_IGNORE_OUTGOING, 1);
    bpf.attachFilter(this.fd, unless(unwanted));
    const request = new Uint32Array([BLOCK_BYTES, (SLOT_BYTES * slotCount) / BLOCK_BYTES, SLOT_BYTES, slotCount]);
    setSocketOption(this.fd, SocketLevel.Packet, PACKET_RX_RING, new Uint8Array(request.buffer));
    const mapping = mapShared(this.fd, SLOT_BYTES * slotCount);
    this.#ring = mapping.bytes;
    this.#unmap = () => mapping.unmap();
    this.#view = new DataView(this.#ring.buffer, this.#ring.byteOffset);
    this.#states = new Int32Array(this.#ring.buffer, this.#ring.byteOffset, this.#ring.length / 4);
    bindSocket(this.fd, packetAddress(0, ETH_P_ALL), 'bind AF_PACKET');
  }

  /** Hands over what has arrived, and gives the slots back to the kernel. */
  drain(onFrame: (frame: RingFrame) => void): void {
    for (;;) {
      const start = this.#slot * SLOT_BYTES;
      if (Atomics.load(this.#states, start / 4) === 0) return;
      const view = this.#view;
      const frameStart = start + view.getUint16(start + FRAME_OFFSET, true);
      onFrame({
        interfaceIndex: view.getInt32(start + INTERFACE_INDEX, true),
        seconds: view.getUint32(start + SECONDS, true),
        nanoseconds: view.getUint32(start + NANOSECONDS, true),
        wireBytes: view.getUint32(start + WIRE_BYTES, true),
        bytes: this.#ring.slice(frameStart, frameStart + view.getUint32(start + CAPTURED_BYTES, true)),
      });
      Atomics.store(this.#states, start / 4, 0);
      this.#slot = (this.#slot + 1) % this.#slotCount;
    }
  }

  /** Frames that found the ring full since the last call. */
  dropped(): number {
    const statistics = new Uint8Array(8);
    readSocketOption(this.fd, SocketLevel.Packet, PACKET_STATISTICS, statistics);
    return new DataView(statistics.buffer).getUint32(4, true);
  }

  close(): void {
    this.#unmap();
    closeDescriptor(this.fd);
  }
}

/** The filter that drops what came in by any of these interfaces. */
function unless(interfaces: readonly number[]): Uint8Array {
  return bpf.assemble([
    bpf.loadWord(INTERFACE_FACT),
    ...interfaces.map((index) => bpf.ifEqual(index, 'unwanted')),
    bpf.accept(),
    bpf.labelled('unwanted', bpf.reject()),
  ]);
}
