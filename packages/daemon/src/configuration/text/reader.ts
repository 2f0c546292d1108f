/**
 * From files to lines: follows includes, drops lines for other machines, applies definitions and sequences.
 *
 * What comes out are the lines that keywords are looked for in. The order of the steps on a line is conditional
 * (`@ID`), definition (`$NAME=`), sequence (`~SEQ`), use of definitions, include.
 */
import { dirname, resolve } from 'node:path';
import type { DiagnosticList, SourcePlace } from '../diagnostic.ts';
import type { FileAccess } from '../file-access.ts';
import { withoutComment } from './comment.ts';
import { Definitions, definitionOn, type Surroundings } from './definition.ts';
import { type MatchedAlternative, matchPattern } from './include-pattern.ts';
import { sequenceOn } from './sequence.ts';
import type { SourceCollection } from './source.ts';
import { SpannedText } from './spanned-text.ts';

/** Characters of a line as written; keepalived drops longer ones. */
const MAX_LINE_CHARACTERS = 1024;
/** Lines handled in one configuration, repeated ones counted each time. */
const MAX_LINES = 100_000;
/** Includes within includes, and repetitions within repetitions. */
const MAX_NESTING = 32;

export interface ReaderOptions extends Surroundings {
  readonly files: FileAccess;
  /** Treat plain `include` as `includea`. */
  readonly strictIncludes: boolean;
}

/** Where lines come from at the moment. */
interface Position {
  /** Files being read, the innermost last. */
  readonly files: readonly string[];
  readonly nesting: number;
}

/** What a letter after `include` demands. */
interface IncludeChecks {
  readonly readable: boolean;
  readonly match: boolean;
  readonly wildcardMatch: boolean;
  readonly braceMatch: boolean;
}

export class Reader {
  readonly #sources: SourceCollection;
  readonly #diagnostics: DiagnosticList;
  readonly #definitions: Definitions;
  readonly #options: ReaderOptions;
  readonly #lines: SpannedText[] = [];
  #linesLeft = MAX_LINES;

  constructor(sources: SourceCollection, diagnostics: DiagnosticList, options: ReaderOptions) {
    this.#sources = sources;
    this.#diagnostics = diagnostics;
    this.#options = options;
    this.#definitions = new Definitions(diagnostics, options);
  }

