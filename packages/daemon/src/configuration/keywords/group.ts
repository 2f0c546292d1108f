/** Keywords of the blocks that put things together: sync groups, track groups, limits on gratuitous ARP. */
import { boolean, command, flag, type KeywordRow, keyword, list, rows, seconds, word, words } from './row.ts';

export const groupKeywords: readonly KeywordRow[] = [
  ...rows('vrrp_sync_group', 'not-supported', [
    keyword('group', words('INSTANCE'), 'The members'),
    keyword('track_interface', list('INTERFACE'), 'Interfaces that must be up'),
    keyword('track_script', list('NAME'), 'Checks by commands to follow'),
    keyword('track_file', list('NAME'), 'Numbers in files to follow'),
    keyword('track_process', list('NAME'), 'Checks of processes to follow'),
    keyword('track_bfd', list('NAME'), 'BFD sessions to follow'),
    keyword('notify_master', command(), 'Run when the group enters MASTER'),
    keyword('notify_backup', command(), 'Run when the group enters BACKUP'),
    keyword('notify_fault', command(), 'Run when the group enters FAULT'),
    keyword('notify_stop', command(), 'Run when the daemon stops'),
    keyword('notify', command(), 'Run on every change of state'),
    keyword('smtp_alert', boolean, 'Mail on change of state', 'global'),
    keyword('notify_priority_changes', boolean, 'Tell of changes of the priority of members', 'global'),
    keyword('sync_group_tracking_weight', flag, 'Allow weights in a group', 'off'),
    keyword('global_tracking', flag, 'Old way of sharing trackers', 'off'),
  ]),
  ...rows('track_group', 'not-supported', [keyword('group', words('INSTANCE'), 'The instances')]),
  ...rows('garp_group', 'not-supported', [
    keyword('garp_interval', seconds(0.000001, 1_000_000), 'Smallest gap between gratuitous ARPs'),
    keyword('gna_interval', seconds(0.000001, 1_000_000), 'Smallest gap between neighbour advertisements'),
    keyword('interface', word('INTERFACE'), 'The only interface'),
    keyword('interfaces', words('INTERFACE'), 'The interfaces'),
  ]),
];
