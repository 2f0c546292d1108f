/**
 * Lines that stand for many: `~SEQ(i, 1, 5) text`, `~SEQx(...)` in hexadecimal and `~LST(name, a, b) text`.
 *
 * Understands the head of such a line; repeating the rest, with the variables defined, is the reader's work.
 */
import type { DiagnosticList } from '../diagnostic.ts';
import type { SpannedText } from './spanned-text.ts';

/** Rounds of one sequence. */
const MAX_ROUNDS = 10_000;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface Sequence {
  readonly variables: readonly string[];
  /** One value for each variable, for each round. */
  readonly rounds: readonly (readonly string[])[];
  /** What is repeated. */
  readonly rest: SpannedText;
}

/**
 * The sequence that a line begins with, or undefined if it begins with none. A faulty one is reported and has no
 * rounds. `expand` puts definitions into the parameters.
 */
export function sequenceOn(
  line: SpannedText,
  diagnostics: DiagnosticList,
  expand: (text: SpannedText) => string,
): Sequence | undefined {
  const head = /^~(SEQx?|LST)[ \t]*\(/.exec(line.text);
  if (head === null) return undefined;
  const place = line.placeAt(0);
  const fail = (code: string, message: string): Sequence => {
    diagnostics.error(code, place, message, 'Write ~SEQ(name, first, last) text or ~LST(name, value, value) text.');
    return { variables: [], rounds: [], rest: line.slice(line.text.length) };
  };
  const end = line.text.indexOf(')', head[0].length);
  if (end < 0) return fail('bad-sequence', `~${head[1]} has no closing parenthesis`);
  const parameters = splitParameters(expand(line.slice(head[0].length, end)));
  const rest = line.slice(end + 1).trim();
  const parsed = head[1] === 'LST' ? listRounds(parameters) : numberRounds(parameters, head[1] === 'SEQx');
  if (typeof parsed === 'string') return fail('bad-sequence', `~${head[1]}: ${parsed}`);
  if (parsed.rounds.length >= MAX_ROUNDS)
    return fail('sequence-too-long', `~${head[1]} has ${MAX_ROUNDS} rounds or more`);
  return { ...parsed, rest };
}

type Rounds = Pick<Sequence, 'variables' | 'rounds'>;

function numberRounds(parameters: readonly string[], hexadecimal: boolean): Rounds | string {
  const [variable, ...texts] = parameters;
  if (variable === undefined || !NAME.test(variable)) return 'the first parameter must be a name';
  if (texts.length < 1 || texts.length > 3) return 'after the name come one to three numbers';
  const numbers = texts.map(toNumber);
  if (numbers.some(Number.isNaN)) return 'after the name come whole numbers only';
  const last = numbers.at(-1)!;
  const first = numbers.length > 1 ? numbers[0]! : last < 0 ? -1 : 1;
  const step = numbers.length === 3 ? numbers[1]! : last < first ? -1 : 1;
  if (step === 0) return 'the step is 0';
  if ((last - first) * step < 0) return 'the step leads away from the last number';
  if (hexadecimal && (first < 0 || last < 0)) return 'hexadecimal numbers cannot be negative';
  const rounds: string[][] = [];
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
    rounds.push([hexadecimal ? value.toString(16) : String(value)]);
    if (rounds.length >= MAX_ROUNDS) break;
  }
  return { variables: [variable], rounds };
}

function listRounds(parameters: readonly string[]): Rounds | string {
  const [head, ...values] = parameters;
  if (head === undefined) return 'the first parameter must be a name';
  const isTuple = head.startsWith('{');
  const variables = isTuple ? splitTuple(head) : [head];
  if (!variables.every((name) => NAME.test(name))) return 'the first parameter must be a name, or names in braces';
  const rounds = values.map((value) => (isTuple && value.startsWith('{') ? splitTuple(value) : [value]));
  if (rounds.some((round) => round.length > variables.length)) return 'a group of values is longer than that of names';
  return { variables, rounds: rounds.map((round) => variables.map((_, index) => round[index] ?? '')) };
}

function toNumber(text: string): number {
  if (!/^[+-]?(0x[0-9a-f]+|[0-9]+)$/i.test(text)) return Number.NaN;
  const magnitude = Number(text.replace(/^[+-]/, ''));
  return Number.isSafeInteger(magnitude) ? (text.startsWith('-') ? -magnitude : magnitude) : Number.NaN;
}

/** Splits at commas outside braces. */
function splitParameters(text: string): string[] {
  const parts = text.match(/(?:\{[^}]*\}?|[^,{])+|(?<=,)(?=,|$)/g) ?? [];
  return parts.map((part) => part.trim());
}

function splitTuple(text: string): string[] {
  return text
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((part) => part.trim());
}
