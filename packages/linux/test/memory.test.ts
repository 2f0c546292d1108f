import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  bufferAddress,
  closeDescriptor,
  createMemoryFile,
  koffi,
  mapAnonymous,
  mapShared,
  SystemError,
} from '../src/index.ts';

describe('memory', () => {
  it('maps zeroed pages', () => {
    const mapping = mapAnonymous(8192);
    assert.equal(mapping.bytes.length, 8192);
    assert.ok(mapping.bytes.every((octet) => octet === 0));
    assert.equal(bufferAddress(mapping.bytes), mapping.address);
    mapping.unmap();
  });

  it('shows empty pages to whoever still reads after unmapping', () => {
    const mapping = mapAnonymous(4096);
    const { bytes } = mapping;
    bytes.fill(7);
    mapping.unmap();
    mapping.unmap();
    assert.equal(bytes[0], 0);
  });

  it('shares a memory file between two mappings and with a child that inherits it', () => {
    const fd = createMemoryFile('locum-test', 4096);
    const [first, second] = [mapShared(fd, 4096), mapShared(fd, 4096)];
    try {
      first.bytes[100] = 42;
      assert.equal(second.bytes[100], 42);
      const program = `
        import { mapShared } from ${JSON.stringify(new URL('../src/index.js', import.meta.url).href)};
        const { bytes } = mapShared(3, 4096);
        bytes[101] = bytes[100] + 1;`;
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'ignore', 'inherit', fd],
      });
      assert.equal(child.status, 0);
      assert.equal(second.bytes[101], 43);
    } finally {
      first.unmap();
      second.unmap();
      closeDescriptor(fd);
    }
  });

  it('refuses what cannot be mapped', () => {
    assert.throws(() => mapShared(-1, 4096), SystemError);
  });

  it('remembers the address of a buffer, which stays the same', () => {
    const bytes = new Uint8Array(1024);
    const address = bufferAddress(bytes.subarray(100));
    assert.equal(address, Number(koffi.address(bytes)));
    assert.equal(bufferAddress(bytes), address);
  });
});