  /** The lines of a configuration. Blank ones are left out. */
  read(path: string): readonly SpannedText[] {
    const opened = this.#sources.open(path);
    if ('refusal' in opened) {
      this.#diagnostics.error(
        'file-not-read',
        { file: path, line: 1, column: 1 },
        `the configuration cannot be read: ${opened.refusal.reason}`,
        opened.refusal.kind === 'executable'
          ? `Take the mark away: chmod a-x ${path}`
          : 'Name another file with -f, or create this one.',
      );
    } else {
      this.#readFile(path, opened.lines, { files: [path], nesting: 0 });
    }
    return this.#lines;
  }

  #readFile(path: string, lines: readonly string[], position: Position): void {
    const kept: SpannedText[] = [];
    for (const [index, text] of lines.entries()) {
      const place = { file: path, line: index + 1, column: 1 };
      if (!this.#isReadable(text, place)) continue;
      const line = withoutComment(SpannedText.written(text, place)).trim();
      const isCommentOnly = line.text === '' && text.trim() !== '';
      if (!isCommentOnly) kept.push(line);
    }
    this.#readLines(kept, position);
  }

  #isReadable(text: string, place: SourcePlace): boolean {
    const nul = text.indexOf('\0');
    if (nul >= 0) {
      this.#diagnostics.error(
        'nul-character',
        { ...place, column: nul + 1 },
        'this line holds a NUL character',
        'Remove it.',
      );
      return false;
    }
    if (text.length > MAX_LINE_CHARACTERS) {
      this.#diagnostics.error(
        'line-too-long',
        { ...place, column: MAX_LINE_CHARACTERS + 1 },
        `this line is longer than ${MAX_LINE_CHARACTERS} characters`,
        'Shorten it, for example with definitions.',
      );
      return false;
    }
    return true;
  }

  #readLines(lines: Iterable<SpannedText>, position: Position): void {
    let pending: { name: string; place: SourcePlace; lines: SpannedText[]; isForUs: boolean } | undefined;
    const finish = () => {
      if (pending?.isForUs) this.#definitions.define(pending.name, { lines: pending.lines, place: pending.place });
      pending = undefined;
    };
    for (const written of lines) {
      if (!this.#takesAnotherLine(written)) return;
      if (pending !== undefined) {
        const { text, continues } = withoutContinuation(written);
        pending.lines.push(text);
        if (!continues) finish();
        continue;
      }
      const { line, isForUs } = this.#withoutCondition(written);
      const definition = definitionOn(line);
      if (definition !== undefined) {
        const { text, continues } = withoutContinuation(definition.value);
        pending = { name: definition.name, place: line.placeAt(0), lines: [text], isForUs };
        if (!continues) finish();
      } else if (isForUs && line.text !== '') {
        this.#readLine(line, position);
      }
    }
    finish();
  }

  #takesAnotherLine(line: SpannedText): boolean {
    if (this.#linesLeft < 0) return false;
    if (--this.#linesLeft < 0) {
      this.#diagnostics.error(
        'too-many-lines',
        line.placeAt(0),
        `the configuration has more than ${MAX_LINES} lines once everything is repeated and included`,
        'Shorten the sequences, or the definitions that use each other.',
      );
      return false;
    }
    return true;
  }

  #withoutCondition(line: SpannedText): { line: SpannedText; isForUs: boolean } {
    const match = /^@(\^?)(\S*)([ \t]+|$)/.exec(line.text);
    if (match === null) return { line, isForUs: true };
    if (match[2] === '') {
      this.#diagnostics.error(
        'bad-condition',
        line.placeAt(0),
        'a name must follow @ without a blank',
        'Write @NAME or @^NAME, then the rest of the line.',
      );
    }
    const isForUs = (match[2] === this.#options.configId) !== (match[1] === '^');
    return { line: line.slice(match[0].length), isForUs: isForUs && match[2] !== '' };
  }

  #readLine(line: SpannedText, position: Position): void {
    const directory = resolve(dirname(position.files.at(-1)!));
    const sequence = sequenceOn(line, this.#diagnostics, (text) => this.#definitions.expand(text, directory).line.text);
    if (sequence !== undefined) {
      const inner = this.#nested(position, line.placeAt(0));
      if (inner === undefined) return;
      const place = line.placeAt(0);
      for (const round of sequence.rounds) {
        for (const [index, name] of sequence.variables.entries()) {
          const value = SpannedText.replacement(round[index]!, place);
          this.#definitions.define(name, { lines: [value], place });
        }
        this.#readLines([sequence.rest], inner);
        if (this.#linesLeft < 0) return;
      }
      return;
    }
    const expansion = this.#definitions.expand(line, directory);
    this.#emit(expansion.line.trim(), position);
    if (expansion.following.length === 0) return;
    const inner = this.#nested(position, line.placeAt(0));
    if (inner !== undefined) this.#readLines(expansion.following, inner);
  }

  #nested(position: Position, place: SourcePlace): Position | undefined {
    if (position.nesting < MAX_NESTING) return { ...position, nesting: position.nesting + 1 };
    this.#diagnostics.error(
      'nested-too-deep',
      place,
      `more than ${MAX_NESTING} definitions, sequences or files within each other`,
      'Look for a definition of several lines that uses itself.',
    );
    return undefined;
  }

  #emit(line: SpannedText, position: Position): void {
    const include = /^include([rmwba]?)(?:[ \t]+(.*))?$/.exec(line.text);
    if (include !== null) this.#include(line, include[1]!, (include[2] ?? '').replace(/^"(.*)"$/, '$1'), position);
    else if (line.text !== '') this.#lines.push(line);
  }

  #include(line: SpannedText, letter: string, pattern: string, position: Position): void {
    const place = line.placeAt(0);
    if (pattern === '') {
      this.#diagnostics.error('missing-argument', place, 'include needs the name of a file', 'Write include FILE.');
      return;
    }
    const inner = this.#nested(position, place);
    if (inner === undefined) return;
    const all = letter === 'a' || (letter === '' && this.#options.strictIncludes);
    const checks: IncludeChecks = {
      readable: all || letter !== '',
      match: all || letter === 'm' || letter === 'w',
      wildcardMatch: all || letter === 'w',
      braceMatch: all || letter === 'b',
    };
    const alternatives = matchPattern(pattern, dirname(position.files.at(-1)!), this.#options.files);
    const patternPlace = line.placeAt(line.text.length - pattern.length);
    const isAllEmpty = alternatives.every(({ paths }) => paths.length === 0);
    for (const alternative of alternatives) {
      if (alternative.paths.length === 0) {
        const needsThisOne = alternatives.length > 1 ? checks.braceMatch : checks.wildcardMatch;
        this.#reportNoMatch(alternative, needsThisOne || (checks.match && isAllEmpty), patternPlace);
      }
      for (const path of alternative.paths) this.#includeFile(path, checks, patternPlace, inner);
    }
  }

  #reportNoMatch(alternative: MatchedAlternative, mustMatch: boolean, place: SourcePlace): void {
    const message = `no file matches ${alternative.pattern}`;
    if (mustMatch) this.#diagnostics.error('include-no-match', place, message, 'Correct the pattern, or use include.');
    else this.#diagnostics.notice('include-no-match', place, message, 'Nothing to do if there may be none.');
  }

  #includeFile(path: string, checks: IncludeChecks, place: SourcePlace, position: Position): void {
    if (position.files.includes(path)) {
      this.#diagnostics.error(
        'include-loop',
        place,
        `${path} includes itself`,
        'Remove this line, or name another file.',
      );
      return;
    }
    const opened = this.#sources.open(path);
    if ('refusal' in opened) {
      const { kind, reason } = opened.refusal;
      this.#diagnostics[checks.readable ? 'error' : 'warning'](
        'include-not-read',
        place,
        `${path} is not included: ${reason}`,
        kind === 'executable'
          ? `Take the mark away: chmod a-x ${path}`
          : 'Correct the name, or make the file readable.',
      );
      return;
    }
    this.#readFile(path, opened.lines, { ...position, files: [...position.files, path] });
  }
}

/** Takes away the backslash that says that a definition goes on in the next line. */
function withoutContinuation(line: SpannedText): { text: SpannedText; continues: boolean } {
  const continues = line.text.endsWith('\\');
  return { text: continues ? line.slice(0, line.text.length - 1).trim() : line, continues };
}
