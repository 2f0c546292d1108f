/**
 * `locum new-transport`: begins a package for a way to the wire that Locum does not have, with its conformance test.
 */
import { readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { NewTransportStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';
import { writeSkeleton } from './skeleton.ts';

/** As the contract wants it, and npm too. */
const NAME = /^[a-z][a-z0-9-]*$/;

export interface NewTransportOptions {
  readonly directory?: string;
}

/** The command; `finish` gets its exit status. */
export function newTransportCommand(output: Output, finish: (status: number) => void): Command {
  return new Command('new-transport')
    .description('begin a package with a transport of your own; its tests are green at once')
    .argument('<name>', 'name of the package and of the transport, e.g. transport-radio')
    .option('-C, --directory <directory>', 'folder to write it to; default NAME')
    .addHelpText('after', '\nExit status: 0 written; 1 not written; 2 wrong options.')
    .action((name: string, options: NewTransportOptions) => finish(newTransport(name, options, output)));
}

/** Runs the command and returns its exit status. */
export function newTransport(name: string, options: NewTransportOptions, output: Output): number {
  if (!NAME.test(name)) {
    output.complain(
      `locum new-transport: ${name} cannot be a name. Use small letters, digits and hyphens, a letter first.`,
    );
    return NewTransportStatus.NotWritten;
  }
  const folder = resolve(options.directory ?? name);
  try {
    if (isOccupied(folder)) {
      output.complain(
        `locum new-transport: ${folder} is not empty. Choose another name, or a folder with --directory.`,
      );
      return NewTransportStatus.NotWritten;
    }
    const files = writeSkeleton(folder, name);
    const shown = relative('', folder) || '.';
    output.print(`Wrote ${files.join(', ')} to ${shown}`);
    output.print(`Go on with: cd ${shown} && npm install && npm test`);
    output.print('What to change, in which order and why: docs/transport-authors.md');
    return NewTransportStatus.Written;
  } catch (error) {
    output.complain(`locum new-transport: ${(error as Error).message}`);
    return NewTransportStatus.NotWritten;
  }
}

function isOccupied(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
