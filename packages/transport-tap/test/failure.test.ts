import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno, SystemError } from '@locum/linux';
import type { TransportError } from '@locum/transport';
import { creationError, tapError } from '../src/failure.ts';

test('a refusal is one of the name only where a device is made', () => {
  const refused = new SystemError('change link 3', Errno.EINVAL);
  assert.equal((tapError(refused, 'locum0') as TransportError).code, 'SYSTEM');
  assert.equal((creationError(refused, 'a/b') as TransportError).code, 'BAD_OPTION');
  assert.equal(
    (creationError(new SystemError('open', Errno.ENOENT), 'locum0') as TransportError).code,
    'NOT_SUPPORTED',
  );
});
