/**
 * Checks rules of the house that a compiler does not know: length and names of files, which package may import which,
 * purity of the core, and words that have no place in a finished tree. Prints each breach with its file; status 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MOST_LINES = 400;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', '.git', 'artifacts', 'generated']);
/** Data and generated files: neither their length nor their words are ours to choose. */
const SKIPPED_FILES = new Set(['pnpm-lock.yaml', 'LICENSE']);
const FORBIDDEN_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'misc']);
/** Written in pieces so that this file passes its own check. */
const FORBIDDEN_WORDS = [
  new RegExp(`\\b(?:${['TO', 'FIX', 'X'].map((word, index) => word + ['DO', 'ME', 'XX'][index]).join('|')})\\b`),
  new RegExp(`(?:^|[^\\w.])${'/wo'}rk/`),
  new RegExp(`\\.\\./${'sha'}red\\b`),
];
/** Package to the packages that it may import. */
const ARROWS = new Map([
  ['packages/protocol', []],
  ['packages/transport', []],
  ['packages/linux', []],
  ['packages/transport-raw', ['transport', 'linux']],
  ['packages/transport-pcap', ['transport', 'linux', 'transport-raw']],
  ['packages/transport-tap', ['transport', 'linux', 'transport-raw']],
  ['packages/simulator', ['protocol', 'transport']],
  [
    'packages/daemon',
    ['protocol', 'transport', 'linux', 'transport-raw', 'transport-pcap', 'transport-tap', 'simulator'],
  ],
]);
/** Packages from outside that a package may name. */
const OUTSIDERS = new Map([
  ['packages/linux', ['koffi']],
  ['packages/transport-pcap', ['cap']],
  ['packages/daemon', ['commander']],
]);
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const breaches = [];

const files = filesBelow('.');
for (const file of files) {
  const text = readFileSync(path.join(root, file), 'utf8');
  checkName(file);
  checkLength(file, text);
  checkWords(file, text);
  if (file.endsWith('.ts')) checkImports(file, text);
  if (/^packages\/[^/]+\/package\.json$/.test(file)) checkDependencies(file, text);
}
checkPureCompilation();

for (const breach of breaches) console.log(breach);
process.exitCode = breaches.length === 0 ? 0 : 1;

function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) || file === 'vectors' ? [] : filesBelow(file);
    return entry.isFile() && isText(entry.name) ? [file] : [];
  });
}

function isText(name) {
  return (
    !SKIPPED_FILES.has(name) && (!name.includes('.') || /\.(?:ts|mjs|js|md|sh|json|ya?ml|conf)$|^\.\w+$/.test(name))
  );
}

function checkName(file) {
  const [noun] = path.basename(file).split('.');
  if (/\.(?:ts|mjs)$/.test(file) && FORBIDDEN_NAMES.has(noun)) {
    breaches.push(`${file}: name the file for the noun it defines, not "${noun}"`);
  }
}

function checkLength(file, text) {
  if (!/\.(?:ts|mjs)$/.test(file)) return;
  const lineCount = text.split('\n').length - 1;
  if (lineCount > MOST_LINES)
    breaches.push(`${file}: ${lineCount} lines, at most ${MOST_LINES} are allowed; divide it`);
}

function checkWords(file, text) {
  text.split('\n').forEach((line, index) => {
    for (const pattern of FORBIDDEN_WORDS) {
      const found = pattern.exec(line);
      if (found !== null) breaches.push(`${file}:${index + 1}: "${found[0].trim()}" has no place in the tree`);
    }
  });
}

function packageOf(file) {
  return /^packages\/[^/]+/.exec(file)?.[0];
}

function checkImports(file, text) {
  const home = packageOf(file);
  if (home === undefined) return;
  const inSource = file.startsWith(`${home}/src/`);
  for (const match of text.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3];
    if (target.startsWith('.')) {
      const resolved = path.join(path.dirname(file), target);
      if (packageOf(resolved) !== home)
        breaches.push(`${file}: reaches into ${resolved}; import the package by its name`);
    } else if (target.startsWith('node:')) {
      const allowed = !inSource || mayUseNode(home, file);
      if (!allowed) breaches.push(`${file}: imports ${target}; ${home} uses no Node API there`);
    } else {
      checkArrow(home, file, target);
    }
  }
}

function mayUseNode(home, file) {
  if (home === 'packages/protocol') return false;
  return home !== 'packages/transport' || file.startsWith('packages/transport/src/conformance/');
}

function checkArrow(home, file, target) {
  const own = /^@locum\/([^/]+)/.exec(target)?.[1];
  const allowed =
    own === undefined
      ? (OUTSIDERS.get(home) ?? []).some((name) => target === name || target.startsWith(`${name}/`))
      : `packages/${own}` === home || (ARROWS.get(home) ?? []).includes(own);
  if (!allowed) breaches.push(`${file}: ${home} must not depend on ${target}`);
}

function checkDependencies(file, text) {
  const home = path.dirname(file);
  if (!ARROWS.has(home)) breaches.push(`${file}: say in scripts/tidy.mjs what ${home} may depend on`);
  const { dependencies, optionalDependencies, peerDependencies, devDependencies } = JSON.parse(text);
  for (const name of Object.keys({
    ...dependencies,
    ...optionalDependencies,
    ...peerDependencies,
    ...devDependencies,
  })) {
    checkArrow(home, file, name);
  }
}

/** The core is compiled once more without the types of Node or of a browser. */
function checkPureCompilation() {
  const project = 'packages/protocol/tsconfig.pure.json';
  if (!existsSync(path.join(root, project))) return;
  const compiler = path.join('node_modules', 'typescript', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [compiler, '-p', project], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) breaches.push(`${project}: ${result.stdout}${result.stderr}`.trim());
}
