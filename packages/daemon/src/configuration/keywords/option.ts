/** Words that may follow an entry of a list block: an address, a peer, a route, a rule, a tracker. */
import { address, choice, flag, free, integer, type KeywordBody, type KeywordRow, keyword, rows, word } from './row.ts';

/** Options of which nothing but the name is known, because they are not supported. */
function named(names: string): KeywordBody[] {
  return names.split(' ').map((name) => keyword(name, free('…'), 'As in iproute2'));
}

export const optionKeywords: readonly KeywordRow[] = [
  ...rows('address-option', 'supported', [
    keyword('dev', word('INTERFACE'), 'Interface of the address', "the instance's"),
    keyword('scope', free('global|link|host|site|nowhere|N'), 'Scope; IPv4', 'global'),
    keyword('brd', free('ADDRESS|+|-'), 'Broadcast address, + for all ones, - for all zeroes; IPv4', 'none'),
    keyword('broadcast', free('ADDRESS|+|-'), 'The same as brd', 'none'),
    keyword('label', word('LABEL'), 'At most 15 characters; IPv4', 'none'),
    keyword('peer', free('ADDRESS[/PREFIX]'), 'Other end of a point-to-point link', 'none'),
    keyword('home', flag, 'Home address (Mobile IPv6)', 'off'),
    keyword('mngtmpaddr', flag, 'The kernel makes temporary addresses from this one', 'off'),
    keyword('noprefixroute', flag, 'No route for the prefix', 'off'),
    keyword('autojoin', flag, 'Join the multicast group', 'off'),
    keyword('-nodad', flag, 'Leave duplicate address detection on; IPv6', 'off'),
    keyword('preferred_lft', free('SECONDS|forever'), 'Preferred lifetime; IPv6', '0 with /128, else forever'),
    keyword('no_track', flag, 'Removal by somebody else does not matter', 'off'),
  ]),
  ...rows('address-option', 'not-supported', [
    keyword('use_vmac', flag, 'Put the address on a virtual MAC interface', 'off'),
    keyword('track_group', word('NAME'), 'Static addresses: instances that fail with it'),
  ]),
  ...rows('peer-option', 'supported', [
    keyword('min_ttl', integer(0, 255), 'Smallest TTL accepted', '0'),
    keyword('max_ttl', integer(0, 255), 'Largest TTL accepted', '255'),
  ]),
  ...rows('tracker-option', 'not-supported', [
    keyword('weight', integer(-254, 254), 'Added to the priority while good, or while bad if negative', '0'),
    keyword('reverse', flag, 'Good is bad', 'off'),
    keyword('noreverse', flag, 'Good is good', 'on'),
  ]),
  ...rows('route-option', 'not-supported', [
    keyword('src', address, 'Preferred source address'),
    keyword('via', free('[inet|inet6] ADDRESS'), 'Next hop'),
    keyword('table', free('TABLE'), 'Routing table'),
    keyword('pref', choice('low', 'medium', 'high'), 'Preference'),
    ...named(
      'unicast local broadcast multicast throw unreachable prohibit blackhole nat anycast inet inet6 to from gw',
    ),
    ...named('dev oif onlink as encap protocol scope metric priority preference tos dsfield realms vrf mtu advmss rtt'),
    ...named('rttvar reordering cwnd ssthresh rto_min congctl lock hoplimit window initcwnd initrwnd features ecn'),
    ...named(
      'quickack fastopen_no_cookie ttl-propagate expires add prepend append nexthop weight or no_track track_group',
    ),
  ]),
  ...rows('rule-option', 'not-supported', [
    ...named(
      'not from to iif dev oif tos dsfield fwmark tunnel-id uidrange l3mdev ipproto sport dport preference order',
    ),
    ...named('priority table lookup goto nop blackhole unreachable prohibit type realms suppress_prefixlength sup_pl'),
    ...named('suppress_ifgroup sup_group protocol inet inet6 no_track track_group'),
  ]),
];
