/**
 * A port on one interface by way of libpcap. Frames arrive in turns of Node's event loop and are delivered by `poll`.
 *
 * The link going down is not a fault: the capture goes on when it comes up. The interface being deleted is one; libpcap
 * says nothing of it, so the socket is asked.
 */
import { Errno, packetSocketInterface } from '@locum/linux';
import {
  type Capabilities,
  type Frame,
  FrameFlag,
  type FrameSink,
  type Port,
  type PortStats,
  SendResult,
  TransportError,
} from '@locum/transport';
import { type IpPresence, sendResult } from '@locum/transport-raw';
import type { Capture } from './capture.ts';
import type { FrameQueue } from './frame-queue.ts';

/** What a port takes over from whoever opened it, and closes in the end. */
export interface PortParts {
  readonly interfaceName: string;
  readonly capabilities: Capabilities;
  readonly capture: Capture;
  /** Where the capture puts what arrives. */
  readonly queue: FrameQueue;
  readonly presence: IpPresence;
}

export class PcapPort implements Port {
  readonly capabilities: Capabilities;
  readonly fd = -1;
  readonly stats: Readonly<PortStats>;

  readonly #interfaceName: string;
  readonly #capture: Capture;
  readonly #queue: FrameQueue;
  readonly #presence: IpPresence;
  readonly #sink: FrameSink;
  readonly #frame: Frame;
  /** A frame to send, at the beginning as `cap` wants it. */
  readonly #outgoing: Uint8Array;
  /** The record behind `stats`. */
  readonly #counted: PortStats;
  #drops = 0;
  #open = true;
  #delivering = false;
  #faulted = false;

  constructor(parts: PortParts, sink: FrameSink) {
    this.capabilities = parts.capabilities;
    this.#interfaceName = parts.interfaceName;
    this.#capture = parts.capture;
    this.#queue = parts.queue;
    this.#presence = parts.presence;
    this.#sink = sink;
    this.#frame = {
      ...{ bytes: parts.queue.bytes, start: 0, end: 0, wireBytes: 0, at: 0 },
      ...{ flags: FrameFlag.UserClock, vlanTci: 0 },
    };
    this.#outgoing = new Uint8Array(parts.capabilities.maxFrameBytes);
    const countDrops = () => this.#countDrops();
    this.#counted = {
      framesReceived: 0,
      framesSent: 0,
      sendFailures: 0,
      get framesDropped() {
        return countDrops();
      },
    };
    this.stats = this.#counted;
  }

  poll(budget: number): number {
    if (this.#delivering || !this.#open || this.#faulted) return 0;
    this.#delivering = true;
    let count = 0;
    try {
      while (count < budget && this.#open && !this.#queue.isEmpty) {
        count++;
        this.#deliver();
      }
      if (count === 0 && this.#open) this.#checkInterface();
    } finally {
      this.#delivering = false;
    }
    return count;
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#open) return SendResult.NotOpen;
    const byteCount = end - start;
    if (byteCount > this.capabilities.maxFrameBytes) return SendResult.TooLong;
    if (!(start >= 0 && byteCount > 0 && end <= bytes.length)) return this.#sent(-Errno.EINVAL);
    for (let index = 0; index < byteCount; index++) this.#outgoing[index] = bytes[start + index]!;
    const outcome = this.#capture.send(this.#outgoing, byteCount);
    // A link that was down leaves its error to the next call, whatever it is by then.
    return this.#sent(outcome === -Errno.ENETDOWN ? this.#capture.send(this.#outgoing, byteCount) : outcome);
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#open) return SendResult.NotOpen;
    return this.#sent(this.#presence.send(bytes, start, end));
  }

  /** Resolves when the port can send. */
  settle(): Promise<void> {
    return this.#capture.settle();
  }

  close(): void {
    if (!this.#open) return;
    this.#countDrops();
    this.#open = false;
    this.#presence.close();
    this.#capture.close();
  }

  #deliver(): void {
    const frame = this.#frame;
    this.#queue.readFirst(frame);
    const truncated = frame.end - frame.start < frame.wireBytes;
    frame.flags = FrameFlag.UserClock | (truncated ? FrameFlag.Truncated : 0);
    this.#counted.framesReceived++;
    try {
      this.#sink.onFrame(frame);
    } finally {
      this.#queue.take();
    }
  }

  #sent(outcome: number): SendResult {
    if (outcome >= 0) {
      this.#counted.framesSent++;
      return SendResult.Sent;
    }
    const result = sendResult(-outcome);
    if (result === SendResult.Failed) this.#counted.sendFailures++;
    return result;
  }

  #checkInterface(): void {
    if (packetSocketInterface(this.#capture.fd) !== -1) return;
    this.#faulted = true;
    this.#sink.onFault(
      new TransportError('LINK_GONE', `${this.#interfaceName}: the interface was deleted`, {
        operation: 'receive',
        interfaceName: this.#interfaceName,
        errno: Errno.ENODEV,
        hint: 'Create the interface again; the port must then be opened anew.',
      }),
    );
  }

  /** Lost frames so far, in the kernel or here. */
  #countDrops(): number {
    if (this.#open) this.#drops = this.#capture.drops;
    return this.#drops + this.#queue.dropped;
  }
}
