/**
 * A port that is a station of its own on a bridge: it sends into the wire of a TAP device that is a port of the bridge,
 * and receives from a ring on that device what the bridge forwards to it.
 *
 * Everything is sent with the station's MAC, whatever the frame says: a bridge that sees its own MAC come in by a port
 * believes in a loop.
 */
import {
  closeDescriptor,
  type Epoll,
  findLink,
  type Link,
  type MonitorHandler,
  type NetlinkMonitor,
  type NetlinkSocket,
  writeFrameFrom,
} from '@locum/linux';
import {
  type Capabilities,
  type FrameSink,
  type Port,
  type PortStats,
  SendResult,
  type TransportError,
} from '@locum/transport';
import { type RawPort, sendResult } from '@locum/transport-raw';
import { linkGone } from './failure.ts';
import type { GuardedSink } from './guarded-sink.ts';

/** A TAP descriptor whose device was deleted, and one whose device is down; the first is not among Node's names. */
const EBADFD = 77;
const EIO = 5;

const GONE_HINT = 'The port must be opened anew; that makes the device again.';

/** What a port takes over from whoever opened it, and closes in the end. */
export interface BridgeStationParts {
  readonly interfaceName: string;
  readonly capabilities: Capabilities;
  readonly bridge: Link;
  readonly device: Link;
  /** Descriptor of the device. */
  readonly tap: number;
  /** 6 octets. */
  readonly mac: Uint8Array;
  readonly netlink: NetlinkSocket;
  /** Of links, opened after the device was joined to the bridge. */
  readonly monitor: NetlinkMonitor;
  readonly epoll: Epoll;
  /** Makes the receiving half. */
  readonly receive: (sink: FrameSink) => RawPort;
  readonly sink: GuardedSink;
}

export class BridgeStationPort implements Port, MonitorHandler {
  readonly capabilities: Capabilities;
  readonly fd: number;
  readonly stats: Readonly<PortStats>;

  readonly #parts: BridgeStationParts;
  readonly #tap: number;
  readonly #mac: Uint8Array;
  readonly #sink: GuardedSink;
  readonly #receiver: RawPort;
  readonly #monitor: NetlinkMonitor;
  readonly #epoll: Epoll;
  readonly #counted: PortStats;
  #bridgeUp = true;
  #polling = false;
  #open = true;

  constructor(parts: BridgeStationParts) {
    this.capabilities = parts.capabilities;
    this.#parts = parts;
    this.#tap = parts.tap;
    this.#mac = parts.mac;
    this.#sink = parts.sink;
    this.#receiver = parts.receive({
      onFrame: (frame) => this.#sink.onFrame(frame),
      onFault: (error) => {
        // The socket knows that its device is gone, not how.
        this.onResync();
        this.#sink.onFault(error);
      },
    });
    this.#monitor = parts.monitor;
    this.#epoll = parts.epoll;
    this.fd = parts.epoll.fd;
    const receiver = this.#receiver;
    this.#counted = {
      get framesReceived() {
        return receiver.stats.framesReceived;
      },
      get framesDropped() {
        return receiver.stats.framesDropped;
      },
      framesSent: 0,
      sendFailures: 0,
    };
    this.stats = this.#counted;
  }

  poll(budget: number): number {
    if (this.#polling || !this.#open || this.#sink.faulted) return 0;
    this.#polling = true;
    try {
      const count = this.#receiver.poll(budget);
      if (count < budget) this.#monitor.drain(this);
      return count;
    } finally {
      this.#polling = false;
    }
  }

  send(bytes: Uint8Array, start: number, end: number): SendResult {
    if (!this.#open) return SendResult.NotOpen;
    if (end - start > this.capabilities.maxFrameBytes) return SendResult.TooLong;
    if (!this.#bridgeUp) return SendResult.LinkDown;
    const count = writeFrameFrom(this.#tap, this.#mac, bytes, start, end);
    if (count >= 0) {
      this.#counted.framesSent++;
      return SendResult.Sent;
    }
    if (count === -EBADFD || count === -EIO) return SendResult.LinkDown;
    const result = sendResult(-count);
    if (result === SendResult.Failed) this.#counted.sendFailures++;
    return result;
  }

  /** The host would answer and route by way of the bridge, with the bridge's MAC: that is another station. */
  sendRouted(): SendResult {
    return this.#open ? SendResult.Failed : SendResult.NotOpen;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#epoll.close();
    this.#monitor.close();
    this.#receiver.close();
    closeDescriptor(this.#tap);
    this.#parts.netlink.close();
  }

  onLink(link: Link, removed: boolean): void {
    const { bridge, device } = this.#parts;
    if (link.index === bridge.index) this.#bridgeUp = link.up;
    const ofDevice = link.index === device.index;
    if ((removed && link.index === bridge.index) || (ofDevice && (removed || !this.#isPort(link)))) this.onResync();
  }

  onAddress(): void {}

  /** News come one by one, while more is still to be taken apart: looks at what there is. */
  onResync(): void {
    const loss = this.look();
    if (loss !== undefined) this.#sink.onFault(loss);
  }

  /** Looks at what the port stands on, and returns what is wrong with it. */
  look(): TransportError | undefined {
    const { bridge, device, netlink } = this.#parts;
    const bridgeLink = findLink(netlink, bridge.index);
    const deviceLink = findLink(netlink, device.index);
    this.#bridgeUp = bridgeLink?.up === true;
    const lost = (what: string, hint = GONE_HINT): TransportError => linkGone(this.#parts.interfaceName, what, hint);
    if (bridgeLink === undefined) return lost('the bridge was deleted', 'Create the bridge again.');
    if (deviceLink === undefined) return lost(`${device.name} was deleted or moved away`);
    if (deviceLink.masterIndex !== bridge.index) return lost(`${device.name} was taken off the bridge`);
    return deviceLink.up ? undefined : lost(`${device.name} was set down`);
  }

  #isPort(link: Link): boolean {
    return link.up && link.masterIndex === this.#parts.bridge.index;
  }
}
