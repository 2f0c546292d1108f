/**
 * `npm run bench [-- OPTION... CASE...]`: measures, prints one table, and writes the same as JSON and as a page.
 *
 * Exit status: 0, also when something was not run; 1 when a row is broken; 2 for a command line that makes no sense.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from '@locum/integration/requirement';
import { CPrograms } from './c-program.ts';
import { CASES } from './cases/index.ts';
import { type CommandLine, parseCommandLine, USAGE } from './command-line.ts';
import { readEnvironment } from './environment.ts';
import { writeReport } from './report/html.ts';
import { publish } from './report/publish.ts';
import { RESULT_VERSION, type Result, readResult, writeResult } from './report/result.ts';
import { renderEnvironment, renderTable } from './report/table.ts';
import { type BenchCase, runCases } from './suite.ts';

/** An ordinary user is root over network namespaces of its own. */
const UNSHARE = ['--user', '--map-root-user', '--net', '--'];
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  let line: CommandLine;
  try {
    line = parseCommandLine(
      process.argv.slice(2),
      CASES.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (line.help) console.log(USAGE);
  else if (line.list) for (const { name, title } of CASES) console.log(`${name.padEnd(10)}${title}`);
  else return (line.from === undefined && inNamespaces()) || show(line);
  return 0;
}

/** Starts again inside a user namespace where only that allows network namespaces. Undefined: not needed, or no use. */
function inNamespaces(): number | undefined {
  if (missing({ namespaces: true }) === undefined) return undefined;
  if (spawnSync('unshare', [...UNSHARE, 'true']).status !== 0) return undefined;
  const again = [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return spawnSync('unshare', again, { stdio: 'inherit' }).status ?? 1;
}

async function show(line: CommandLine): Promise<number> {
  const result = line.from === undefined ? await measure(line) : readResult(line.from);
  console.log(`\n${renderTable(result.rows)}\n`);
  const output = outputDirectory();
  const documents = [
    [join(output, 'result.json'), join(output, 'report.html')],
    [line.json, line.html],
  ] as const;
  for (const [json, html] of documents) {
    for (const path of [json, html]) if (path !== undefined) mkdirSync(dirname(path), { recursive: true });
    if (json !== undefined) writeResult(json, result);
    if (html !== undefined) writeReport(html, result);
  }
  console.log(
    `${result.rows.length} rows in ${result.seconds.toFixed(0)} s; the report is ${join(output, 'report.html')}`,
  );
  const broken = result.rows.filter(({ verdict }) => verdict === 'broken').length;
  if (broken > 0) console.error(`${broken} rows are BROKEN: their checks failed`);
  if (line.publish) for (const path of await publish(CHECKOUT, result)) console.log(`written: ${path}`);
  return broken > 0 ? 1 : 0;
}

/** The checkout's `artifacts/bench`, or a place among temporary files where the checkout belongs to somebody else. */
function outputDirectory(): string {
  const inCheckout = join(CHECKOUT, 'artifacts', 'bench');
  try {
    mkdirSync(inCheckout, { recursive: true });
    accessSync(inCheckout, constants.W_OK);
    return inCheckout;
  } catch {
    return join(tmpdir(), 'locum-bench');
  }
}

async function measure(line: CommandLine): Promise<Result> {
  const environment = readEnvironment();
  console.log(`${renderEnvironment(environment)}\n`);
  const effort = line.full ? 'full' : 'short';
  const startedAt = new Date();
  const began = performance.now();
  const programs = new CPrograms();
  try {
    const chosen: readonly BenchCase[] = CASES.filter(
      ({ name }) => line.cases.length === 0 || line.cases.includes(name),
    );
    const progress = (text: string): void => {
      console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}`);
    };
    const rows = await runCases(chosen, { effort, programs, progress });
    const seconds = (performance.now() - began) / 1000;
    return { version: RESULT_VERSION, effort, startedAt: startedAt.toISOString(), seconds, environment, rows };
  } finally {
    programs.close();
  }
}
