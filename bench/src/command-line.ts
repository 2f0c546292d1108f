/**
 * What was asked for on the command line.
 */
import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run bench -- [OPTION...] [CASE...]

  --full         long runs, five repeats: forty minutes; without it six minutes
  --list         name the cases and end
  --json FILE    write the result there as well
  --html FILE    write the report there as well
  --from FILE    measure nothing; show and write an earlier result
  --publish      write bench/results/latest.{json,html}, the images of the documentation, and the table of README.md

Without CASE all cases run, one after the other. The result and the report are always in artifacts/bench.`;

export interface CommandLine {
  readonly cases: readonly string[];
  readonly full: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly from: string | undefined;
  readonly publish: boolean;
}

/** @throws Error with a message for people when it makes no sense */
export function parseCommandLine(words: readonly string[], knownCases: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      json: { type: 'string' },
      html: { type: 'string' },
      from: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !knownCases.includes(name));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}; there are: ${knownCases.join(', ')}`);
  if (values.from !== undefined && (values.full || positionals.length > 0)) {
    throw new Error('--from measures nothing, so there is no --full and no CASE with it');
  }
  const { full, list, help, publish, json, html, from } = values;
  return { cases: positionals, full, list, help, publish, json, html, from };
}
