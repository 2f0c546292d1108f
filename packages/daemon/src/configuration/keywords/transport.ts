/** Words in the option block of `transport`: what the transports that come with Locum know. Plug-ins check their own. */
import { choice, integer, type KeywordRow, keyword, rows, word } from './row.ts';

const ringFrames = keyword(
  'ring_frames',
  integer(16, 65536),
  'Frames that a port holds while nobody reads them',
  '1024',
);

export const transportKeywords: readonly KeywordRow[] = [
  ...rows('raw-option', 'supported', [ringFrames]),
  ...rows('pcap-option', 'supported', [
    keyword('buffer_kib', integer(256, 262_144, 'error', 'KiB'), 'What the kernel holds while nobody reads', '8192'),
  ]),
  ...rows('tap-option', 'supported', [
    keyword(
      'mode',
      choice('port', 'virtual-mac'),
      'A station of its own on a bridge, or a MAC for each router',
      'port',
    ),
    keyword('device', word('NAME'), 'Name of the TAP device; mode port', 'locum0, locum1, …'),
    keyword('bridge', word('BRIDGE'), 'Bridge that it joins, which is the interface; mode port', 'the interface'),
    keyword('mac', word('MAC'), 'MAC of the station; mode port', 'derived from its name and the host'),
    ringFrames,
  ]),
];
