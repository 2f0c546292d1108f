/**
 * Runs every tier of tests that this machine can run, and ends with one set of node's closing lines for all of them.
 *
 *   npm test                      everything
 *   npm test -- --tier unit       one tier: unit, network or timing
 *   npm test -- PATTERN...        test files whose path contains a pattern; no other checks
 *
 * What could not run is said as NOT RUN with its remedy; with LOCUM_NOT_RUN_IS_FAILURE=1 that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findTestFiles, TIERS } from './test-files.mjs';

/** A long run of the tests that go in cycles takes longer by so much a cycle. */
const CYCLE_MS = 2_000;
const FILE_TIMEOUT_MS = 300_000 + CYCLE_MS * Number(process.env.LOCUM_CYCLES ?? 0);
const CLOSING_LINES = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'];
const NAMESPACE_REMEDY =
  'run as root, or allow user namespaces (util-linux installed, sysctl kernel.unprivileged_userns_clone=1 and ' +
  'user.max_user_namespaces above 0)';
/** Checks of the tree itself; a script that does not exist yet in this checkout is passed over. */
const CHECKS = [
  { title: 'the tree is tidy', script: 'scripts/tidy.mjs', arguments: [] },
  {
    title: 'formatting and lint',
    script: 'node_modules/@biomejs/biome/bin/biome',
    arguments: ['check', '--colors=off'],
  },
  { title: 'rules are covered by tests', script: 'scripts/coverage.mjs', arguments: ['--check'] },
  { title: 'docs/config.md is up to date', script: 'scripts/config-doc.mjs', arguments: ['--check'] },
];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const startedAt = performance.now();
const totals = Object.fromEntries(CLOSING_LINES.map((name) => [name, 0]));
const notRun = new Set();
const failed = [];
let broken = false;

const { tiers, patterns } = readArguments();
const files = findTestFiles(root).filter(
  ({ source }) => patterns.length === 0 || patterns.some((pattern) => source.includes(pattern)),
);
if (files.length === 0) {
  console.error(`no test file ${patterns.length === 0 ? 'was found' : `matches ${patterns.join(' ')}`}`);
  process.exit(1);
}
const cores = os.availableParallelism();
const namespacePrefix = findNamespacePrefix();

if (tiers.includes('unit') && patterns.length === 0) for (const check of CHECKS) runCheck(check);
for (const tier of TIERS.filter((name) => tiers.includes(name))) {
  const ofTier = files.filter((file) => file.tier === tier);
  // Network tests mostly wait, so they may outnumber the cores; what measures runs alone.
  const concurrency = { unit: Math.max(2, cores), network: Math.max(4, 2 * cores), timing: 1 }[tier];
  runFiles(
    tier,
    ofTier.filter(({ needsNamespaces }) => !needsNamespaces),
    [],
    concurrency,
  );
  runInNamespaces(
    tier,
    ofTier.filter(({ needsNamespaces }) => needsNamespaces),
    concurrency,
  );
}
close();

function readArguments() {
  const options = { tier: { type: 'string', multiple: true } };
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error.message}\nusage: npm test -- [--tier ${TIERS.join('|')}]... [PATTERN]...`);
    process.exit(2);
  }
  const unknown = (parsed.values.tier ?? []).find((tier) => !TIERS.includes(tier));
  if (unknown !== undefined) {
    console.error(`there is no tier ${unknown}; the tiers are ${TIERS.join(', ')}`);
    process.exit(2);
  }
  return { tiers: parsed.values.tier ?? TIERS, patterns: parsed.positionals };
}

/** The command that gives a test process namespaces of its own, or undefined where none are allowed. */
function findNamespacePrefix() {
  const asUser = ['unshare', '--user', '--map-root-user', '--net'];
  const asRoot = process.getuid?.() === 0;
  const probe = asRoot ? ['unshare', '--net'] : asUser;
  const allowed = spawnSync(probe[0], [...probe.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  if (!allowed) return undefined;
  return asRoot ? [] : asUser;
}

function runInNamespaces(tier, chosen, concurrency) {
  if (chosen.length === 0) return;
  if (namespacePrefix !== undefined) {
    runFiles(tier, chosen, namespacePrefix, concurrency);
    return;
  }
  for (const { source } of chosen) notRun.add(`NOT RUN ${source}: no network namespaces here; ${NAMESPACE_REMEDY}`);
}

function runFiles(tier, chosen, prefix, concurrency) {
  if (chosen.length === 0) return;
  console.log(`\n${tier} tests: ${chosen.length} files, ${concurrency} at a time`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'locum-test-'));
  const summaryFile = path.join(folder, 'summary.json');
  const command = [
    ...prefix,
    process.execPath,
    '--enable-source-maps',
    '--test',
    '--test-reporter=./scripts/test-reporter.mjs',
    '--test-reporter-destination=stdout',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${FILE_TIMEOUT_MS}`,
    ...chosen.map(({ compiled }) => compiled),
  ];
  const { status, signal, error } = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, LOCUM_TEST_SUMMARY: summaryFile },
  });
  if (existsSync(summaryFile)) {
    const summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
    for (const name of CLOSING_LINES) totals[name] += summary.counts[name] ?? 0;
    for (const line of summary.notRun) notRun.add(line);
    for (const { file, name } of summary.failed) failed.push(`✖ ${sourceOf(file)} ${name}`);
  } else {
    failed.push(`✖ the ${tier} tests ended without a summary (${error ?? signal ?? `status ${status}`})`);
    totals.fail += 1;
  }
  if (status !== 0) broken = true;
  rmSync(folder, { recursive: true, force: true });
}

/** Counts as one test; prints what it found only when it fails. */
function runCheck({ title, script, arguments: extra }) {
  if (!existsSync(path.join(root, script))) return;
  const checkStartedAt = performance.now();
  const result = spawnSync(process.execPath, [script, ...extra], { cwd: root, encoding: 'utf8' });
  const passed = result.status === 0;
  console.log(`${passed ? '✔' : '✖'} ${title} (${(performance.now() - checkStartedAt).toFixed(1)}ms)`);
  totals.tests += 1;
  totals[passed ? 'pass' : 'fail'] += 1;
  if (passed) return;
  failed.push(`✖ ${title}: node ${[script, ...extra].join(' ')}`);
  console.log(`${result.stdout}${result.stderr}`.trimEnd().replace(/^/gm, '  '));
}

/** The TypeScript source of a compiled test file, relative to the checkout. */
function sourceOf(file) {
  return path.relative(root, file ?? root).replace(/\bdist\/(.*)\.js$/, '$1.ts');
}

function close() {
  const strict = process.env.LOCUM_NOT_RUN_IS_FAILURE === '1';
  if (failed.length > 0) console.log(`\nFailed:\n${failed.join('\n')}`);
  if (notRun.size > 0) {
    console.log(`\nNot run on this machine${strict ? ', which is a failure here' : ''}:`);
    for (const line of notRun) console.log(line);
  }
  totals.duration_ms = performance.now() - startedAt;
  console.log('');
  for (const name of CLOSING_LINES) console.log(`ℹ ${name} ${totals[name]}`);
  process.exitCode = broken || totals.fail > 0 || (strict && notRun.size > 0) ? 1 : 0;
}
