/**
 * Runs the codec in C over the adverts that the TypeScript codec is measured with.
 */
import { spawnSync } from 'node:child_process';
import { makeSample, SAMPLE_COUNT, type Sample, type SampleKind } from './advert-sample.ts';
import { decodedHash, encodedHash, ROUNDS } from './codec.ts';
import type { OperationReport } from './operation.ts';

const DEADLINE_MS = 120_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** @param path the compiled c/codec.c */
export function measureInC(
  path: string,
  work: 'decode' | 'encode',
  kind: SampleKind,
  milliseconds: number,
): OperationReport {
  const sample = makeSample(kind);
  const { status, signal, stdout, stderr } = spawnSync(path, [work, String(milliseconds), String(ROUNDS)], {
    input: inputOf(sample),
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  if (status !== 0) throw new Error(`the codec in C ended with ${signal ?? `status ${status}`}: ${stderr.trim()}`);
  const [operations, hash, ...nanoseconds] = stdout.trim().split('\n').map(Number);
  const expected = work === 'decode' ? decodedHash(sample) : encodedHash(sample);
  const fault = hash === expected ? '' : `the work in C comes to ${hash}, not ${expected}`;
  return { nanoseconds, bytesPerOperation: 0, operations: operations!, fault };
}

function inputOf({ bytes, bounds }: Sample): Buffer {
  const parts = [word(SAMPLE_COUNT)];
  for (let index = 0; index < SAMPLE_COUNT; index++) {
    const frame = bytes.slice(bounds[index]!, bounds[index + 1]!);
    parts.push(word(frame.length), Buffer.from(frame));
  }
  return Buffer.concat(parts);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
