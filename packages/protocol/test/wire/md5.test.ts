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
    const message = random.bytes(random.between(4, 300));
    const start = random.between(0, message.length - 4);
    const blankWord = random.between(0, ((message.length - start) >> 2) - 1);
    key.set(keyBytes);
    hmac.load(new DataView(message.buffer, message.byteOffset, message.length), start, message.length);
    hmac.message[blankWord] = 0;
    hmac.finish(key);
    message.fill(0, start + 4 * blankWord, start + 4 * blankWord + 4);
    const expected = createHmac('md5', keyBytes).update(message.subarray(start)).digest();
    assert.deepEqual(
      Array.from({ length: 4 }, (_, index) => expected.readInt32LE(4 * index)),
      [...hmac.digest],
    );
  }
});

test('HMAC-MD5 takes the largest IP packet', () => {
  const key = new HmacKey();
  const hmac = new HmacMd5();
  key.set(Uint8Array.of(1, 2, 3));
  const message = new Random(2).bytes(65_535);
  hmac.load(new DataView(message.buffer, message.byteOffset, message.length), 0, message.length);
  hmac.finish(key);
  const expected = createHmac('md5', Uint8Array.of(1, 2, 3))
    .update(message)
    .digest();
  assert.equal(hmac.digest[0], expected.readInt32LE(0));
});
