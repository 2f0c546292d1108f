/**
 * `locum status`: what every virtual router of the running daemon is doing.
 */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { StatusDocument } from '../../supervisor/status.ts';
import { StatusStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';
import { askDaemon, StatusError } from './status-client.ts';
import { formatStatus } from './status-text.ts';
import { formatDuration } from './time-span.ts';

const SOCKET_NAME = 'locumd.sock';
/** An engine that has not woken for longer does not run. */
const STALE_AFTER_US = 2_000_000;

export interface StatusOptions {
  readonly json?: boolean;
  readonly runDir: string;
  readonly socket?: string;
}

/** The command; `finish` gets its exit status. */
export function statusCommand(output: Output, finish: (status: number) => void): Command {
  return new Command('status')
    .description('show what the virtual routers of the running locumd are doing')
    .option('--json', 'the whole status as JSON, with the names of RFC 8347')
    .option('--run-dir <directory>', 'the --run-dir of locumd', '/run/locum')
    .addOption(new Option('--socket <path>', `the control socket; default ${SOCKET_NAME} in the run directory`))
    .addHelpText(
      'after',
      '\nExit status: 0 shown; 2 wrong options; 3 locumd is not running, does not answer, or you may not ask it;' +
        '\n4 shown, but its engine process is gone or has not woken for over 2 s, so the states are old.',
    )
    .action(async (options: StatusOptions) => finish(await status(options, output)));
}

/** Runs the command and returns its exit status. */
export async function status(options: StatusOptions, output: Output): Promise<number> {
  const path = options.socket ?? join(options.runDir, SOCKET_NAME);
  let answer: StatusDocument;
  try {
    answer = (await askDaemon(path, 'status')) as StatusDocument;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    output.complain(`locum status: ${error.message}. ${error.hint}`);
    return StatusStatus.NotReached;
  }
  output.print(options.json ? JSON.stringify(answer, null, 2) : formatStatus(answer, output.palette));
  const staleness = stalenessOf(answer);
  if (staleness === undefined) return StatusStatus.Fresh;
  output.complain(`locum status: ${staleness}; the states shown are old`);
  return StatusStatus.Stale;
}

function stalenessOf({ engineHeartbeatAgeUs }: StatusDocument): string | undefined {
  if (engineHeartbeatAgeUs === null) return 'the engine process is not running';
  if (engineHeartbeatAgeUs <= STALE_AFTER_US) return undefined;
  return `the engine process has not woken for ${formatDuration(engineHeartbeatAgeUs)}`;
}
