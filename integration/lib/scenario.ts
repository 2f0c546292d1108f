/**
 * What scenarios share: the configuration of one virtual router, and the first announcement after an instant.
 */

import type { Capture, Seen } from './capture.ts';
import type { Advert } from './naive-decoder.ts';

export const VIRTUAL_ADDRESS = '192.168.1.100';

export interface InstanceText {
  readonly priority: number;
  readonly state?: 'MASTER' | 'BACKUP';
  readonly vrid?: number;
  /** Default 192.168.1.100. */
  readonly addresses?: readonly string[];
  /** Further lines of the instance block. */
  readonly lines?: readonly string[];
}

/** A configuration with one instance VI_1 on eth0, VRID 51, an advert a second. */
export function configurationOf(instance: InstanceText): string {
  return [
    'vrrp_instance VI_1 {',
    `  state ${instance.state ?? 'BACKUP'}`,
    '  interface eth0',
    `  virtual_router_id ${instance.vrid ?? 51}`,
    `  priority ${instance.priority}`,
    '  advert_int 1',
    ...(instance.lines ?? []).map((line) => `  ${line}`),
    '  virtual_ipaddress {',
    ...(instance.addresses ?? [VIRTUAL_ADDRESS]).map((address) => `    ${address}`),
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Skew time in microseconds at an interval of one second: (256 - priority) / 256 s. */
export function skewUs(priority: number): number {
  return ((256 - priority) * 1_000_000) / 256;
}

/** Adverts of a host at or after an instant, priority 0 excluded. */
export function advertsOf(capture: Capture, host: string, sinceUs: number): Seen<Advert>[] {
  return capture.adverts().filter((advert) => advert.host === host && advert.atUs >= sinceUs && advert.priority > 0);
}

/** The last advert that a host sent before an instant, priority 0 included. */
export function lastAdvertBefore(capture: Capture, host: string, beforeUs: number): Seen<Advert> | undefined {
  return capture.adverts().findLast((advert) => advert.host === host && advert.atUs < beforeUs);
}
