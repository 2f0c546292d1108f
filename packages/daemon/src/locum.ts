/**
 * locum: the operator's command. Looks at configurations, at the running daemon and at captures; changes nothing.
 */
import { CommanderError } from 'commander';
import { locumCommand } from './operator/locum-command.ts';
import { processOutput } from './operator/output.ts';

try {
  const command = locumCommand(processOutput(), (status) => {
    process.exitCode = status;
  });
  await command.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}
