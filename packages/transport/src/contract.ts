/**
 * What a way to the wire promises to the daemon, and what the daemon promises back.
 *
 * A {@link Transport} opens {@link Port}s. A port is one interface, shared by every virtual router and both
 * address families on it. Everything here is a plain interface: an author implements it, nothing is inherited.
 * The suite in `@locum/transport/conformance` checks each sentence below that says "must" or "never".
 */
import type { TransportError } from './error.ts';

/** Version of this contract. A transport built for another major version is refused when it is loaded. */
export const TRANSPORT_API_VERSION = 1;

/** An instant or a duration in integer microseconds; instants are on the host's monotonic clock. */
export type Micros = number;

/** Outcome of a send: a small integer, never an exception. */
export const SendResult = {
  /** The frame was handed to the medium. */
  Sent: 0,
  /** No room now; the caller may try again later. */
  Busy: 1,
  /** The link is down or has no carrier. */
  LinkDown: 2,
  /** Longer than `capabilities.maxFrameBytes`. */
  TooLong: 3,
  /** The port is closed. */
  NotOpen: 4,
  /** The medium refused the frame for any other reason; counted in `stats.sendFailures`. */
  Failed: 5,
} as const;
export type SendResult = (typeof SendResult)[keyof typeof SendResult];

/** Bits of {@link Frame.flags}. */
export const FrameFlag = {
  /** `end - start` is less than `wireBytes`: the transport cut the frame. */
  Truncated: 1,
  /** `vlanTci` is valid: the frame carried an 802.1Q tag that was removed from the bytes. */
  Vlan: 2,
  /** `at` was stamped in user space, not by the kernel or the device. */
  UserClock: 4,
} as const;

/**
 * A received frame, lent to the sink.
 *
 * One record per port is reused for every frame, and `bytes` is the transport's own memory. Both are on loan until
 * `onFrame` returns; whoever wants to keep something copies it before that. The bytes from `start` to `end` begin with
 * the link header of `capabilities.medium`. Octets after the IP payload are padding and may be anything.
 */
export interface Frame {
  bytes: Uint8Array;
  /** Offset of the first octet. */
  start: number;
  /** Offset after the last octet. */
  end: number;
  /** Length on the wire, at least `end - start`. */
  wireBytes: number;
  /** Arrival on the host's monotonic clock; never decreases on a port and is never in the future. */
  at: Micros;
  /** Bits of {@link FrameFlag}. */
  flags: number;
  /** 802.1Q tag control information; 0 without {@link FrameFlag.Vlan}. */
  vlanTci: number;
}

/** Where a port delivers. Both methods are called synchronously from `poll`, or from the transport's own event. */
export interface FrameSink {
  /** Called once for each frame, in order of arrival. The port may be closed from inside. */
  onFrame(frame: Frame): void;
  /** The port can no longer do its work. Called at most once, and nothing is called after it. */
  onFault(error: TransportError): void;
}

/** What a transport may ask of the process that hosts it. */
export interface Host {
  /** The monotonic clock that frames are stamped with. */
  now(): Micros;
}

/** `ethernet`: frames begin with a 14-octet Ethernet header. `ip`: frames begin with the IPv4 or IPv6 header. */
export type Medium = 'ethernet' | 'ip';

/**
 * What a port can and cannot do. Frozen data: the daemon chooses, warns and refuses by it, `status` shows it,
 * and the conformance suite selects its cases by it. To declare a weakness is to be tested for it.
 */
export interface Capabilities {
  readonly medium: Medium;
  /** Longest frame that `send` takes, link header included. */
  readonly maxFrameBytes: number;
  /** The port has an `fd` that becomes readable when frames have arrived, and `poll` delivers them. */
  readonly pollable: boolean;
  /** Who stamps `Frame.at`. */
  readonly rxClock: 'kernel' | 'user';
  /** Tagged frames are delivered with their tag in `vlanTci`. */
  readonly vlan: boolean;
  /** Frames that the filter does not name never reach the sink. */
  readonly filtering: boolean;
  /** `send` may use a source MAC other than the interface's own. */
  readonly spoofsSourceMac: boolean;
  /** `sendRouted` works: the host's routing and neighbour tables find the next hop. */
  readonly routesUnicast: boolean;
  /** The port says by `onFault` or `SendResult.LinkDown` when the link goes. */
  readonly reportsLink: boolean;
  /** Two runs with the same input deliver the same frames at the same instants. */
  readonly deterministic: boolean;
  /** Another process may have a port on the same interface at the same time, and both work. */
  readonly shareable: boolean;
  /** `openStation` works. */
  readonly virtualStations: boolean;
}

