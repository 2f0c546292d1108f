import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hex, simplePcap, temporaryFile } from './capture-writer.ts';
import { parsed, runLocum } from './recording.ts';
import { type AdvertVector, adverts, type Context, type Expectation, optionsOf } from './vectors.ts';

async function decodeHex(vector: AdvertVector, context: Context, ...more: string[]): Promise<Record<string, unknown>> {
  const { src, dst, ttl } = vector;
  const network = ['--src', src, '--dst', dst, '--ttl', String(ttl)];
  const run = await runLocum('decode', '--json', '--hex', vector.hex, ...network, ...optionsOf(context), ...more);
  deepEqual([run.status, run.err, run.out.length], [0, [], 1], `${vector.name} ${JSON.stringify(run)}`);
  return parsed(run)[0]!;
}

/** All of `expect` must be there, alike, and warnings only where they are expected. */
function compare(line: Record<string, unknown>, expect: Expectation, what: string): void {
  const expected = { warnings: undefined, error: undefined, ...expect };
  const found = Object.fromEntries(Object.keys(expected).map((key) => [key, line[key]]));
  deepEqual(found, expected, what);
}

test('every vector gives its verdict and its fields', async () => {
  for (const vector of adverts) {
    compare(await decodeHex(vector, vector.ctx ?? {}), vector.expect, vector.name);
    compare(await decodeHex(vector, vector.ctx ?? {}, '--link', vector.link), vector.expect, `${vector.name} told`);
  }
});

test('every vector gives its other verdict under another context', async () => {
  let count = 0;
  for (const vector of adverts) {
    for (const { ctx, expect } of vector.alt ?? []) {
      const context = { ...vector.ctx, ...ctx };
      compare(await decodeHex(vector, context), expect, `${vector.name} ${JSON.stringify(context)}`);
      count++;
    }
  }
  equal(count > 20, true);
});

test('the fields of an accepted advert come first and in the order of the vectors', async () => {
  for (const vector of adverts) {
    if (!vector.expect.ok) continue;
    const line = await decodeHex(vector, vector.ctx ?? {});
    deepEqual(Object.keys(line).slice(0, Object.keys(vector.expect).length + 1), [
      'frame',
      ...Object.keys(vector.expect),
    ]);
  }
});

test('a capture of all packets gives the default receiver’s verdicts, one line a frame', async (context) => {
  const packets = adverts.filter(({ link, ctx }) => link === 'ip' && ctx === undefined);
  const file = temporaryFile(
    context,
    'adverts.pcap',
    simplePcap(
      101,
      packets.map((vector) => hex(vector.hex)),
    ),
  );
  const run = await runLocum('decode', '--json', file);
  deepEqual([run.status, run.err], [0, []]);
  const lines = parsed(run);
  equal(lines.length, packets.length);
  for (const [index, line] of lines.entries()) {
    equal(line.frame, index + 1);
    equal(line.at, 1_700_000_000.25 + index);
    compare(line, packets[index]!.expect, packets[index]!.name);
  }
});

test('people read why an advert was dropped, and what to do, once for each reason', async (context) => {
  const unknown = hex(adverts.find(({ name }) => name === 'v3-ip4-vrid-unknown')!.hex);
  const fine = hex(adverts.find(({ name }) => name === 'v3-ip4-1addr-pseudo')!.hex);
  const file = temporaryFile(context, 'two.pcap', simplePcap(101, [unknown, unknown, fine]));
  const run = await runLocum('decode', file);
  equal(run.status, 0);
  const text = run.out.join('\n');
  equal(text.match(/dropped UNKNOWN_VRID/g)?.length, 2);
  equal(text.match(/--vrid any/g)?.length, 1);
  equal(text.includes('VRID 77 priority 100, every 1 s'), true, text);
  equal(run.out.at(-1)!.endsWith('3 frames: 3 adverts (1 accepted, dropped: 2 UNKNOWN_VRID)'), true, run.out.at(-1));
  const anyVrid = await runLocum('decode', '--vrid', 'any', file);
  equal(anyVrid.out.at(-1)!.endsWith('3 frames: 3 adverts (3 accepted)'), true, anyVrid.out.at(-1));
});

test('routers can be taken from a configuration', async (context) => {
  const configuration = `vrrp_instance A {
    interface eth0
    virtual_router_id 1
    version 3
    virtual_ipaddress { 192.0.2.254 }
  }`;
  const file = temporaryFile(context, 'keepalived.conf', configuration);
  const known = adverts.find(({ name }) => name === 'v3-ip4-1addr-pseudo')!;
  const other = adverts.find(({ name }) => name === 'v2-noauth-1addr')!;
  const verdicts: unknown[] = [];
  for (const { hex: digits } of [known, other]) {
    const run = await runLocum('decode', '--json', '--config', file, '--hex', digits);
    deepEqual([run.status, run.err], [0, []]);
    verdicts.push(parsed(run)[0]!.error ?? 'accepted');
  }
  deepEqual(verdicts, ['accepted', 'BAD_VERSION']);
  const elsewhere = await runLocum('decode', '--config', file, '--interface', 'eth1', '--hex', known.hex);
  deepEqual([elsewhere.status, elsewhere.out], [2, []]);
});
