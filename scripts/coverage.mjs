/**
 * The coverage page: which test shows which rule of the standards.
 *
 * A test covers a rule by naming its id in brackets, in its title or in a comment beside it: `[RX-11]`. The rules are in
 * vectors/requirements.json. Without arguments this writes docs/conformance.md. With `--check` it writes nothing and
 * fails when a rule is neither tested nor open, is both, when a test names a rule that does not exist, or when the page
 * is not what would be written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs/conformance.md');
const ID = /\[((?:[A-Z]+\d?)(?:-[A-Z])?-\d{2})\]/g;

/** Chapters of the page: the prefixes of the ids in each. */
const chapters = [
  ['Packets', ['V2', 'V2-A', 'CSUM', 'PKT']],
  ['IP header and link', ['IP', 'MAC', 'V6']],
  ['Receiving', ['RX']],
  ['Timers', ['TMR']],
  ['State machine', ['FSM-I', 'FSM-B', 'FSM-A']],
  ['Election, preemption, ownership, accept mode', ['ELE', 'PRE', 'OWN', 'ACC']],
  ['Announcements and neighbours', ['ARP', 'ND', 'RED']],
  ['Both versions at once', ['INT']],
  ['Management', ['MGT']],
];

/** TypeScript sources of tests: packages/NAME/test and integration/test. */
function testFiles() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'test'));
  return [...packages, join(root, 'integration/test')].flatMap(sourcesIn).sort();
}

function sourcesIn(directory) {
  let names = [];
  try {
    names = readdirSync(directory, { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name));
}

/** Ids that each test file names: Map of id to a set of paths. */
function readCoverage() {
  const coverage = new Map();
  for (const file of testFiles()) {
    for (const [, id] of readFileSync(file, 'utf8').matchAll(ID)) {
      if (!coverage.has(id)) coverage.set(id, new Set());
      coverage.get(id).add(relative(root, file));
    }
  }
  return coverage;
}

function problemsOf(requirements, coverage) {
  const known = new Set(requirements.map(({ id }) => id));
  const problems = [];
  if (known.size !== requirements.length) problems.push('an id occurs twice in vectors/requirements.json');
  for (const { id, open } of requirements) {
    const isTested = coverage.has(id);
    if (!chapters.some(([, prefixes]) => prefixes.includes(prefixOf(id)))) problems.push(`${id} is in no chapter`);
    if (!isTested && open === undefined) problems.push(`${id} is neither tested nor open`);
    if (isTested && open !== undefined)
      problems.push(`${id} is open, and tested by ${[...coverage.get(id)].join(', ')}`);
  }
  for (const [id, files] of coverage) {
    if (!known.has(id)) problems.push(`${id} is named by ${[...files].join(', ')} and is no requirement`);
  }
  return problems;
}

function prefixOf(id) {
  return id.slice(0, id.lastIndexOf('-'));
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

function rowOf({ id, section, level, requirement, open }, coverage) {
  const files = [...(coverage.get(id) ?? [])].map((file) => `[${file.replace(/^.*\/test\//, '')}](../${file})`);
  const status = files.length > 0 ? files.join(', ') : `**open**: ${open ?? 'not tested yet'}`;
  return `| ${id} | ${section || 'none'} | ${level} | ${cell(requirement)} | ${cell(status)} |`;
}

function render(requirements, coverage) {
  const tested = requirements.filter(({ id }) => coverage.has(id)).length;
  const lines = [
    '# Conformance',
    '',
    '<!-- Written by scripts/coverage.mjs from vectors/requirements.json and the tests. Do not edit. -->',
    '',
    `${requirements.length} rules of VRRP: ${tested} are shown by tests, ${requirements.length - tested} are open, with the reason.`,
    'Levels are those of the RFC; REC marks advice where the RFCs are silent or ambiguous. A test names the rules that it',
    'shows in brackets in its title.',
    '',
    'Not part of this page: BFD is not implemented, and `vectors/bfd.json` waits for it.',
  ];
  for (const [title, prefixes] of chapters) {
    const members = requirements.filter(({ id }) => prefixes.includes(prefixOf(id)));
    if (members.length === 0) continue;
    lines.push('', `## ${title}`, '', '| id | section | level | rule | shown by |', '|---|---|---|---|---|');
    for (const member of members) lines.push(rowOf(member, coverage));
  }
  return `${lines.join('\n')}\n`;
}

function readPage() {
  try {
    return readFileSync(page, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

const requirements = JSON.parse(readFileSync(join(root, 'vectors/requirements.json'), 'utf8'));
const coverage = readCoverage();
const problems = problemsOf(requirements, coverage);
const text = render(requirements, coverage);

if (process.argv.includes('--check')) {
  if (readPage() !== text) problems.push('docs/conformance.md is out of date: run node scripts/coverage.mjs');
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  writeFileSync(page, text);
  for (const problem of problems) console.error(`warning: ${problem}`);
  console.log(`${relative(root, page)}: ${requirements.length} rules, ${coverage.size} named by tests`);
}
