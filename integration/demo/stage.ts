/**
 * Where the story is played: what the scenario asks of a LAN with two routers and a client, whether it is made of
 * network namespaces or of memory.
 */
import type { FrameLog } from '../lib/frame-log.ts';
import type { PingLog } from '../lib/ping-log.ts';

export type RouterName = 'router1' | 'router2';

/** The address that follows the living router. */
export const VIRTUAL_ADDRESS = '192.168.1.100';

/** The other half of the story's files: each router runs `demo/<name>/keepalived.conf` as it is. */
export const ADDRESSES: Readonly<Record<RouterName | 'client', string>> = {
  router1: '192.168.1.1',
  router2: '192.168.1.2',
  client: '192.168.1.10',
};

export interface Stage {
  /** What the LAN is made of, for the picture. */
  readonly material: string;
  /** What was on the wire. */
  readonly wire: FrameLog;
  /** The client's pings of the virtual address; they begin with {@link startPinging}. */
  readonly pings: PingLog;
  /** The wall clock, microseconds, which the wire and the pings are stamped with. */
  nowUs(): number;
  macOf(host: RouterName): string;
  /** Whether the router's host has the virtual address on its interface. */
  holdsAddress(router: RouterName): boolean;
  start(router: RouterName): void;
  /** Kills the router without a word; returns how many processes it had. */
  kill(router: RouterName): Promise<number>;
  /** Asks it to stop and waits for its end. */
  stop(router: RouterName): Promise<void>;
  startPinging(): Promise<void>;
  /** Leaves nothing behind, but for logs and the capture when `keep` is set; returns where those are. */
  close(keep: boolean): Promise<string | undefined>;
}
