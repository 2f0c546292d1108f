/** Runs `locum` inside the test process and keeps what it prints. */
import { CommanderError } from 'commander';
import { locumCommand } from '../../src/operator/locum-command.ts';
import { type Output, PLAIN } from '../../src/operator/output.ts';

export interface Recording {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export async function runLocum(...words: string[]): Promise<Recording> {
  const out: string[] = [];
  const err: string[] = [];
  const output: Output = {
    print: (text) => void out.push(...text.split('\n')),
    complain: (text) => void err.push(...text.split('\n')),
    palette: PLAIN,
  };
  let status = -1;
  try {
    await locumCommand(output, (given) => {
      status = given;
    }).parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    status = error.exitCode;
  }
  return { status, out, err };
}

/** The lines of a `--json` run. */
export function parsed(recording: Recording): Record<string, unknown>[] {
  return recording.out.map((line) => JSON.parse(line) as Record<string, unknown>);
}
