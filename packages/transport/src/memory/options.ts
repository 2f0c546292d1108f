/**
 * What the in-memory LAN can be told when it is made, and the limits it keeps.
 *
 * The LAN never reads a clock of its own: instants come from `clock`, so it runs in virtual time as well as in real time.
 */
import type { Host, Micros } from '../contract.ts';
import type { MemoryStation } from './station.ts';

/** Sees every frame as it is put on the wire. The bytes are lent until it returns. */
export type MemoryObserver = (
  from: MemoryStation | undefined,
  bytes: Uint8Array,
  start: number,
  end: number,
  at: Micros,
) => void;

export interface MemoryLanOptions {
  /** The LAN's own time; a host whose clock runs elsewhere gets its frames stamped on its own clock. */
  readonly clock: Host;
  /** From `send` to arrival at every other station; 0 by default. */
  readonly latencyUs?: Micros;
  /** Frames that wait on a port before further ones are dropped; 256 by default. */
  readonly queueFrames?: number;
  /** Longest frame, link header included; 1514 by default. */
  readonly maxFrameBytes?: number;
  /** Frames on the wire at once before `send` says Busy; 4096 by default. */
  readonly maxFramesInFlight?: number;
  readonly observer?: MemoryObserver;
}

export interface MemoryStationOptions {
  /** Name of the interface as its host knows it; `PortOptions.interfaceName` must be equal to it. */
  readonly interfaceName: string;
  /** Six octets; a locally administered address is made up by default. */
  readonly mac?: Uint8Array;
  /** Addresses that `sendRouted` of other stations finds here: 4 or 16 octets each. */
  readonly addresses?: readonly Uint8Array[];
}

/** Which way a cable is cut, seen from the station: `send` silences it, `receive` deafens it. */
export type CutDirection = 'send' | 'receive' | 'both';
