/**
 * Makes a checkout ready: right Node, packages installed, sources compiled. Called before the demo, the tests and the
 * benchmarks; does only what is missing, and says so in one line each.
 *
 * Needs nothing but Node and npm. Packages are installed again when a package.json, the lock file or the workspace file
 * has changed since the last time (a stamp in node_modules tells).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST_NODE_MAJOR = 20;
const PNPM_MAJOR = 10;
const PACKAGE_FOLDERS = ['packages', 'examples'];
const SINGLE_PACKAGES = ['.', 'integration', 'bench'];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stampFile = path.join(root, 'node_modules', '.locum-setup');
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

checkNode();
installPackages();
compileSources();

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LEAST_NODE_MAJOR) return;
  console.error(`setup: Node ${process.version} is too old. Install Node ${LEAST_NODE_MAJOR} or later and try again.`);
  process.exit(1);
}

function installPackages() {
  const stamp = packageStamp();
  if (existsSync(compiler) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const [command, before] = pnpmCommand();
  run(`installing packages with ${[path.basename(command), ...before].join(' ')}`, {
    command,
    arguments: [...before, 'install', '--frozen-lockfile'],
    remedy:
      'Check that the npm registry can be reached (`npm ping`) and that this folder may be written. ' +
      'If pnpm-lock.yaml is out of date, run `npx pnpm@10 install` and commit it.',
  });
  writeFileSync(stampFile, stamp);
}

function compileSources() {
  run('compiling', {
    command: process.execPath,
    arguments: [compiler, '-b'],
    remedy: 'Correct the sources named above. If they look right, remove all dist folders and try again.',
  });
}

/** Changes whenever an installation could come out differently. */
function packageStamp() {
  const folders = PACKAGE_FOLDERS.flatMap((folder) => {
    const parent = path.join(root, folder);
    return existsSync(parent) ? readdirSync(parent).map((name) => path.join(folder, name)) : [];
  });
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...[...SINGLE_PACKAGES, ...folders.sort()].map((folder) => path.join(folder, 'package.json')),
  ];
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of files) {
    const absolute = path.join(root, file);
    if (existsSync(absolute)) hash.update(`${file}\n`).update(readFileSync(absolute));
  }
  return hash.digest('hex');
}

/** pnpm where it is installed in the right version, else by way of npx, which keeps it in npm's own cache. */
function pnpmCommand() {
  const found = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8' });
  if (found.status === 0 && found.stdout.trim().startsWith(`${PNPM_MAJOR}.`)) return ['pnpm', []];
  return ['npx', ['--yes', '--prefer-offline', `pnpm@${PNPM_MAJOR}`]];
}

/** Runs one step, keeps its output to itself unless it fails, and ends the process with a remedy if it does. */
function run(title, step) {
  const startedAt = performance.now();
  process.stdout.write(`setup: ${title} ... `);
  const result = spawnSync(step.command, step.arguments, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without a terminal pnpm asks nothing and replaces a node_modules that another tool made.
    env: { ...process.env, CI: 'true' },
  });
  if (result.status === 0) {
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return;
  }
  console.log('failed');
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd());
  if (result.error !== undefined) console.error(String(result.error));
  if (result.signal) console.error(`ended by ${result.signal}`);
  console.error(`setup: ${step.remedy}`);
  process.exit(1);
}
