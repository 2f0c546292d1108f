/**
 * One capture of the package `cap`, made safe to use.
 *
 * The filter is put on libpcap's socket by us and not given to `cap`: libpcap would look at the first frames once more by
 * itself, where it knows nothing of their direction, and drop them. What was captured before the filter is counted by
 * the kernel, and never told.
 *
 * Three things in `cap` would bring the process down:
 *
 * - Its handle stays in libuv's list of handles after `close`, in memory that goes with the object: closed captures are
 *   kept from the garbage collector. That is some 400 octets of objects, with what lies behind them 1.5 KiB, for each time
 *   that a port is opened.
 * - The same object, when `open` has failed: what can be known to fail is asked before.
 * - It aborts when libuv reports an error of its socket, as happens when the link goes down. So libuv is made to watch an
 *   epoll descriptor in place of the socket: that is readable when the socket is ready in any way, and never has an
 *   error. libpcap then finds the error by itself, and goes on when the link is up again.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import {
  bpf,
  closeDescriptor,
  duplicateDescriptor,
  Epoll,
  Errno,
  errnoText,
  PacketOption,
  packetSocketInterface,
  readSocketOption,
  replaceDescriptor,
  SocketLevel,
} from '@locum/linux';
import type { Cap, CapConstructor } from './cap-addon.ts';

/** Longer than any frame: what libpcap keeps of one at most. */
const MOST_FRAME_BYTES = 65535;

/** What a capture may say when it cannot send; libpcap gives the C library's words. */
const SEND_ERRORS = [
  Errno.ENETDOWN,
  Errno.ENXIO,
  Errno.ENODEV,
  Errno.EMSGSIZE,
  Errno.ENOBUFS,
  Errno.EAGAIN,
  Errno.ENOMEM,
  Errno.EINTR,
].map((errno): readonly [number, string] => [errno, errnoText(errno)]);

/** Captures that must never be collected. */
const uncollectable: Cap[] = [];

export interface CaptureOptions {
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  /** Assembled program that the kernel runs for each frame. */
  readonly filter: Uint8Array;
  /** How much the kernel may hold. */
  readonly bufferBytes: number;
}

export class Capture {
  /** The packet socket of libpcap. */
  readonly fd: number;
  /** Where each frame is when its arrival is told: its first octets. */
  readonly bytes: Uint8Array = new Uint8Array(MOST_FRAME_BYTES);
  readonly #cap: Cap;
  readonly #filter: Uint8Array;
  readonly #onArrival: (byteCount: number) => void;
  readonly #readiness = new Epoll(1);
  readonly #statistics = new Uint32Array(2);
  /** Frames from before the filter that have not come yet; while there is no filter, all. */
  #early = Number.POSITIVE_INFINITY;
  /** Frames that have come while there was no filter. */
  #earlyCount = 0;
  #drops = 0;
  /** The socket under another number, while libuv is shown the other descriptor. */
  #socket = -1;

  /**
   * Opens in the network namespace of the calling thread, deaf until {@link settle}.
   * @param onArrival called from the event loop, with the length of the frame
   * @throws Error with libpcap's words
   */
  constructor(Addon: CapConstructor, options: CaptureOptions, onArrival: (byteCount: number) => void) {
    this.#filter = options.filter;
    this.#onArrival = onArrival;
    this.#cap = new Addon();
    uncollectable.push(this.#cap);
    const before = openDescriptors();
    try {
      this.#cap.open(options.interfaceName, '', options.bufferBytes, this.bytes);
    } catch (error) {
      this.#readiness.close();
      throw error;
    }
    try {
      this.fd = newSocket(before, options.interfaceIndex);
      bpf.attachFilter(this.fd, bpf.assemble(bpf.REJECT_ALL));
      this.#cap.on('packet', (byteCount) => this.#arrived(byteCount));
      this.#readiness.add(this.fd, 0);
      this.#socket = duplicateDescriptor(this.fd);
      replaceDescriptor(this.fd, this.#readiness.fd);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Waits until libuv has taken up its watch, and begins to listen. Nothing can be sent before. */
  async settle(): Promise<void> {
    // From wherever we are in a round of the loop, the second of two immediates has a whole round behind it.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    if (this.#socket < 0) return;
    this.#restore();
    this.#early = this.#takeStatistics() - this.#earlyCount;
    this.#drops = 0;
    bpf.attachFilter(this.fd, this.#filter);
  }

  /** How many frames were lost for want of room since the capture settled. */
  get drops(): number {
    if (this.#socket < 0) this.#takeStatistics();
    return this.#drops;
  }

  /** Sends the first `byteCount` octets as a frame. Returns 0 or -errno; -EIO for what has no number here. */
  send(bytes: Uint8Array, byteCount: number): number {
    try {
      this.#cap.send(bytes, byteCount);
      return 0;
    } catch (error) {
      const { message } = error as Error;
      return -(SEND_ERRORS.find(([, text]) => message.includes(text))?.[0] ?? Errno.EIO);
    }
  }

  /** Not from inside `onArrival`. Only once. */
  close(): void {
    this.#restore();
    this.#readiness.close();
    this.#cap.close();
    this.#cap.removeAllListeners('packet');
  }

  #arrived(byteCount: number): void {
    if (this.#early === Number.POSITIVE_INFINITY) this.#earlyCount++;
    else if (this.#early > 0) this.#early--;
    else this.#onArrival(byteCount);
  }

  /** Adds to the drops, and returns how many frames the kernel kept for us since it was last asked. */
  #takeStatistics(): number {
    readSocketOption(this.fd, SocketLevel.Packet, PacketOption.Statistics, new Uint8Array(this.#statistics.buffer));
    const [captured, dropped] = this.#statistics as unknown as [number, number];
    this.#drops += dropped;
    return captured - dropped;
  }

  /** Puts the socket back in its place. */
  #restore(): void {
    if (this.#socket < 0) return;
    replaceDescriptor(this.fd, this.#socket);
    closeDescriptor(this.#socket);
    this.#socket = -1;
  }
}

/** What each descriptor of this process stands for. */
function openDescriptors(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      found.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The one by which the folder was read.
    }
  }
  return found;
}

/** The packet socket on an interface that is open and was not before. */
function newSocket(before: ReadonlyMap<number, string>, interfaceIndex: number): number {
  for (const [fd, what] of openDescriptors()) {
    if (before.get(fd) !== what && what.startsWith('socket:') && isSocketOn(fd, interfaceIndex)) return fd;
  }
  throw new Error('the socket of the capture cannot be found');
}

function isSocketOn(fd: number, interfaceIndex: number): boolean {
  try {
    return packetSocketInterface(fd) === interfaceIndex;
  } catch {
    return false;
  }
}