/** Which frames the daemon wants. A transport without `filtering` may deliver more. */
export interface FrameFilter {
  /** IPv4 protocols and IPv6 next headers, e.g. 112 (VRRP) and 51 (AH). */
  readonly ipProtocols: readonly number[];
}

export interface PortOptions {
  /** Name of the interface, as the host knows it. */
  readonly interfaceName: string;
  readonly filter: FrameFilter;
  /** Multicast groups to join for as long as the port is open: 4 or 16 octets each. */
  readonly groups: readonly Uint8Array[];
  /** The transport's own option block from the configuration; it validates what it knows and refuses the rest. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Counted since the port was opened. Read at leisure: a port updates the same record. */
export interface PortStats {
  framesReceived: number;
  framesSent: number;
  /** Lost before they reached the sink because nobody drained the port in time. */
  framesDropped: number;
  sendFailures: number;
}

/**
 * A station of its own behind a port: a MAC that is not the interface's, and a device of the host on which the addresses
 * that are reached by that MAC are set. The device lives no longer than the process that opened the station.
 */
export interface VirtualStation {
  /** Name of the device. */
  readonly interfaceName: string;
  /**
   * Whether frames for the MAC pass from the wire to the device and from the device to the wire. False when opened:
   * nothing is answered for the MAC. May be called on a closed station, without effect.
   */
  carry(wanted: boolean): void;
  /** Removes the device with what is set on it. Idempotent; closing the port closes its stations. */
  close(): void;
}

export interface StationOptions {
  /** 6 octets, copied. */
  readonly mac: Uint8Array;
  /** Name for the device: at most 15 characters. */
  readonly deviceName: string;
}

export interface Port {
  readonly capabilities: Capabilities;
  /** Readiness descriptor, or -1 where `capabilities.pollable` is false. The port owns it. */
  readonly fd: number;
  readonly stats: Readonly<PortStats>;
  /**
   * What was lost or refused beside `stats.framesDropped`, by reason in a word or two, since the port was opened. The
   * reasons are there from the beginning and stay the same. Optional; `status` shows the first sixteen.
   */
  readonly drops?: Readonly<Record<string, number>> | undefined;
  /**
   * Delivers frames that have already arrived, at most `budget`, and returns how many. Never blocks, never waits.
   * Frames of one port are delivered in order of arrival. Re-entrant calls return 0.
   */
  poll(budget: number): number;
  /**
   * Sends one frame, link header included. The bytes are borrowed for the duration of the call.
   * What was sent is never delivered to the port that sent it. It is known by its direction, never by its source MAC:
   * rivals for an address share that.
   */
  send(bytes: Uint8Array, start: number, end: number): SendResult;
  /**
   * Sends `count` frames in order, number `index` being `bytes[bounds[2 * index]..bounds[2 * index + 1])`: the same as
   * so many calls of `send`, but for less. Ends at the first frame for which `send` would not say `Sent`, and returns
   * how many were sent before it; why that one was not is found out by sending it alone. Bytes and bounds are borrowed
   * for the duration of the call. Optional: whoever sends does without where it is missing.
   */
  sendAll?(bytes: Uint8Array, bounds: Int32Array, count: number): number;
  /**
   * Sends one IP packet (`start` at the IP header) by way of the host's routing and neighbour tables, out of this
   * interface. For unicast destinations whose MAC the caller does not know. `Failed` without `routesUnicast`.
   */
  sendRouted(bytes: Uint8Array, start: number, end: number): SendResult;
  /**
   * Opens a station with a MAC of its own; present with `virtualStations` only. `poll` carries its frames too, after
   * those of the filter and without counting them. Throws a {@link TransportError}, leaving nothing behind.
   */
  openStation?(options: StationOptions): VirtualStation;
  /** Idempotent; may be called from inside the sink. After it nothing is delivered and `send` says `NotOpen`. */
  close(): void;
}

export interface Transport {
  /** Name used in configuration and messages, e.g. `raw`. */
  readonly name: string;
  readonly apiVersion: number;
  /** Capabilities that every port of this transport has, as far as they are known before one is opened. */
  readonly capabilities: Capabilities;
  /**
   * Opens a port. Resolves with a live port or rejects with a {@link TransportError}, leaving nothing behind.
   * Frames that arrived before the promise resolved but after filter and membership were in place may be delivered
   * by the first `poll`; frames the filter does not name never are.
   */
  open(options: PortOptions, sink: FrameSink, host: Host, signal?: AbortSignal): Promise<Port>;
}
