/**
 * Definitions (`$NAME=value`) and their use (`$NAME`, `${NAME}`), with the predefined `${_...}`.
 *
 * A value is kept as written and expanded where it is used. A definition may have several lines; such a one can be
 * used only at the end of a line, and its further lines follow that line.
 */
import type { DiagnosticList, SourcePlace } from '../diagnostic.ts';
import { SpannedText } from './spanned-text.ts';

/** Uses of definitions within uses of definitions. */
const MAX_DEPTH = 32;
/** Characters that the definitions of one line may make of it. */
const MAX_EXPANDED_CHARACTERS = 65_536;
/** Uses of definitions in one configuration. */
const MAX_USES = 200_000;

export interface Definition {
  /** At least one line. */
  readonly lines: readonly SpannedText[];
  readonly place: SourcePlace;
}

/** What the predefined names stand for. */
export interface Surroundings {
  /** `${_INSTANCE}` */
  readonly configId: string;
  /** `${_ENV NAME}` */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `${_RANDOM}`: 0 up to but not including 1. */
  readonly random: () => number;
}

export interface Expansion {
  readonly line: SpannedText;
  /** Lines of a definition of several lines that follow `line`; they are read like lines of a file. */
  readonly following: readonly SpannedText[];
}

/** What is left of the length that definitions may give to one line. */
interface Room {
  charactersLeft: number;
  reported: boolean;
}

/** `$NAME=` at the beginning of a line, with what follows. */
const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*/;
const USE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)([ \t][^{}$]*)?\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))|\$\{[^{}]*\}/g;

/** A name that touches something other than a blank, a comma or a closing parenthesis. */
const UNUSED = /\$([A-Za-z_][A-Za-z0-9_]*)(?=[^A-Za-z0-9_ \t,)])/g;

/** A secret may well hold a dollar sign, and is not to be repeated in a message. */
const SECRET = /\b(auth_pass|key)\b/;

/** The name and the value of a line that is a definition. */
export function definitionOn(line: SpannedText): { name: string; value: SpannedText } | undefined {
  const match = DEFINITION.exec(line.text);
  return match === null ? undefined : { name: match[1]!, value: line.slice(match[0].length) };
}

export class Definitions {
  readonly #diagnostics: DiagnosticList;
  readonly #surroundings: Surroundings;
  readonly #known = new Map<string, Definition>();
  #usesLeft = MAX_USES;

  constructor(diagnostics: DiagnosticList, surroundings: Surroundings) {
    this.#diagnostics = diagnostics;
    this.#surroundings = surroundings;
  }

  /** A later definition of the same name replaces an earlier one. */
  define(name: string, definition: Definition): void {
    this.#known.set(name, definition);
  }

  /** Puts values in the place of names; `directory` is that of the file being read (`${_PWD}`). */
  expand(line: SpannedText, directory: string): Expansion {
    if (!line.text.includes('$')) return { line, following: [] };
    return this.#expand(line, directory, [], { charactersLeft: MAX_EXPANDED_CHARACTERS, reported: false });
  }

