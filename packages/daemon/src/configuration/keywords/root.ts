/** Keywords outside any block. */
import { block, flag, free, integer, type KeywordRow, keyword, list, rows, word } from './row.ts';

export const rootKeywords: readonly KeywordRow[] = [
  ...rows('root', 'supported', [
    keyword('global_defs', block('global_defs'), 'Settings of the whole daemon; may occur several times'),
    keyword('vrrp_instance', block('vrrp_instance', 'NAME'), 'A virtual router'),
    keyword('net_namespace', word('NAME'), 'Network namespace to run in'),
  ]),
  ...rows('root', 'not-supported', [
    keyword('vrrp_sync_group', block('vrrp_sync_group', 'NAME'), 'Instances that change state together'),
    keyword('vrrp_script', block('vrrp_script', 'NAME'), 'A check by a command that instances can follow'),
    keyword('vrrp_track_process', block('vrrp_track_process', 'NAME'), 'A check that processes run'),
    keyword('track_file', block('track_file', 'NAME'), 'A number in a file that instances can follow'),
    keyword('vrrp_track_file', block('vrrp_track_file', 'NAME'), 'Old name of track_file'),
    keyword('bfd_instance', block('bfd_instance', 'NAME'), 'A BFD session that instances can follow'),
    keyword('static_ipaddress', list('ADDRESS'), 'Addresses kept present whatever the state'),
    keyword('static_routes', list('ROUTE'), 'Routes kept present whatever the state'),
    keyword('static_rules', list('RULE'), 'Rules kept present whatever the state'),
    keyword('track_group', block('track_group', 'NAME'), 'Instances that fail when a static item vanishes'),
    keyword('garp_group', block('garp_group'), 'Interfaces that share a limit on gratuitous ARP'),
    keyword('linkbeat_interfaces', list('INTERFACE'), 'Interfaces whose link state is polled'),
    keyword('linkbeat_use_polling', flag, 'Poll the link state of all interfaces', 'off'),
    keyword('interface_up_down_delays', list('INTERFACE DOWN [UP]'), 'Debounce of link state changes', '0'),
    keyword('namespace_with_ipsets', flag, 'Allow ipsets in a namespace on old kernels', 'off'),
    keyword('instance', word('NAME'), 'Suffix of file names, so that several daemons can coexist'),
    keyword('use_pid_dir', flag, 'Keep pid files under /run/keepalived', 'off'),
    keyword('child_wait_time', integer(0, 1_000_000, 'error', 's'), 'How long children have to stop', '5'),
  ]),
  ...rows('root', 'ignored', [keyword('net_namespace_ipvs', free('[NAME]'), 'Network namespace of the load balancer')]),
];

/** Blocks of the load balancer at the outermost level: skipped, with all that is in them. */
export const loadBalancerBlocks: readonly string[] = ['virtual_server', 'virtual_server_group', 'SSL'];
