import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TransportError } from '@locum/transport';
import { loadCap } from '../src/cap-addon.ts';

describe('loading cap', () => {
  it('says what to install where the addon was not built', () => {
    const missing = (): never => {
      throw new Error("Cannot find module '../build/Release/cap.node'\nRequire stack:\n- Cap.js");
    };
    assert.throws(
      () => loadCap('eth7', missing as unknown as NodeJS.Require),
      (error: TransportError) => {
        assert.equal(error.code, 'NOT_SUPPORTED');
        assert.equal(
          error.message,
          "eth7: the package cap cannot be loaded (Cannot find module '../build/Release/cap.node')",
        );
        assert.match(error.hint ?? '', /libpcap-dev/);
        return true;
      },
    );
  });
});
