import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { HmacKey, HmacMd5 } from '../../src/index.ts';
import { Random } from './random.ts';

test('HMAC-MD5 agrees with the platform for keys and messages of all lengths', () => {
  const random = new Random(1);
  const key = new HmacKey();
  const hmac = new HmacMd5();
  for (let round = 0; round < 1000; round++) {
    const keyBytes = random.bytes(random.between(0, 64));
    const message = random.bytes(random.between(0, 300));
    const zeroes = random.between(0, 80);
    const split = random.between(0, message.length);
    key.set(keyBytes);
    hmac.begin(key);
    hmac.update(message, 0, split);
    hmac.updateZeroes(zeroes);
    hmac.update(message, split, message.length);
    hmac.finish(key);
    const expected = createHmac('md5', keyBytes)
      .update(message.subarray(0, split))
      .update(Buffer.alloc(zeroes))
      .update(message.subarray(split))
      .digest();
    assert.deepEqual(Buffer.from(hmac.digest), expected);
  }
});
