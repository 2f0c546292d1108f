/**
 * Configurations for tests that look at one daemon: version 3 with ten adverts a second, so that it is Active a third of
 * a second after it started. Where two daemons contend, use longer intervals: a busy machine may pause for as long.
 */

export interface QuickInstance {
  /** Default VI_1. */
  readonly name?: string;
  /** Default eth0. */
  readonly interfaceName?: string;
  /** Default 51. */
  readonly vrid?: number;
  /** Default 200. */
  readonly priority?: number;
  /** Seconds, default 0.1. */
  readonly interval?: number;
  /** Lines of `virtual_ipaddress`, default 192.168.1.100/24. */
  readonly addresses?: readonly string[];
  /** Lines of `virtual_ipaddress_excluded`. */
  readonly excluded?: readonly string[];
  /** Further lines of the block. */
  readonly lines?: readonly string[];
}

export const QUICK_ADDRESS = '192.168.1.100';

export function quickConfiguration(...instances: readonly QuickInstance[]): string {
  return `${instances.map(blockOf).join('\n')}\n`;
}

function blockOf(instance: QuickInstance): string {
  const indent = (line: string): string => `  ${line}`;
  const addresses = instance.addresses ?? [`${QUICK_ADDRESS}/24`];
  const excluded = instance.excluded ?? [];
  return [
    `vrrp_instance ${instance.name ?? 'VI_1'} {`,
    ...[
      'version 3',
      `interface ${instance.interfaceName ?? 'eth0'}`,
      `virtual_router_id ${instance.vrid ?? 51}`,
      `priority ${instance.priority ?? 200}`,
      `advert_int ${instance.interval ?? 0.1}`,
      ...(instance.lines ?? []),
      ...['virtual_ipaddress {', ...addresses.map(indent), '}'],
      ...(excluded.length === 0 ? [] : ['virtual_ipaddress_excluded {', ...excluded.map(indent), '}']),
    ].map(indent),
    '}',
  ].join('\n');
}
