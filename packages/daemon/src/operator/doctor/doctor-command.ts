/**
 * `locum doctor`: which transports this machine can run, and what is missing for what.
 */
import { Command } from 'commander';
import { DoctorStatus } from '../exit-status.ts';
import type { Output, Palette } from '../output.ts';
import { type Examination, examine, type Finding, type Verdict } from './examination.ts';
import { type Machine, thisMachine } from './machine.ts';

export interface DoctorOptions {
  readonly json?: boolean;
}

/** The command; `finish` gets its exit status. */
export function doctorCommand(output: Output, finish: (status: number) => void): Command {
  return new Command('doctor')
    .description('say which transports this machine can run, and what is missing')
    .option('--json', 'the findings as one JSON object')
    .addHelpText(
      'after',
      '\nRun it as the user that locumd runs as. Exit status: 0 locumd can run here; 1 it can, but something is amiss;' +
        '\n3 it cannot, or only with a transport of your own.',
    )
    .action(async (options: DoctorOptions) => finish(await doctor(thisMachine, options, output)));
}

/** Runs the command and returns its exit status. */
export async function doctor(machine: Machine, options: DoctorOptions, output: Output): Promise<number> {
  const examination = await examine(machine);
  output.print(options.json ? JSON.stringify(examination, null, 2) : report(examination, output.palette));
  const has = (verdict: Verdict): boolean => examination.findings.some((finding) => finding.verdict === verdict);
  if (has('missing')) return DoctorStatus.CannotRun;
  return has('warning') ? DoctorStatus.Amiss : DoctorStatus.Well;
}

function report({ findings, transports }: Examination, palette: Palette): string {
  const summary =
    transports.length === 0
      ? 'no transport of Locum can run here'
      : `transports that can run: ${transports.join(', ')}`;
  return [...findings.map((finding) => line(finding, palette)), summary].join('\n');
}

const MARKS: Readonly<Record<Verdict, readonly [text: string, paint: keyof Palette]>> = {
  ok: ['ok     ', 'good'],
  note: ['note   ', 'faint'],
  warning: ['warning', 'doubtful'],
  missing: ['missing', 'bad'],
};

function line({ verdict, text, remedy }: Finding, palette: Palette): string {
  const [mark, paint] = MARKS[verdict];
  return `${palette[paint](mark)}  ${text}${remedy === undefined ? '' : `. ${remedy}`}`;
}
