/**
 * `global_defs` and the other keywords outside instances: what they set for the daemon, and what they leave to the
 * instances as defaults.
 */
import { type Micros, secondsToMicros } from '@locum/protocol';
import { isLinkScopeGroup, isMulticast } from './address.ts';
import type { Argument } from './argument.ts';
import { Given, readBlock } from './block.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { GlobalSettings } from './settings.ts';
import type { Statement } from './text/tree.ts';

/** What instances take from `global_defs` where they say nothing themselves. */
export interface InstanceDefaults {
  readonly version: 2 | 3;
  readonly group4: Uint8Array;
  readonly group6: Uint8Array;
  readonly downAdverts: number;
  readonly lowerPriorityNoAdvert: boolean;
  readonly higherPrioritySendAdvert: boolean;
  readonly ownerIgnoresAdverts: boolean;
  readonly checksumAsVersion2: boolean;
  readonly startupDelayUs: Micros;
  readonly garpDelayS: number;
  readonly garpRepeat: number;
  readonly garpRefreshS: number;
  readonly garpRefreshRepeat: number;
  readonly garpLowerPriorityDelayS: number;
  readonly garpLowerPriorityRepeat: number;
  readonly arpGapUs: Micros;
  readonly neighborGapUs: Micros;
}

/** RFC 9568 section 5.1.1.2. */
const GROUP_4 = Uint8Array.of(224, 0, 0, 18);
/** RFC 9568 section 5.1.2.2. */
const GROUP_6 = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);

/** keepalived copies these when an instance begins, so there they do nothing for instances above them. */
const ORDER_MATTERS_IN_KEEPALIVED: ReadonlySet<string> = new Set([
  'vrrp_garp_master_delay',
  'vrrp_garp_master_repeat',
  'vrrp_garp_master_refresh',
  'vrrp_garp_master_refresh_repeat',
  'vrrp_garp_interval',
  'vrrp_gna_interval',
  'vrrp_min_garp',
  'vrrp_down_timer_adverts',
  'v3_checksum_as_v2',
]);

/** Reads the blocks of all `global_defs`; each has whether an instance stands above it. */
export function readGlobalBlocks(
  blocks: readonly { readonly statements: readonly Statement[]; readonly followsInstance: boolean }[],
  diagnostics: DiagnosticList,
): Given {
  const given = new Given();
  for (const block of blocks) {
    given.merge(
      readBlock('global_defs', block.statements, diagnostics, (row, argument) => {
        checkGlobal(row.name, argument, diagnostics);
        if (block.followsInstance && ORDER_MATTERS_IN_KEEPALIVED.has(row.name)) {
          diagnostics.warning(
            'global-after-instance',
            argument.keyword.place,
            `${row.name} applies to the instances above as well; in keepalived it would not`,
            'Move global_defs to the top of the file.',
          );
        }
      }),
    );
  }
  return given;
}

function checkGlobal(name: string, argument: Argument, diagnostics: DiagnosticList): void {
  if (name === 'vrrp_mcast_group4') checkGroup(argument, 4, diagnostics);
  if (name === 'vrrp_mcast_group6') checkGroup(argument, 6, diagnostics);
  if (name === 'net_namespace') checkNamespace(argument, diagnostics);
}

/** Reports a multicast group that adverts cannot go to. */
export function checkGroup(argument: Argument, family: 4 | 6, diagnostics: DiagnosticList): void {
  const { octets, place } = argument;
  if (octets.length !== (family === 4 ? 4 : 16) || !isMulticast(octets)) {
    const sample = family === 4 ? '224.0.0.18' : 'ff02::12';
    diagnostics.error(
      'bad-group',
      place,
      `'${argument.text}' is not an IPv${family} multicast address`,
      `Write for example ${sample}.`,
    );
  } else if (family === 6 && !isLinkScopeGroup(octets)) {
    diagnostics.warning(
      'group-scope',
      place,
      `the scope of ${argument.text} is not the link, which adverts do not leave`,
      'Write a group of ff02::/16.',
    );
  }
}

/** Reports a name that no network namespace can have. */
export function checkNamespace(argument: Argument, diagnostics: DiagnosticList): void {
  if (argument.text !== '' && argument.text !== '.' && argument.text !== '..' && !argument.text.includes('/')) return;
  diagnostics.error(
    'bad-namespace',
    argument.place,
    `'${argument.text.slice(0, 64)}' is not the name of a network namespace`,
    'Write a name that ip netns list shows.',
  );
}

/** The settings of the daemon; `outermost` is what was given outside all blocks. */
export function globalSettings(given: Given, outermost: Given, defaultRouterId: string): GlobalSettings {
  return {
    routerId: given.text('router_id') ?? defaultRouterId,
    realtimePriority: given.number('vrrp_rt_priority'),
    noSwap: given.isOn('vrrp_no_swap') ?? false,
    nice: given.number('vrrp_priority'),
    processors: given.numbers('vrrp_cpu_affinity'),
    busyWaitUs: given.number('locum_busy_wait') ?? 0,
    spreadPhases: given.isOn('locum_spread_phases') ?? true,
    netNamespace: outermost.text('net_namespace') ?? given.text('net_namespace'),
    startupDelayUs: secondsToMicros(given.number('vrrp_startup_delay') ?? 0),
  };
}

export function instanceDefaults(given: Given): InstanceDefaults {
  const isMinimal = given.isOn('vrrp_min_garp') ?? false;
  const garpDelayS = given.number('vrrp_garp_master_delay') ?? (isMinimal ? 0 : 5);
  const garpRepeat = given.number('vrrp_garp_master_repeat') ?? (isMinimal ? 1 : 5);
  return {
    version: given.text('vrrp_version') === '3' ? 3 : 2,
    group4: given.octets('vrrp_mcast_group4') ?? GROUP_4,
    group6: given.octets('vrrp_mcast_group6') ?? GROUP_6,
    downAdverts: given.number('vrrp_down_timer_adverts') ?? 3,
    lowerPriorityNoAdvert: given.isOn('vrrp_lower_prio_no_advert') ?? false,
    higherPrioritySendAdvert: given.isOn('vrrp_higher_prio_send_advert') ?? false,
    ownerIgnoresAdverts: given.isOn('vrrp_owner_ignore_adverts') ?? false,
    checksumAsVersion2: given.isOn('v3_checksum_as_v2') ?? false,
    startupDelayUs: secondsToMicros(given.number('vrrp_startup_delay') ?? 0),
    garpDelayS,
    garpRepeat,
    garpRefreshS: given.number('vrrp_garp_master_refresh') ?? 0,
    garpRefreshRepeat: given.number('vrrp_garp_master_refresh_repeat') ?? 1,
    garpLowerPriorityDelayS: given.number('vrrp_garp_lower_prio_delay') ?? garpDelayS,
    garpLowerPriorityRepeat: given.number('vrrp_garp_lower_prio_repeat') ?? garpRepeat,
    arpGapUs: secondsToMicros(given.number('vrrp_garp_interval') ?? 0),
    neighborGapUs: secondsToMicros(given.number('vrrp_gna_interval') ?? 0),
  };
}
