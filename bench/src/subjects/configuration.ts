/**
 * What the measured daemons are told to do, and the text that both understand.
 */

export interface RouterPlan {
  /** Default eth0. */
  readonly interfaceName?: string;
  /** 1..255. */
  readonly vrid: number;
  readonly address: string;
}

export interface RouterConfiguration {
  readonly routers: readonly RouterPlan[];
  /** Whole seconds are spoken in version 2, anything else in version 3. */
  readonly intervalMs: number;
  /** 255 makes the daemon Active at once. */
  readonly priority: number;
  /** Absent: ordinary scheduling. */
  readonly realtimePriority?: number;
  /** Adverts that may be missed; 3 where absent. */
  readonly downAdverts?: number;
}

export function versionOf(configuration: Pick<RouterConfiguration, 'intervalMs'>): 2 | 3 {
  return configuration.intervalMs % 1000 === 0 ? 2 : 3;
}

/**
 * The file for either daemon.
 *
 * Second bursts of announcements, five seconds after the first, are switched off: they would fall into some of the
 * measured stretches and not into others.
 *
 * @param globals further lines of `global_defs`
 */
export function configurationText(configuration: RouterConfiguration, globals: readonly string[] = []): string {
  const { realtimePriority, downAdverts } = configuration;
  const lines = [
    'global_defs {',
    '  router_id bench',
    '  vrrp_garp_master_delay 0',
    ...(realtimePriority === undefined ? [] : [`  vrrp_rt_priority ${realtimePriority}`]),
    ...(downAdverts === undefined ? [] : [`  vrrp_down_timer_adverts ${downAdverts}`]),
    ...globals.map((line) => `  ${line}`),
    '}',
  ];
  for (const [index, router] of configuration.routers.entries()) lines.push(...instance(index, router, configuration));
  return `${lines.join('\n')}\n`;
}

function instance(index: number, router: RouterPlan, configuration: RouterConfiguration): string[] {
  return [
    `vrrp_instance VI_${index} {`,
    `  state ${configuration.priority === 255 ? 'MASTER' : 'BACKUP'}`,
    `  version ${versionOf(configuration)}`,
    `  interface ${router.interfaceName ?? 'eth0'}`,
    `  virtual_router_id ${router.vrid}`,
    `  priority ${configuration.priority}`,
    `  advert_int ${configuration.intervalMs / 1000}`,
    '  virtual_ipaddress {',
    `    ${router.address}`,
    '  }',
    '}',
  ];
}

/** The longest that a Backup waits before it takes over (RFC 9568 section 6.1), of which the second part is the skew. */
export function activeDownUs(configuration: RouterConfiguration): number {
  return (configuration.downAdverts ?? 3) * configuration.intervalMs * 1000 + skewUs(configuration);
}

/** How long a Backup waits when the Active resigns. */
export function skewUs(configuration: RouterConfiguration): number {
  return ((256 - configuration.priority) / 256) * configuration.intervalMs * 1000;
}
