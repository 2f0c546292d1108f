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
/** Of all guards that there ever were: what a plug-in does after its port was closed is still its own. */
const folders = new Set<string>();
/** Folders without a guard whose mishap has been told since they last had one. */
const told = new Set<string>();
let isListening = false;
/** packages/daemon/dist or packages/daemon: stacks name either, with or without source maps. */
const OWN_FOLDER = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));

/** From the first one on, the process survives what plug-ins leave uncaught. */
export function rememberGuard(guard: Guard): void {
  if (!isListening) process.on('uncaughtException', mishap);
  isListening = true;
  guards.add(guard);
  folders.add(guard.folder);
  told.delete(guard.folder);
}

/** What a plug-in leaves uncaught after its port was closed harms nobody any more. */
export function forgetGuard(guard: Guard): void {
  guards.delete(guard);
}

function mishap(error: unknown): void {
  const stack = error instanceof Error ? String(error.stack) : '';
  const [folder] = [...folders]
    .filter((candidate) => stack.includes(`${candidate}${sep}`))
    .sort((one, other) => other.length - one.length);
  if (folder === undefined && stack.includes(OWN_FOLDER)) {
    process.stderr.write(`${stack}\n`);
    process.exit(1);
  }
  const guilty = [...guards].filter((guard) => folder === undefined || guard.folder === folder);
  for (const guard of guilty) guard.fail(`it left an exception uncaught: ${oneLine(error)}`);
  if (guilty.length === 0) tellOnce(folder, error);
}

/** In place of a fault, where there is no port that could have one. */
function tellOnce(folder: string | undefined, error: unknown): void {
  const who = folder ?? 'somebody';
  if (told.has(who)) return;
  told.add(who);
  process.stderr.write(`${who}: its port is closed, and it left an exception uncaught: ${oneLine(error)}\n`);
}
