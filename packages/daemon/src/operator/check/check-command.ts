/**
 * `locum check`: everything the daemon would say about a configuration, without starting anything.
 */
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { Command } from 'commander';
import { transportOption } from '../../command-line/transport-option.ts';
import { type Diagnostic, formatDiagnostic, type Severity } from '../../configuration/diagnostic.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { CheckStatus } from '../exit-status.ts';
import { counted, type Output, type Palette } from '../output.ts';

const DEFAULT_FILE = '/etc/keepalived/keepalived.conf';

export interface CheckOptions {
  readonly configId: string;
  readonly allConfig?: boolean;
  readonly transport?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

interface CheckedFile {
  readonly file: string;
  /** Every file that was read, the main one first. */
  readonly sources: readonly string[];
  readonly starts: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly notices: number;
  readonly routers: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** The command; `finish` gets its exit status. */
export function checkCommand(output: Output, finish: (status: number) => void): Command {
  return new Command('check')
    .description('check a configuration: every mistake at once, with what to write instead')
    .argument('[file...]', `configuration files; default ${DEFAULT_FILE}`)
    .option('-i, --config-id <id>', 'keep lines that begin with @ID', hostname().replace(/\..*$/, ''))
    .option('-e, --all-config', 'every include must be complete')
    .addOption(transportOption())
    .option('--json', 'one JSON object with all files and their diagnostics')
    .option('-q, --quiet', 'print nothing; the exit status tells')
    .addHelpText(
      'after',
      '\nExit status: 0 nothing wrong (notices at most); 1 warnings; 2 errors, so locumd would not start, or a file that' +
        '\ncannot be read, or wrong options. With several files, the worst.',
    )
    .action((files: string[], options: CheckOptions) => finish(check(files, options, output)));
}

/** Runs the command and returns its exit status. */
export function check(files: readonly string[], options: CheckOptions, output: Output): number {
  const checked = (files.length === 0 ? [DEFAULT_FILE] : files).map((file) => checkFile(file, options));
  if (!options.quiet) {
    if (options.json) output.print(JSON.stringify({ files: checked }, null, 2));
    else for (const file of checked) output.print(report(file, output.palette));
  }
  if (checked.some(({ starts }) => !starts)) return CheckStatus.Errors;
  return checked.some(({ warnings }) => warnings > 0) ? CheckStatus.Warnings : CheckStatus.Clean;
}

function checkFile(file: string, options: CheckOptions): CheckedFile {
  const loaded = loadConfiguration(file, {
    configId: options.configId,
    environment: process.env,
    strictIncludes: options.allConfig === true,
    transport: options.transport,
  });
  const { diagnostics, settings, sources } = loaded;
  const count = (severity: Severity): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  return {
    file,
    sources,
    starts: settings !== undefined,
    errors: count('error'),
    warnings: count('warning'),
    notices: count('notice'),
    routers: settings?.instances.length ?? 0,
    diagnostics,
  };
}

function report(checked: CheckedFile, palette: Palette): string {
  const lines = checked.diagnostics.map((diagnostic) => colour(diagnostic, palette));
  return [...lines, summary(checked)].join('\n');
}

/** The severity is coloured where it stands in the first line. */
function colour(diagnostic: Diagnostic, palette: Palette): string {
  const paint = { error: palette.bad, warning: palette.doubtful, notice: palette.faint }[diagnostic.severity];
  const text = formatDiagnostic(diagnostic);
  const mark = `: ${diagnostic.severity}: `;
  const at = text.indexOf(mark);
  if (at < 0) return text;
  return `${text.slice(0, at)}: ${paint(diagnostic.severity)}: ${text.slice(at + mark.length)}`;
}

function summary(checked: CheckedFile): string {
  const { errors, warnings, notices, starts, routers } = checked;
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
    [notices, 'notice'],
  ] as const;
  const found = counts.flatMap(([count, noun]) => (count === 0 ? [] : [counted(count, noun)]));
  const verdict = starts ? `locumd would run ${counted(routers, 'virtual router')}` : 'locumd would not start';
  return `${found.length === 0 ? 'nothing to say' : found.join(', ')} in ${basename(checked.file)}; ${verdict}`;
}
