import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decode } from '../lib/naive-decoder.ts';

interface Vector {
  readonly name: string;
  readonly link: string;
  readonly hex: string;
  readonly expect: {
    readonly ok: boolean;
    readonly family: string;
    readonly version: number;
    readonly vrid: number;
    readonly priority: number;
    readonly addresses: readonly string[];
    readonly checksum_form?: string;
  };
}

const vectors = JSON.parse(readFileSync(new URL('../../../vectors/adverts.json', import.meta.url), 'utf8')) as Vector[];
// Those of a bare message have no frame around them.
const valid = vectors.filter((vector) => vector.expect.ok && vector.link === 'ip');
const FORMS: Readonly<Record<string, string>> = { msg: 'message', pseudo: 'pseudo-header' };

describe('naive decoder', () => {
  assert.ok(valid.length > 0);
  for (const { name, link, hex, expect } of valid) {
    it(`reads ${name} as the vectors say`, () => {
      const type = expect.family === 'ipv6' ? '86dd' : '0800';
      const frame = Buffer.from(link === 'ip' ? `${'00'.repeat(12)}${type}${hex}` : hex, 'hex');
      const advert = decode(Uint8Array.from(frame));
      assert.equal(advert?.kind, 'advert');
      if (advert?.kind !== 'advert') return;
      const { version, vrid, priority, addresses, checksum } = advert;
      assert.deepEqual(
        { version, vrid, priority, addresses },
        { version: expect.version, vrid: expect.vrid, priority: expect.priority, addresses: expect.addresses },
      );
      assert.equal(`ipv${advert.family}`, expect.family);
      const form = FORMS[expect.checksum_form ?? ''];
      if (form !== undefined) assert.equal(checksum, form);
      assert.notEqual(checksum, 'wrong');
    });
  }

  it('says that a checksum is wrong', () => {
    const { hex } = valid.find((vector) => vector.link === 'ip' && vector.expect.family === 'ipv4')!;
    const frame = Buffer.from(`${'00'.repeat(12)}0800${hex}`, 'hex');
    frame[14 + 20 + 2]! ^= 1;
    const advert = decode(Uint8Array.from(frame));
    assert.equal(advert?.kind === 'advert' && advert.checksum, 'wrong');
  });

  it('makes nothing of what is cut short or of another kind', () => {
    assert.equal(decode(new Uint8Array(13)), undefined);
    assert.equal(decode(new Uint8Array(60)), undefined);
    const { hex } = valid.find((vector) => vector.link === 'ip' && vector.expect.family === 'ipv4')!;
    const frame = Buffer.from(`${'00'.repeat(12)}0800${hex}`, 'hex');
    for (let length = 0; length < 14 + 28; length++) decode(Uint8Array.from(frame.subarray(0, length)));
  });
});