  #expand(line: SpannedText, directory: string, within: readonly string[], room: Room): Expansion {
    const pieces: SpannedText[] = [];
    let following: readonly SpannedText[] = [];
    let pieceStart = 0;
    for (const match of line.text.matchAll(USE)) {
      if (room.charactersLeft < 0) break;
      const start = match.index;
      const end = start + match[0].length;
      const value = this.#valueOf(match, line, directory, within, room, end === line.text.length);
      if (value === undefined) continue;
      pieces.push(line.slice(pieceStart, start), value.line);
      pieceStart = end;
      if (value.following.length > 0) following = value.following;
    }
    this.#warnOfUnusedNames(line);
    if (pieceStart === 0) return { line, following };
    return { line: SpannedText.join(line.slice(0, 0), ...pieces, line.slice(pieceStart)), following };
  }

  /** What one use stands for; undefined leaves the text as it is. */
  #valueOf(
    match: RegExpExecArray,
    line: SpannedText,
    directory: string,
    within: readonly string[],
    room: Room,
    endsLine: boolean,
  ): Expansion | undefined {
    const place = line.placeAt(match.index);
    const written = match[0];
    const name = match[1] ?? match[3];
    const definition = name === undefined ? undefined : this.#known.get(name);
    if (name === undefined || definition === undefined) {
      const predefined = name === undefined ? undefined : this.#predefined(name, match[2] ?? '', directory, place);
      if (predefined !== undefined) {
        return { line: SpannedText.replacement(predefined, place).asVerbatim(), following: [] };
      }
      return this.#undefinedUse(written, line, match.index);
    }
    if (within.includes(name) || within.length >= MAX_DEPTH) {
      this.#diagnostics.error(
        'recursive-definition',
        place,
        `$${name} is defined by way of itself`,
        'Define it by something else.',
      );
      return { line: SpannedText.replacement(written, place).asVerbatim(), following: [] };
    }
    const [first, ...rest] = definition.lines;
    room.charactersLeft -= first!.text.length;
    if (--this.#usesLeft < 0 || room.charactersLeft < 0) {
      this.#reportTooLong(name, place, room);
      return { line: SpannedText.replacement('', place), following: [] };
    }
    if (rest.length > 0 && !endsLine) {
      this.#diagnostics.error(
        'definition-not-at-end',
        place,
        `$${name} has several lines, so nothing can follow it on this line`,
        'Put what follows on a line of its own.',
      );
    }
    const several = rest.length > 0;
    const value = this.#expand(several ? first! : first!.placedAt(place), directory, [...within, name], room);
    return { line: value.line, following: endsLine ? [...value.following, ...rest] : [] };
  }

  /** `$NAME/24` is ordinary text in keepalived, which is hardly what is meant if there is such a definition. */
  #warnOfUnusedNames(line: SpannedText): void {
    if (SECRET.test(line.text)) return;
    for (const match of line.text.matchAll(UNUSED)) {
      const name = match[1]!;
      if (!this.#known.has(name)) continue;
      this.#diagnostics.warning(
        'definition-not-used',
        line.placeAt(match.index),
        `$${name} touches what follows it, so it is ordinary text`,
        `Write \${${name}} to use the definition.`,
      );
    }
  }

  #reportTooLong(name: string, place: SourcePlace, room: Room): void {
    if (room.reported) return;
    room.reported = true;
    this.#diagnostics.error(
      'definition-too-long',
      place,
      `$${name} makes more text of this line than is read`,
      'Use fewer or shorter definitions.',
    );
  }

  #undefinedUse(written: string, line: SpannedText, start: number): Expansion | undefined {
    const place = line.placeAt(start);
    const bare = !written.includes('{');
    const startsWord = start === 0 || /[ \t,(]/.test(line.text[start - 1]!);
    if (insideQuotes(line.text, start) || (bare && (!startsWord || SECRET.test(line.text)))) return undefined;
    const report = bare ? 'warning' : 'error';
    this.#diagnostics[report](
      'undefined-definition',
      place,
      `${written} is not defined${bare ? '; it is taken for ordinary text' : ''}`,
      bare
        ? 'Define it on a line above, or put quotes around it if it is meant as text.'
        : 'Define it on a line above.',
    );
    return bare ? undefined : { line: line.slice(start, start + written.length).asVerbatim(), following: [] };
  }

  #predefined(name: string, argument: string, directory: string, place: SourcePlace): string | undefined {
    switch (name) {
      case '_PWD':
        return directory;
      case '_INSTANCE':
        return this.#surroundings.configId;
      case '_HASH':
        return '#';
      case '_BANG':
        return '!';
      case '_ENV':
        return this.#environmentVariable(argument.trim(), place);
      case '_RANDOM':
        return this.#randomNumber(argument.trim(), place);
      default:
        return undefined;
    }
  }

  #environmentVariable(name: string, place: SourcePlace): string {
    const value = Object.hasOwn(this.#surroundings.environment, name)
      ? this.#surroundings.environment[name]
      : undefined;
    if (value === undefined) {
      this.#diagnostics.warning(
        'environment-not-set',
        place,
        name === '' ? '_ENV needs the name of a variable' : `the environment variable ${name} is not set`,
        'Set it for the daemon, or write the value here.',
      );
    }
    return (value ?? '').replace(/[\r\n\0]+/g, ' ').slice(0, 1024);
  }

  #randomNumber(argument: string, place: SourcePlace): string {
    const bounds = argument === '' ? [] : argument.split(/[ \t]+/).map(Number);
    const [minimum, maximum] = [bounds[0] ?? 0, bounds[1] ?? 32767];
    if (bounds.length > 2 || !bounds.every(Number.isSafeInteger) || minimum < 0 || maximum < minimum) {
      this.#diagnostics.error(
        'bad-random',
        place,
        '_RANDOM takes a smallest and a largest whole number',
        'Write for example _RANDOM 1 10 between the braces.',
      );
      return '0';
    }
    return String(minimum + Math.floor(this.#surroundings.random() * (maximum - minimum + 1)));
  }
}

function insideQuotes(text: string, end: number): boolean {
  let quoted = false;
  for (let index = text.indexOf('"'); index >= 0 && index < end; index = text.indexOf('"', index + 1)) quoted = !quoted;
  return quoted;
}
