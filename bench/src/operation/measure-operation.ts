/**
 * Measures one operation in a process of its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OperationReport } from './operation.ts';

const PROGRAM = fileURLToPath(new URL('operation-program.js', import.meta.url));
/** Garbage is counted before it is collected. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const DEADLINE_MS = 120_000;
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

const execute = promisify(execFile);

/** Rejects when the process fails. */
export async function measureInProcess(key: string, milliseconds: number): Promise<OperationReport> {
  const { stdout } = await execute(process.execPath, [...FLAGS, PROGRAM, key, String(milliseconds)], {
    timeout: DEADLINE_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  return JSON.parse(stdout) as OperationReport;
}
