import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Errno, SystemError } from '@locum/linux';
import { SendResult, type TransportError } from '@locum/transport';
import { openError, sendResult } from '../src/failure.ts';

describe('failure', () => {
  it('tells an unprivileged operator which capability is missing', () => {
    const error = openError(new SystemError('open socket', Errno.EPERM), 'eth0') as TransportError;
    assert.equal(error.code, 'NOT_PERMITTED');
    assert.equal(error.errno, Errno.EPERM);
    assert.equal(error.operation, 'open socket');
    assert.equal(error.interfaceName, 'eth0');
    assert.match(error.hint!, /CAP_NET_RAW/);
  });

  it('passes other errors through as they are', () => {
    const error = new TypeError('a mistake of ours');
    assert.equal(openError(error, 'eth0'), error);
  });

  it('has a result for each errno of a send', () => {
    const results: [number, SendResult][] = [
      [Errno.EAGAIN, SendResult.Busy],
      [Errno.ENOBUFS, SendResult.Busy],
      [Errno.ENETDOWN, SendResult.LinkDown],
      [Errno.ENXIO, SendResult.LinkDown],
      [Errno.EMSGSIZE, SendResult.TooLong],
      [Errno.EHOSTUNREACH, SendResult.Failed],
    ];
    for (const [errno, result] of results) assert.equal(sendResult(errno), result);
  });
});
