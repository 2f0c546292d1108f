/**
 * Exceptions that nobody caught and rejections that nobody awaited: a plug-in's are its own fault, not the process's end.
 *
 * Which plug-in it was stands in the stack, if anywhere. What our own code throws ends the process as it always does.
 */
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneLine } from './refusal.ts';

interface Guard {
  readonly folder: string;
  fail(what: string): void;
}

const guards = new Set<Guard>();
let isListening = false;
/** packages/daemon/dist or packages/daemon: stacks name either, with or without source maps. */
const OWN_FOLDER = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));

/** From the first one on, the process survives what plug-ins leave uncaught. */
export function rememberGuard(guard: Guard): void {
  if (!isListening) process.on('uncaughtException', mishap);
  isListening = true;
  guards.add(guard);
}

/** What a plug-in leaves uncaught after its port was closed harms nobody any more. */
export function forgetGuard(guard: Guard): void {
  guards.delete(guard);
}

function mishap(error: unknown): void {
  const stack = error instanceof Error ? String(error.stack) : '';
  const folders = [...guards].map(({ folder }) => folder).filter((folder) => stack.includes(`${folder}${sep}`));
  const longest = Math.max(...folders.map((folder) => folder.length));
  const named = [...guards].filter(({ folder }) => folders.includes(folder) && folder.length === longest);
  if (named.length === 0 && stack.includes(OWN_FOLDER)) {
    process.stderr.write(`${stack}\n`);
    process.exit(1);
  }
  for (const guard of named.length > 0 ? named : guards) guard.fail(`it left an exception uncaught: ${oneLine(error)}`);
}
