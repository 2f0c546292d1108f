/**
 * Reads what follows a keyword on its line, as its row says, and reports what does not fit.
 */
import { parseAddress } from './address.ts';
import type { DiagnosticList, SourcePlace } from './diagnostic.ts';
import type { KeywordRow, ValueSpec } from './keywords/row.ts';
import { findKeyword } from './keywords/table.ts';
import type { Token } from './text/token.ts';
import type { Statement } from './text/tree.ts';
import { BOOLEAN_WORDS } from './vocabulary.ts';

/** A keyword with its argument. Only the member that the kind of the row calls for is meaningful. */
export interface Argument {
  readonly keyword: Token;
  /** Of the argument, or of the keyword if it has none. */
  readonly place: SourcePlace;
  readonly text: string;
  /** Everything after the keyword. */
  readonly words: readonly Token[];
  readonly number: number;
  readonly numbers: readonly number[];
  readonly isOn: boolean;
  readonly octets: Uint8Array;
  readonly block: readonly Statement[];
}

type NumberSpec = Extract<ValueSpec, { kind: 'integer' | 'decimal' }>;

const NO_OCTETS = new Uint8Array(0);
const NUMBER = { integer: /^[+-]?\d+$/, decimal: /^[+-]?(\d+\.?\d*|\.\d+)$/ };
/** Digits after the point that a number of seconds can have. */
const MAX_DECIMALS = 6;

/** The argument of a supported keyword, or undefined if it was reported as unusable. */
export function readArgument(row: KeywordRow, statement: Statement, diagnostics: DiagnosticList): Argument | undefined {
  const [keyword, argument] = statement.words as readonly [Token, Token?];
  const { value } = row;
  const base: Argument = {
    keyword,
    place: (argument ?? keyword).place,
    text: argument?.text ?? '',
    words: statement.words.slice(1),
    number: Number.NaN,
    numbers: [],
    isOn: true,
    octets: NO_OCTETS,
    block: statement.block ?? [],
  };
  if (!checkShape(row, statement, diagnostics)) return undefined;
  switch (value.kind) {
    case 'integer':
    case 'decimal': {
      const number = readNumber(row, value, argument!, diagnostics);
      return number === undefined ? undefined : { ...base, number };
    }
    case 'integers': {
      const spec: NumberSpec = { ...value, kind: 'integer', unit: '', outside: 'error' };
      const numbers = statement.words.slice(1).map((word) => readNumber(row, spec, word, diagnostics));
      return numbers.includes(undefined) ? undefined : { ...base, numbers: numbers as number[] };
    }
    case 'boolean': {
      if (argument === undefined) return base;
      if (Object.hasOwn(BOOLEAN_WORDS, argument.text)) return { ...base, isOn: BOOLEAN_WORDS[argument.text]! };
      diagnostics.error(
        'bad-boolean',
        argument.place,
        `${keyword.text} is either on or off, not '${shown(argument)}'`,
        `Write ${keyword.text} on, or ${keyword.text} off.`,
      );
      return undefined;
    }
    case 'choice':
      return readChoice(base, value.choices, value.fallback, diagnostics);
    case 'address': {
      const octets = readAddress(argument!, diagnostics);
      return octets === undefined ? undefined : { ...base, octets };
    }
    default:
      return base;
  }
}

/** The octets of an address, or undefined after reporting that it is none. */
export function readAddress(
  token: Token,
  diagnostics: DiagnosticList,
  text: string = token.text,
): Uint8Array | undefined {
  const octets = parseAddress(text);
  if (octets === undefined) {
    diagnostics.error(
      'bad-address',
      token.place,
      `'${text.slice(0, 64)}' is not an IPv4 or IPv6 address`,
      text.includes('/') ? 'Write the address without a prefix length.' : 'Write it like 192.0.2.1 or 2001:db8::1.',
    );
  }
  return octets;
}

/** A word as a diagnostic shows it. */
export function shown(token: Token): string {
  return token.text.length > 64 ? `${token.text.slice(0, 61)}...` : token.text;
}

/** Whether arguments and blocks are there, and no more than that. */
function checkShape(row: KeywordRow, statement: Statement, diagnostics: DiagnosticList): boolean {
  const keyword = statement.words[0]!;
  const { value, name } = row;
  const takesBlock = value.kind === 'block' || value.kind === 'list' || value.kind === 'words';
  if (takesBlock && statement.block === undefined) {
    diagnostics.error('missing-block', keyword.place, `${name} needs a block`, `Write ${name} { … }.`);
    return false;
  }
  if (!takesBlock && value.kind !== 'transport' && statement.block !== undefined) {
    diagnostics.error(
      'unexpected-block',
      keyword.place,
      `${name} has no block`,
      'Remove the braces and what is between them.',
    );
    return false;
  }
  const least = requiredWords(value);
  if (statement.words.length - 1 < least) {
    diagnostics.error(
      'missing-argument',
      keyword.place,
      `${name} needs ${described(value)}`,
      `Write ${name} ${example(row)}.`,
    );
    return false;
  }
  return checkSurplus(row, statement, value.kind === 'boolean' ? 1 : least, diagnostics);
}

