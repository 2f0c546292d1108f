/**
 * Goes through the statements of one block: finds each keyword's row, reads its argument, and reports what is
 * unknown, not supported or repeated.
 */
import { type Argument, readArgument } from './argument.ts';
import { type DiagnosticList, formatPlace } from './diagnostic.ts';
import type { BlockName, KeywordRow } from './keywords/row.ts';
import { findKeyword, keywordsOf, otherBlocksWith } from './keywords/table.ts';
import { nearestKeyword } from './nearest-keyword.ts';
import type { Token } from './text/token.ts';
import type { Statement } from './text/tree.ts';

/** Of these the first one counts, as in keepalived; of all others the last. */
const FIRST_COUNTS: readonly string[] = ['state', 'version'];

/** What was given for the keywords of one block that have a single value. */
export class Given {
  readonly #arguments = new Map<string, Argument>();
  readonly #refused = new Set<string>();

  /** Notes that a keyword is there, but reported as unusable. */
  refuse(name: string): void {
    this.#refused.add(name);
  }

  /** Whether a keyword was there that could not be used; it need not be missed as well. */
  wasRefused(name: string): boolean {
    return this.#refused.has(name);
  }

  set(name: string, argument: Argument): void {
    // A repeated keyword moves to the end, so that the order is that of the text.
    this.#arguments.delete(name);
    this.#arguments.set(name, argument);
  }

  get(name: string): Argument | undefined {
    return this.#arguments.get(name);
  }

  number(name: string): number | undefined {
    return this.#arguments.get(name)?.number;
  }

  numbers(name: string): readonly number[] {
    return this.#arguments.get(name)?.numbers ?? [];
  }

  text(name: string): string | undefined {
    return this.#arguments.get(name)?.text;
  }

  octets(name: string): Uint8Array | undefined {
    return this.#arguments.get(name)?.octets;
  }

  isOn(name: string): boolean | undefined {
    return this.#arguments.get(name)?.isOn;
  }

  /** Which of two opposite flags was given last; undefined if neither was. */
  lastOf(one: string, other: string): string | undefined {
    return [...this.#arguments.keys()].filter((name) => name === one || name === other).at(-1);
  }

  /** Takes over what a later block of the same kind says. */
  merge(later: Given): void {
    for (const [name, argument] of later.#arguments) this.set(name, argument);
    for (const name of later.#refused) this.refuse(name);
  }
}

/** Called for every supported keyword with a usable argument, in the order of the text. */
export type Visit = (row: KeywordRow, argument: Argument) => void;

/** Reads a block. Keywords with a single value are in what is returned; `visit` sees those with a block as well. */
export function readBlock(
  block: BlockName,
  statements: readonly Statement[],
  diagnostics: DiagnosticList,
  visit: Visit = () => {},
): Given {
  const given = new Given();
  for (const statement of statements) {
    const keyword = statement.words[0]!;
    const row = findKeyword(block, keyword.text);
    if (row === undefined) {
      const near = nearestKeyword(keyword.text, keywordsOf(block));
      reportUnknown(block, keyword, near, diagnostics);
      if (near !== undefined) given.refuse(near);
      continue;
    }
    if (row.status !== 'supported') {
      reportNotSupported(row, keyword, diagnostics);
      continue;
    }
    const argument = readArgument(row, statement, diagnostics);
    if (argument === undefined) {
      given.refuse(row.name);
      continue;
    }
    if (isSingle(row)) {
      const earlier = given.get(row.name);
      if (earlier !== undefined && reportRepeated(row, earlier, argument, diagnostics) === 'keep-first') continue;
      given.set(row.name, argument);
    }
    visit(row, argument);
  }
  return given;
}

function isSingle(row: KeywordRow): boolean {
  return row.value.kind !== 'block' && row.value.kind !== 'list' && row.value.kind !== 'words';
}

function reportRepeated(
  row: KeywordRow,
  earlier: Argument,
  later: Argument,
  diagnostics: DiagnosticList,
): 'keep-first' | 'keep-last' {
  const firstCounts = FIRST_COUNTS.includes(row.name);
  diagnostics.warning(
    'repeated-keyword',
    later.keyword.place,
    `${row.name} was given before (${formatPlace(earlier.keyword.place)}); the ${firstCounts ? 'first' : 'last'} one is used`,
    'Keep one of them.',
  );
  return firstCounts ? 'keep-first' : 'keep-last';
}

function reportNotSupported(row: KeywordRow, keyword: Token, diagnostics: DiagnosticList): void {
  diagnostics.warning(
    'not-supported',
    keyword.place,
    `${row.name} is not supported yet and has no effect`,
    row.status === 'ignored'
      ? "It concerns keepalived's load balancer; remove it, or leave it for keepalived."
      : 'Remove it if you do not need it; look for another way if you do.',
  );
}

function reportUnknown(block: BlockName, keyword: Token, near: string | undefined, diagnostics: DiagnosticList): void {
  const where = block === 'root' ? 'outside all blocks' : `in ${block}`;
  const others = otherBlocksWith(keyword.text, block);
  const text = keyword.text.slice(0, 64);
  if (others.length > 0) {
    const home = others.map((other) => (other === 'root' ? 'the outermost level' : other));
    diagnostics.error(
      'misplaced-keyword',
      keyword.place,
      `${text} is not a keyword ${where}; it belongs in ${home.join(' or ')}`,
      near === undefined ? `Move it there.` : `Move it there, or did you mean ${near}?`,
    );
    return;
  }
  diagnostics.error(
    'unknown-keyword',
    keyword.place,
    `${text} is not a keyword ${where}`,
    near === undefined ? 'Remove it, or look for its name in the reference.' : `Did you mean ${near}?`,
  );
}
