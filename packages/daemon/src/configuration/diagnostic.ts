/**
 * What the reader of the configuration has to say to the operator, and the list that collects it.
 *
 * Every diagnostic points at text that the operator wrote and says what to write instead. Nothing here decides
 * whether a finding is an error; the stages that find it do.
 */

/** A character of a configuration file. Line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * `error`: nothing starts. `warning`: the text means something else than it seems to, or has no effect.
 * `notice`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'notice';

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable word for scripts and tests, such as `unknown-keyword`. */
  readonly code: string;
  /** What is wrong, one sentence without a full stop. */
  readonly message: string;
  /** What to write or do. */
  readonly remedy: string;
  readonly place: SourcePlace;
  /** The line of the file that `place` points into; absent when it is not known or holds a secret. */
  readonly excerpt?: string;
}

/** Diagnostics beyond this many are counted, not kept. */
const MAX_DIAGNOSTICS = 1000;

/** Lines that hold a shared secret are never shown. */
const SECRET_LINE = /\b(auth_pass|key|active_key|secret|password)\b|^\s*(@\S+\s+)?\$\w*(pass|secret|key)\w*=/i;

/** Collects diagnostics while the configuration is read, and puts them in the order of the text. */
export class DiagnosticList {
  readonly #lineOf: (place: SourcePlace) => string | undefined;
  readonly #items: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  #leftOut = 0;
  #errorCount = 0;

  /** `lineOf` gives the text of the line a place is on, if it is known. */
  constructor(lineOf: (place: SourcePlace) => string | undefined = () => undefined) {
    this.#lineOf = lineOf;
  }

  /** Whether any error has been reported. */
  get hasErrors(): boolean {
    return this.#errorCount > 0;
  }

  error(code: string, place: SourcePlace, message: string, remedy: string): void {
    this.#errorCount++;
    this.#add('error', code, place, message, remedy);
  }

  warning(code: string, place: SourcePlace, message: string, remedy: string): void {
    this.#add('warning', code, place, message, remedy);
  }

  notice(code: string, place: SourcePlace, message: string, remedy: string): void {
    this.#add('notice', code, place, message, remedy);
  }

  /** All diagnostics, by file in the order of `sources`, then by line and column. */
  inOrder(sources: readonly string[]): Diagnostic[] {
    const rank = new Map(sources.map((file, index) => [file, index]));
    const rankOf = (file: string) => rank.get(file) ?? sources.length;
    const sorted = [...this.#items].sort(
      (a, b) =>
        rankOf(a.place.file) - rankOf(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column,
    );
    const last = sorted.at(-1);
    if (this.#leftOut > 0 && last !== undefined) {
      sorted.push({
        severity: this.hasErrors ? 'error' : 'warning',
        code: 'too-many-diagnostics',
        message: `${this.#leftOut} more diagnostics are not shown`,
        remedy: 'Correct the ones above and check again.',
        place: last.place,
      });
    }
    return sorted;
  }

  #add(severity: Severity, code: string, place: SourcePlace, message: string, remedy: string): void {
    // A line that is repeated by a sequence is wrong once.
    const identity = `${code} ${formatPlace(place)} ${message}`;
    if (this.#seen.has(identity)) return;
    if (this.#items.length >= MAX_DIAGNOSTICS) {
      this.#leftOut++;
      return;
    }
    this.#seen.add(identity);
    const line = this.#lineOf(place);
    const diagnostic = { severity, code, message, remedy, place };
    this.#items.push(line === undefined || SECRET_LINE.test(line) ? diagnostic : { ...diagnostic, excerpt: line });
  }
}

/** `FILE:LINE:COL`, as compilers write it. */
export function formatPlace(place: SourcePlace): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/**
 * A diagnostic for people: place, severity and message, then the source line with a caret where it is known, then
 * the remedy. Several lines, without a final newline.
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { severity, message, remedy, place, excerpt } = diagnostic;
  const lines = [`${formatPlace(place)}: ${severity}: ${message}`];
  if (excerpt !== undefined) {
    const shown = printable(excerpt);
    const indent = [...shown.slice(0, place.column - 1)].map((character) => (character === '\t' ? '\t' : ' '));
    lines.push(`    ${shown}`, `    ${indent.join('')}^`);
  }
  lines.push(`  ${remedy}`);
  return lines.join('\n');
}

/** Control characters could move the cursor of the terminal that shows them. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.slice(0, 200).replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '?');
}
