import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeDescriptor, Errno, errnoName, errnoText, SystemError } from '../src/index.ts';

describe('errno', () => {
  it('has names and words', () => {
    assert.equal(errnoName(Errno.EPERM), 'EPERM');
    assert.equal(errnoName(Errno.EAGAIN), 'EAGAIN');
    assert.equal(errnoName(4000), 'ERRNO_4000');
    assert.equal(errnoText(Errno.EPERM), 'Operation not permitted');
  });

  it('is what a failed call throws', () => {
    assert.throws(
      () => closeDescriptor(-1),
      (error: SystemError) =>
        error instanceof SystemError &&
        error.code === 'EBADF' &&
        error.errno === Errno.EBADF &&
        error.operation === 'close' &&
        /close: .*\(EBADF\)/.test(error.message),
    );
  });
});
