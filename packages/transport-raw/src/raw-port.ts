/**
 * A port on one interface: a packet socket with a receive ring, beside raw sockets for what the IP stack must know.
 *
 * Frames are read where the kernel put them and sent from where the caller has them. The link going down is not a
 * fault: the kernel resumes the socket when it comes up. The interface being deleted is.
 */
import {
  closeDescriptor,
  Errno,
  type PacketRing,
  packetSocketInterface,
  readClock,
  sendMany,
  takePacketDrops,
  takeSocketError,
  write,
} from '@locum/linux';
import type { Capabilities, Frame, FrameSink, Host, Port, PortStats } from '@locum/transport';
import { FrameFlag, SendResult } from '@locum/transport/contract';
import { TransportError } from '@locum/transport/error';
import { ArrivalClock } from './arrival-clock.ts';
import { sendResult } from './failure.ts';
import type { IpPresence } from './ip-presence.ts';

/** What a port takes over from whoever opened it, and closes in the end. */
export interface PortParts {
  readonly interfaceName: string;
  readonly capabilities: Capabilities;
  readonly fd: number;
  readonly ring: PacketRing;
  readonly presence: IpPresence;
}

export class RawPort implements Port {
  readonly capabilities: Capabilities;
  readonly fd: number;
  readonly stats: Readonly<PortStats>;

  readonly #interfaceName: string;
  readonly #ring: PacketRing;
  readonly #presence: IpPresence;
  readonly #sink: FrameSink;
  readonly #clock: ArrivalClock;
  readonly #frame: Frame;
  /** The record behind `stats`. */
  readonly #counted: PortStats;
  #drops = 0;
  #open = true;
  #delivering = false;
  /** The link is down or going; the interface may be about to disappear without a word. */
  #linkDown = false;
  #faulted = false;

  constructor(parts: PortParts, sink: FrameSink, host: Host) {
    this.capabilities = parts.capabilities;
    this.fd = parts.fd;
    this.#interfaceName = parts.interfaceName;
    this.#ring = parts.ring;
    this.#presence = parts.presence;
    this.#sink = sink;
    this.#clock = new ArrivalClock(readClock, host);
    this.#frame = { bytes: parts.ring.bytes, start: 0, end: 0, wireBytes: 0, at: 0, flags: 0, vlanTci: 0 };
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
      while (count < budget && this.#open && this.#ring.next()) {
        if (count === 0) this.#clock.refresh();
        count++;
        this.#deliver();
      }
      // An error makes the descriptor ready as a frame does, so it is looked for where no frame was found.
      if (count === 0 && this.#open) this.#checkLink();
    } finally {
      this.#delivering = false;
      if (!this.#open) this.#release();
    }
    return count;
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#open) return SendResult.NotOpen;
    if (end - start > this.capabilities.maxFrameBytes) return SendResult.TooLong;
    // The kernel takes an empty write for done without looking at the socket.
    return this.#sent(start === end ? -Errno.EINVAL : write(this.fd, bytes, start, end));
  }

  sendAll(bytes: Uint8Array, bounds: Int32Array, count: number): number {
    if (!this.#open) return 0;
    const fitting = this.#countFitting(bounds, count);
    const sent = fitting === 0 ? 0 : sendMany(this.fd, bytes, bounds, fitting);
    // Why nothing went is told, and counted, when the frame is sent alone.
    if (sent <= 0) return 0;
    this.#counted.framesSent += sent;
    return sent;
  }

  /** How many frames come before one that cannot be sent: the kernel would take an empty one for done. */
  #countFitting(bounds: Int32Array, count: number): number {
    const { maxFrameBytes } = this.capabilities;
    let fitting = 0;
    while (fitting < count) {
      const length = bounds[2 * fitting + 1]! - bounds[2 * fitting]!;
      if (length === 0 || length > maxFrameBytes) break;
      fitting++;
    }
    return fitting;
  }

  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#open) return SendResult.NotOpen;
    return this.#sent(this.#presence.send(bytes, start, end));
  }

  close(): void {
    if (!this.#open) return;
    this.#countDrops();
    this.#open = false;
    // The sink that closes the port may still be reading the frame it was lent.
    if (!this.#delivering) this.#release();
  }

  #deliver(): void {
    const ring = this.#ring;
    const frame = this.#frame;
    this.#clock.map(ring.arrivedSeconds, ring.arrivedMicroseconds);
    frame.start = ring.start;
    frame.end = ring.end;
    frame.wireBytes = ring.wireBytes;
    frame.at = this.#clock.at;
    frame.flags =
      (ring.end - ring.start < ring.wireBytes ? FrameFlag.Truncated : 0) |
      (this.#clock.untrusted ? FrameFlag.UserClock : 0);
    this.#counted.framesReceived++;
    this.#linkDown = false;
    try {
      this.#sink.onFrame(frame);
    } finally {
      ring.release();
    }
  }

  #sent(count: number): SendResult {
    if (count >= 0) {
      this.#counted.framesSent++;
      return SendResult.Sent;
    }
    const result = sendResult(-count);
    if (result === SendResult.LinkDown) this.#linkDown = true;
    else if (result === SendResult.Failed) this.#counted.sendFailures++;
    return result;
  }

  #checkLink(): void {
    const errno = takeSocketError(this.fd);
    if (errno === Errno.ENETDOWN) this.#linkDown = true;
    if (!this.#linkDown || packetSocketInterface(this.fd) !== -1) return;
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

  /** Lost frames so far. The kernel hands over what it counted since it was last asked. */
  #countDrops(): number {
    if (this.#open) this.#drops += takePacketDrops(this.fd);
    return this.#drops;
  }

  #release(): void {
    this.#presence.close();
    this.#ring.close();
    closeDescriptor(this.fd);
  }
}
