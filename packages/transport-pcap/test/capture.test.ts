/** What a capture leaves behind when it cannot be made safe to use. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Cap } from '../src/cap-addon.ts';
import { Capture } from '../src/capture.ts';

test('an addon that was opened is closed when its socket cannot be found', () => {
  const calls: string[] = [];
  class Addon implements Cap {
    open(): string {
      calls.push('open');
      return 'ETHERNET';
    }
    close(): boolean {
      calls.push('close');
      return true;
    }
    send(): void {}
    on(): void {}
    removeAllListeners(): void {}
  }
  const before = readdirSync('/proc/self/fd').length;
  const options = { interfaceName: 'eth0', interfaceIndex: 1, filter: new Uint8Array(8), bufferBytes: 4096 };
  assert.throws(() => new Capture(Addon, options, () => {}), /cannot be found/);
  assert.deepEqual(calls, ['open', 'close']);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
