/**
 * The skeleton of a transport package: the files in `templates/transport`, with another name in the place of theirs.
 *
 * They are a package as they stand, so that they can be read and run where they are; only where `@locum/transport` is to
 * be had is said in the copy.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled, this file is four folders below the root of the package. */
const TEMPLATE = fileURLToPath(new URL('../../../../templates/transport', import.meta.url));
const TEMPLATE_NAME = 'my-medium';
const CONTRACT = '@locum/transport';

/** Writes the package called `name` into `folder`, which must not exist or be empty. Returns its files, sorted. */
export function writeSkeleton(folder: string, name: string): string[] {
  cpSync(TEMPLATE, folder, { recursive: true, filter: (source) => !source.endsWith('node_modules') });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
  for (const file of files) {
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll(TEMPLATE_NAME, name).replaceAll(`/path/to/${name}`, folder),
    );
  }
  const manifestFile = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { dependencies: Record<string, string> };
  manifest.dependencies[CONTRACT] = `file:${contractFolder()}`;
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  return files.map((file) => file.slice(folder.length + 1)).sort();
}

/** Where the contract is installed for this command: its copy works without a registry. */
function contractFolder(): string {
  let folder = dirname(createRequire(import.meta.url).resolve(CONTRACT));
  while (!isContract(folder)) folder = dirname(folder);
  return folder;
}

function isContract(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }).name === CONTRACT;
  } catch {
    return false;
  }
}
