/** Keywords of the blocks that define what instances can follow: scripts, processes, files, BFD sessions. */
import {
  address,
  boolean,
  command,
  flag,
  free,
  integer,
  type KeywordBody,
  type KeywordRow,
  keyword,
  rows,
  seconds,
  word,
} from './row.ts';

const trackFile: readonly KeywordBody[] = [
  keyword('file', word('PATH'), 'File with a whole number'),
  keyword('weight', free('N [reverse]'), 'Times that number is added to the priority', '1'),
  keyword('init_file', free('[N] [overwrite]'), 'Create the file at start', 'off'),
];

export const trackerKeywords: readonly KeywordRow[] = [
  ...rows('vrrp_script', 'not-supported', [
    keyword('script', command('COMMAND'), 'Exit status 0 is good'),
    keyword('interval', seconds(0.001, 1_000_000), 'Period', '1'),
    keyword('timeout', seconds(0, 1_000_000), 'A longer run is a failure', 'interval'),
    keyword('weight', free('N [reverse]'), 'Added to the priority; 0 means FAULT on failure', '0'),
    keyword('rise', integer(1, 1_000_000), 'Successes until good', '1'),
    keyword('fall', integer(1, 1_000_000), 'Failures until bad', '1'),
    keyword('user', free('USER[:][GROUP]'), 'User to run as', 'script_user'),
    keyword('init_fail', flag, 'Bad at start', 'off'),
  ]),
  ...rows('vrrp_track_process', 'not-supported', [
    keyword('process', free('NAME [PARAMETER …]'), 'Process to look for'),
    keyword('param_match', free('[initial|partial]'), 'Compare parameters', 'none'),
    keyword('full_command', flag, 'Compare the whole path', 'off'),
    keyword('weight', free('N [reverse]'), 'Added to the priority', '0'),
    keyword('quorum', integer(1, 65_535), 'How many must run', '1'),
    keyword('quorum_max', integer(0, 65_535), 'How many may run', 'any number'),
    keyword('delay', seconds(0.000001, 3600), 'Sets both delays', '0'),
    keyword('terminate_delay', seconds(0.000001, 3600), 'Patience when there are too few', '0'),
    keyword('fork_delay', seconds(0.000001, 3600), 'Patience when there are enough again', '0'),
  ]),
  ...rows('track_file', 'not-supported', trackFile),
  ...rows('vrrp_track_file', 'not-supported', trackFile),
  ...rows('bfd_instance', 'not-supported', [
    keyword('neighbor_ip', address, 'The peer'),
    keyword('neighbour_ip', address, 'The peer'),
    keyword('source_ip', address, 'Own address', 'any'),
    keyword('min_rx', integer(1, 4_294_967, 'error', 'ms'), 'Smallest interval of reception', '10'),
    keyword('min_tx', integer(1, 4_294_967, 'error', 'ms'), 'Smallest interval of sending', '10'),
    keyword('idle_tx', integer(1000, 4_294_967, 'error', 'ms'), 'Interval while down', '1000'),
    keyword('multiplier', integer(1, 255), 'Packets that may be missed', '5'),
    keyword('passive', flag, 'Wait for the peer', 'off'),
    keyword('ttl', integer(1, 255), 'TTL sent', '255'),
    keyword('hoplimit', integer(1, 255), 'Hop limit sent', '64'),
    keyword('max_hops', integer(-1, 255), 'Distance accepted; -1 for any', '0'),
    keyword('multihop', boolean, 'Use the port for several hops', 'off'),
    keyword('weight', free('N [reverse]'), 'Added to the priority', '0'),
    keyword('vrrp', flag, 'Used by instances only'),
  ]),
  ...rows('bfd_instance', 'ignored', [keyword('checker', flag, 'Used by the load balancer only')]),
];
