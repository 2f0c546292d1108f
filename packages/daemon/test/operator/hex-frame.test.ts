import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { guessLink, networkOf, parseHex } from '../../src/operator/decode/hex-frame.ts';
import { runLocum } from './recording.ts';
import { adverts, announcements } from './vectors.ts';

const ADVERT = '310164010064050ac00002fe';

test('white space, colons, commas and 0x are passed over', () => {
  const wanted = Uint8Array.from(Buffer.from(ADVERT, 'hex'));
  for (const text of [
    ADVERT,
    ADVERT.toUpperCase(),
    '0x310164010064050ac00002fe',
    '31:01:64:01:00:64:05:0a:c0:00:02:fe',
    ' 3101 6401\n0064 050a\tc000 02fe ',
    '0x31, 0x01, 0x64, 0x01, 0x00, 0x64, 0x05, 0x0a, 0xc0, 0x00, 0x02, 0xfe',
  ]) {
    deepEqual(parseHex(text), wanted, text);
  }
});

test('what is not hex is refused with status 2 and one clear line', async () => {
  for (const [text, message] of [
    ['310', /3 hex digits are not a whole number of octets/],
    ['31zz', /"z" is not a hex digit/],
    ['31 x', /"x" is not a hex digit/],
  ] as const) {
    const run = await runLocum('decode', '--json', '--hex', text);
    deepEqual([run.status, run.out, run.err.length], [2, [], 1], text);
    equal(message.test(run.err[0]!), true, run.err[0]);
  }
});

test('the kind of frame is told from its octets', () => {
  const mac = '00005e000101';
  const ipv4 = adverts.find(({ name }) => name === 'v3-ip4-1addr-pseudo')!.hex;
  const ipv6 = adverts.find(({ name }) => name === 'v3-ip6-2addr')!.hex;
  const cases: readonly (readonly [hex: string, link: string])[] = [
    ...adverts.map(({ hex, link }) => [hex, link] as const),
    ...announcements.map(({ hex }) => [hex, 'ethernet'] as const),
    [`01005e000012${mac}0800${ipv4}`, 'ethernet'],
    [`333300000012${mac}86dd${ipv6}`, 'ethernet'],
    [`333300000012${mac}8100000a86dd${ipv6}`, 'ethernet'],
    [`55${ipv4.slice(2)}`, 'ip'],
    [`31${ipv4.slice(2)}`, 'ip'],
    [`31${ipv6.slice(2)}`, 'ip'],
    ['', 'vrrp'],
    ['410164010064940ac00002fe', 'vrrp'],
    ['450000', 'ip'],
    ['f0', 'ip'],
  ];
  for (const [text, link] of cases) equal(guessLink(Uint8Array.from(Buffer.from(text, 'hex'))), link, text);
});

test('a bare message is IPv6 when only that fits', () => {
  for (const { name, hex, src, link } of adverts) {
    if (link !== 'vrrp') continue;
    const network = networkOf(Uint8Array.from(Buffer.from(hex, 'hex')), {});
    equal(typeof network === 'string' ? network : network.source.length, src.includes(':') ? 16 : 4, name);
  }
  const four = Uint8Array.from(Buffer.from(`3101640400640000${'c0000201'.repeat(4)}`, 'hex'));
  const network = networkOf(four, {});
  equal(typeof network === 'string' ? network : network.source.length, 4);
  equal(typeof networkOf(four, { source: new Uint8Array(4), destination: new Uint8Array(16) }), 'string');
});

test('options out of range and wrong combinations are wrong usage', async () => {
  for (const words of [
    ['--vrid', '0'],
    ['--vrid', '256'],
    ['--vrid', '1,x'],
    ['--versions', '4'],
    ['--v3-interval', '4096'],
    ['--priority', '0'],
    ['--src', '192.0.2'],
    ['--link', 'token-ring'],
    ['--auth-pass', 'a', '--auth-ah', 'b'],
    ['--config', '/nowhere', '--vrid', '3'],
    ['--config', '/nowhere/keepalived.conf'],
    ['--src', 'fe80::1', '--dst', '224.0.0.18'],
    ['capture.pcap'],
  ]) {
    const run = await runLocum('decode', '--hex', ADVERT, ...words);
    deepEqual([run.status, run.out], [2, []], words.join(' '));
    equal(run.err.length > 0, true, words.join(' '));
  }
  equal((await runLocum('decode')).status, 2);
  equal((await runLocum('decode', '/nowhere/capture.pcap')).status, 2);
});