function checkSurplus(row: KeywordRow, statement: Statement, most: number, diagnostics: DiagnosticList): boolean {
  const surplus = statement.words[most + 1];
  if (surplus === undefined || row.value.kind === 'free' || row.value.kind === 'integers') return true;
  const isKeyword = !surplus.quoted && findKeyword(row.block, surplus.text) !== undefined;
  if (isKeyword) {
    diagnostics.error(
      'second-statement',
      surplus.place,
      `${surplus.text} follows ${row.name} on one line, where it has no effect`,
      `Write ${surplus.text} on a line of its own.`,
    );
    return false;
  }
  diagnostics.warning(
    'surplus-argument',
    surplus.place,
    `what follows on this line is not part of ${row.name} and has no effect`,
    'Remove it, or mark it as a comment with #.',
  );
  return true;
}

function requiredWords(value: ValueSpec): number {
  switch (value.kind) {
    case 'flag':
    case 'boolean':
    case 'list':
    case 'words':
    case 'free':
      return 0;
    case 'block':
      return value.title === undefined ? 0 : 1;
    default:
      return 1;
  }
}

function described(value: ValueSpec): string {
  switch (value.kind) {
    case 'integer':
    case 'integers':
      return 'a whole number';
    case 'decimal':
      return 'a number';
    case 'address':
      return 'an address';
    case 'choice':
      return `one of ${value.choices.join(', ')}`;
    case 'word':
      return `a word (${value.name})`;
    case 'transport':
      return 'the name of a transport';
    case 'block':
      return 'a name';
    default:
      return 'an argument';
  }
}

function example(row: KeywordRow): string {
  const { value } = row;
  if (value.kind === 'choice') return value.choices[0]!;
  if (value.kind === 'integers') return value.syntax;
  if (value.kind === 'integer' || value.kind === 'decimal')
    return /^[\d.]+$/.test(row.default ?? '') ? row.default! : 'N';
  if (value.kind === 'word') return value.name;
  if (value.kind === 'transport') return 'raw';
  return value.kind === 'block' ? 'NAME { … }' : 'ADDRESS';
}

function readChoice(
  base: Argument,
  choices: readonly string[],
  fallback: string | undefined,
  diagnostics: DiagnosticList,
): Argument | undefined {
  if (choices.includes(base.text)) return base;
  const message = `${base.keyword.text} is one of ${choices.join(', ')}, not '${base.text.slice(0, 64)}'`;
  const remedy = `Write ${choices.map((word) => `${base.keyword.text} ${word}`).join(', or ')}.`;
  if (fallback === undefined) {
    diagnostics.error('bad-word', base.place, message, remedy);
    return undefined;
  }
  diagnostics.warning('bad-word', base.place, `${message}; ${fallback} is used`, remedy);
  return { ...base, text: fallback };
}

function readNumber(row: KeywordRow, spec: NumberSpec, token: Token, diagnostics: DiagnosticList): number | undefined {
  const kind = spec.kind === 'integer' ? 'a whole number' : 'a number';
  if (!NUMBER[spec.kind].test(token.text)) {
    diagnostics.error(
      'bad-number',
      token.place,
      `'${shown(token)}' is not ${kind}${spec.unit === 's' ? ' of seconds' : ''}`,
      `Write ${row.name} and ${kind} of ${rangeText(spec)}.`,
    );
    return undefined;
  }
  const number = Number(token.text);
  if (number >= spec.minimum && number <= spec.maximum) return roundedDecimals(number, token, diagnostics);
  const message = `${row.name} is ${rangeText(spec)}, not ${shown(token)}`;
  const remedy = `Write a number of ${rangeText(spec)}.`;
  if (spec.outside === 'error') {
    diagnostics.error('out-of-range', token.place, message, remedy);
    return undefined;
  }
  const used = spec.outside === 'clamp' ? Math.max(spec.minimum, Math.min(spec.maximum, number)) : spec.outside;
  diagnostics.warning('out-of-range', token.place, `${message}; ${used} is used`, remedy);
  return used;
}

function roundedDecimals(number: number, token: Token, diagnostics: DiagnosticList): number {
  const decimals = token.text.split('.')[1] ?? '';
  if (decimals.replace(/0+$/, '').length <= MAX_DECIMALS) return number;
  const rounded = Number(number.toFixed(MAX_DECIMALS));
  diagnostics.warning(
    'too-precise',
    token.place,
    `${shown(token)} is finer than a microsecond; ${rounded} is used`,
    `Write at most ${MAX_DECIMALS} digits after the point.`,
  );
  return rounded;
}

/** `1..255`, with the unit if there is one. */
export function rangeText(spec: NumberSpec): string {
  return `${spec.minimum}..${spec.maximum}${spec.unit === '' ? '' : ` ${spec.unit}`}`;
}
