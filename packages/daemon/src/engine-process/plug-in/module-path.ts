/**
 * Finds the file of a module by its path or by the name of its package, as an import from a given folder would.
 *
 * Node can only resolve names from the file that asks, and the folder of a configuration has no such file.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Refusal } from './refusal.ts';

const CONDITIONS: readonly string[] = ['node', 'import', 'module-sync', 'default'];

/**
 * The absolute path of the file to import.
 *
 * @param name an absolute path, or the name of a package
 * @param directories where packages are looked up, with the folders above each, in this order
 * @throws Refusal MODULE_NOT_FOUND
 */
export function modulePath(name: string, directories: readonly string[]): string {
  if (isAbsolute(name)) {
    const file = isFolder(name) ? entryOf(name) : name;
    if (file !== undefined && existsSync(file)) return file;
    throw new Refusal('MODULE_NOT_FOUND', `there is no module ${name}`, 'A relative path begins at the configuration.');
  }
  for (const directory of directories) {
    for (let folder = directory; ; folder = dirname(folder)) {
      const file = entryOf(join(folder, 'node_modules', name));
      if (file !== undefined) return file;
      if (folder === dirname(folder)) break;
    }
  }
  throw new Refusal(
    'MODULE_NOT_FOUND',
    `there is no package ${name}`,
    `Install it beside the configuration or beside Locum: npm install ${name}. A path begins with ./ or /.`,
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The file that a package is imported by, or undefined if there is no package or none can be read. */
function entryOf(folder: string): string | undefined {
  let manifest: { exports?: unknown; main?: unknown } = {};
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    if (!isFolder(folder)) return undefined;
  }
  const main = typeof manifest.main === 'string' ? manifest.main : 'index.js';
  const file = join(folder, exported(manifest.exports) ?? main);
  return existsSync(file) ? file : undefined;
}

/** What an `exports` field says about the package itself. */
function exported(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const choices = Array.isArray(value)
    ? value
    : Object.entries(value).flatMap(([key, choice]) => (key === '.' || CONDITIONS.includes(key) ? [choice] : []));
  for (const choice of choices) {
    const file = exported(choice);
    if (file !== undefined) return file;
  }
  return undefined;
}
