/** Keywords of `global_defs` about the protocol: defaults of instances, announcements, packet filter, buffers. */
import { address, boolean, choice, flag, free, integer, type KeywordRow, keyword, rows, seconds, word } from './row.ts';

/** Longest delay and highest count that is taken at its word. */
const MAX = 1_000_000;

export const globalVrrpKeywords: readonly KeywordRow[] = [
  ...rows('global_defs', 'supported', [
    keyword('vrrp_version', choice('2', '3'), 'Default version; IPv6 instances have 3', '2'),
    keyword('vrrp_mcast_group4', address, 'Destination of IPv4 adverts', '224.0.0.18'),
    keyword('vrrp_mcast_group6', address, 'Destination of IPv6 adverts', 'ff02::12'),
    keyword('vrrp_garp_master_delay', integer(0, MAX, 'error', 's'), 'Delay of the second burst of announcements', '5'),
    keyword('vrrp_garp_master_repeat', integer(1, MAX, 'clamp'), 'Announcements of each address in a burst', '5'),
    keyword('vrrp_garp_master_refresh', integer(0, MAX, 'error', 's'), 'Period of further bursts; 0 for none', '0'),
    keyword('vrrp_garp_master_refresh_repeat', integer(1, MAX, 'clamp'), 'Announcements in those', '1'),
    keyword(
      'vrrp_garp_lower_prio_delay',
      integer(0, MAX, 'error', 's'),
      'Delay of the second burst after an advert of lower priority',
      'vrrp_garp_master_delay',
    ),
    keyword(
      'vrrp_garp_lower_prio_repeat',
      integer(0, MAX),
      'Announcements after an advert of lower priority; 0 for none',
      'vrrp_garp_master_repeat',
    ),
    keyword('vrrp_garp_interval', seconds(0, MAX), 'Smallest gap between gratuitous ARPs', '0'),
    keyword('vrrp_gna_interval', seconds(0, MAX), 'The same for neighbour advertisements', '0'),
    keyword('vrrp_min_garp', boolean, 'One announcement of each address, and no second burst', 'false'),
    keyword('vrrp_down_timer_adverts', integer(1, 100, 3), 'Adverts that may be missed', '3'),
    keyword('vrrp_lower_prio_no_advert', boolean, 'Do not answer adverts of lower priority', 'false'),
    keyword('vrrp_higher_prio_send_advert', boolean, 'Send a last advert when yielding', 'false'),
    keyword('vrrp_owner_ignore_adverts', boolean, 'The address owner drops all adverts', 'false'),
    keyword('v3_checksum_as_v2', boolean, 'Checksums of version 3 over IPv4 without pseudo-header', 'false'),
    keyword('vrrp_startup_delay', seconds(0, MAX), 'Wait before taking part', '0'),
  ]),
  ...rows('global_defs', 'not-supported', [
    keyword('vrrp_strict', boolean, 'Default of strict_mode', 'false'),
    keyword('vrrp_skip_check_adv_addr', boolean, 'Compare addresses only in adverts of a new sender', 'false'),
    keyword('vrrp_garp_extra_if', free('[all] SECONDS'), 'Announce on further interfaces, with a virtual MAC', '0'),
    keyword('vrrp_vmac_garp_intvl', free('[all] SECONDS'), 'Old name of vrrp_garp_extra_if'),
    keyword('vrrp_check_unicast_src', flag, 'Unicast: the sender must be a peer', 'off'),
    keyword('vrrp_delay_after_boot', seconds(0.001, MAX), 'Wait after the machine has started', '0'),
    keyword('log_unknown_vrids', flag, 'Log adverts of unknown virtual routers', 'off'),
    keyword('disable_local_igmp', flag, 'No IGMP reports for link-local groups', 'off'),
    keyword('vrrp_iptables', free('[IN [OUT]]'), 'Block traffic by iptables', 'off'),
    keyword('vrrp_ipsets', free('[NAME …]'), 'Names of the sets for that', 'keepalived'),
    keyword('nftables', free('[TABLE]'), 'Block traffic by nftables', 'keepalived'),
    keyword('nftables_priority', integer(-2_147_483_648, 2_147_483_647), 'Priority of the chains', '-1'),
    keyword('nftables_counters', flag, 'Counters in the rules', 'off'),
    keyword('nftables_ifindex', flag, 'Match interfaces by index', 'off'),
    keyword('vmac_prefix', word('PREFIX'), 'Names of virtual MAC interfaces', 'vrrp'),
    keyword('vmac_addr_prefix', word('PREFIX'), 'Names of those that only hold addresses', 'vmac_prefix'),
    keyword('vrrp_rx_bufs_policy', free('MTU|ADVERT|BYTES'), 'Size of receive buffers', 'kernel'),
    keyword('vrrp_rx_bufs_multiplier', integer(1, MAX), 'Times that size', '3'),
    keyword('vrrp_netlink_cmd_rcv_bufs', free('BYTES'), 'Netlink receive buffer for requests', 'kernel'),
    keyword('vrrp_netlink_monitor_rcv_bufs', free('BYTES'), 'Netlink receive buffer for events', 'kernel'),
    keyword('vrrp_netlink_cmd_rcv_bufs_force', boolean, 'Set it beyond the limit of the kernel', 'false'),
    keyword('vrrp_netlink_monitor_rcv_bufs_force', boolean, 'Set it beyond the limit of the kernel', 'false'),
  ]),
];
