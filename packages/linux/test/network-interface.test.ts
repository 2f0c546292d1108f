import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HardwareType, interfaceHardware, interfaceIndex } from '../src/index.ts';

describe('network interface', () => {
  it('is found by name', () => {
    assert.ok(interfaceIndex('lo') > 0);
    assert.equal(interfaceIndex('none0'), 0);
    assert.equal(interfaceIndex('a-name-longer-than-any-interface-can-have'), 0);
  });

  it('has a hardware type, an address and an MTU', () => {
    const { type, address, mtuBytes } = interfaceHardware('lo');
    assert.equal(type, HardwareType.Loopback);
    assert.deepEqual(address, new Uint8Array(6));
    assert.ok(mtuBytes >= 1280);
    assert.throws(() => interfaceHardware('none0'), { code: 'ENODEV' });
  });
});
