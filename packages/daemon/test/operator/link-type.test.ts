import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isKnownLinkType, locatePacket } from '../../src/operator/capture-file/link-type.ts';
import { concatenated, hex, simplePcap, temporaryFile } from './capture-writer.ts';
import { parsed, runLocum } from './recording.ts';
import { adverts, announcements } from './vectors.ts';

const IPV4 = hex(adverts.find(({ name }) => name === 'v3-ip4-1addr-pseudo')!.hex);
const IPV6 = hex(adverts.find(({ name }) => name === 'v3-ip6-2addr')!.hex);
const MACS = hex('01005e00001200005e000101');

/** Each link type with the header it puts in front of IPv4 and of IPv6. */
const links: readonly (readonly [linkType: number, ipv4: Uint8Array, ipv6: Uint8Array])[] = [
  [0, hex('02000000'), hex('1e000000')],
  [0, hex('00000002'), hex('0000000a')],
  [1, concatenated(MACS, hex('0800')), concatenated(MACS, hex('86dd'))],
  [1, concatenated(MACS, hex('8100000a0800')), concatenated(MACS, hex('88a800078100000a86dd'))],
  [12, hex(''), hex('')],
  [101, hex(''), hex('')],
  [108, hex('00000002'), hex('00000018')],
  [113, hex('00000001000600005e00010100000800'), hex('00000001000600005e000101000086dd')],
  [113, hex('00000001000600005e00010100008100000a0800'), hex('00000001000600005e00010100008100000a86dd')],
  [228, hex(''), hex('')],
  [229, hex(''), hex('')],
  [276, hex('08000000000000020001010600005e0001010000'), hex('86dd0000000000020001010600005e0001010000')],
];

test('an advert is found behind the header of every link type', async (context) => {
  for (const [linkType, ipv4, ipv6] of links) {
    const frames = [concatenated(ipv4, IPV4), concatenated(ipv6, IPV6)];
    const file = temporaryFile(context, 'link.pcap', simplePcap(linkType, frames));
    const run = await runLocum('decode', '--json', file);
    deepEqual([run.status, run.err], [0, []], `${linkType}`);
    deepEqual(
      parsed(run).map((line) => [line.ok, line.family]),
      [
        [true, 'ipv4'],
        [true, 'ipv6'],
      ],
      `${linkType}`,
    );
  }
});

test('gratuitous ARP is found in a cooked capture', async (context) => {
  const arp = hex(announcements[0]!.hex).subarray(14);
  const file = temporaryFile(
    context,
    'cooked.pcap',
    simplePcap(113, [concatenated(hex('00010001000600005e00010100000806'), arp)]),
  );
  const run = await runLocum('decode', '--json', file);
  deepEqual([parsed(run)[0]!.kind, parsed(run)[0]!.ok], ['gratuitous-arp', true]);
});

test('a frame cut anywhere is harmless for every link type', () => {
  for (const [linkType, header] of links) {
    const frame = concatenated(header, IPV4);
    for (let length = 0; length <= frame.length; length++) {
      const packet = locatePacket(linkType, frame.subarray(0, length));
      equal(packet === undefined || packet.start <= length, true, `${linkType} ${length}`);
    }
  }
});

test('an unknown link type is named, and its frames are counted', async (context) => {
  equal(isKnownLinkType(147), false);
  const file = temporaryFile(context, 'user.pcap', simplePcap(147, [IPV4]));
  const run = await runLocum('decode', file);
  equal(run.status, 1);
  equal(run.err[0]!.includes('link type 147'), true, run.err[0]);
});
