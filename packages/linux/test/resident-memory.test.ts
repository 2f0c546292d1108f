import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { libc, releaseFreeMemory, releaseProgramPages } from '../src/index.ts';

const CHUNK_BYTES = 60_000;
const CHUNKS = 300;

const malloc = libc.func('void *malloc(size_t size)') as (size: number) => bigint;
const memset = libc.func('void *memset(void *bytes, int value, size_t size)') as (
  pointer: bigint,
  value: number,
  size: number,
) => bigint;
const free = libc.func('void free(void *bytes)') as (pointer: bigint) => void;

/** Kilobytes, from /proc/self/status. */
function resident(name: 'RssAnon' | 'RssFile'): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))![1]);
}

describe('resident memory', () => {
  it('loses the pages of the program, which goes on', () => {
    const before = resident('RssFile');
    releaseProgramPages();
    assert.ok(resident('RssFile') < before - 8192, `${before} kB before, ${resident('RssFile')} kB after`);
    assert.equal(JSON.stringify([...'program'].sort()), '["a","g","m","o","p","r","r"]');
  });

  it('loses what was freed below something in use', () => {
    const chunks = Array.from({ length: CHUNKS }, () => malloc(CHUNK_BYTES));
    const above = malloc(CHUNK_BYTES);
    for (const chunk of chunks) memset(chunk, 7, CHUNK_BYTES);
    for (const chunk of chunks) free(chunk);
    const before = resident('RssAnon');
    releaseFreeMemory();
    const lost = before - resident('RssAnon');
    free(above);
    assert.ok(lost > (CHUNKS * CHUNK_BYTES) / 1024 / 2, `${lost} kB lost`);
  });
});
