/**
 * The command line of `locum`: its subcommands, and what wrong usage returns.
 */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../command-line/version.ts';
import { checkCommand } from './check/check-command.ts';
import { decodeCommand } from './decode/decode-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { USAGE_STATUS } from './exit-status.ts';
import { newTransportCommand } from './new-transport/new-transport-command.ts';
import type { Output } from './output.ts';
import { statusCommand } from './status/status-command.ts';

/**
 * The whole command. `finish` gets the exit status of the subcommand that ran; wrong usage and help throw a
 * CommanderError with theirs, after printing.
 */
export function locumCommand(output: Output, finish: (status: number) => void): Command {
  const program = new Command('locum')
    .description('Looks after locumd: checks its configuration, shows what it does, explains VRRP in captures.')
    .version(`locum ${VERSION}`, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help');
  for (const command of [
    checkCommand(output, finish),
    statusCommand(output, finish),
    decodeCommand(output, finish),
    doctorCommand(output, finish),
    newTransportCommand(output, finish),
  ]) {
    command.helpOption('-h, --help', 'print this help');
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error) => {
      throw new CommanderError(error.exitCode === 0 ? 0 : USAGE_STATUS, error.code, error.message);
    });
    command.configureOutput({
      writeOut: (text) => output.print(text.replace(/\n$/, '')),
      writeErr: (text) => output.complain(text.replace(/\n$/, '')),
    });
  }
  return program;
}
