/**
 * Splits a line into words and braces.
 *
 * Blanks separate; `"` groups and does not join with its neighbours; a brace outside quotes is a token of its own.
 * After a keyword that takes a command line, single quotes group too, and braces are ordinary characters.
 */
import type { DiagnosticList, SourcePlace } from '../diagnostic.ts';
import type { SpannedText } from './spanned-text.ts';

export interface Token {
  readonly kind: 'word' | 'open' | 'close';
  readonly text: string;
  readonly place: SourcePlace;
  readonly quoted: boolean;
}

const BLANK = /[ \t\r\n\v\f]/;

/** The tokens of a line. `isCommand` tells whether a keyword is followed by a command line. */
export function tokensOf(
  line: SpannedText,
  diagnostics: DiagnosticList,
  isCommand: (keyword: string) => boolean,
): Token[] {
  const tokens: Token[] = [];
  const text = line.text;
  let index = 0;
  let depth = 0;
  while (index < text.length) {
    const character = text[index]!;
    const brace = braceAt(line, index);
    if (BLANK.test(character)) {
      index++;
    } else if (brace !== undefined) {
      depth += brace === 'open' ? 1 : -1;
      tokens.push({ kind: brace, text: character, place: line.placeAt(index), quoted: false });
      index++;
    } else if (character === '"') {
      const end = closingQuote(line, index, diagnostics);
      tokens.push({ kind: 'word', text: text.slice(index + 1, end), place: line.placeAt(index), quoted: true });
      index = end + 1;
    } else {
      const start = index;
      while (
        index < text.length &&
        !BLANK.test(text[index]!) &&
        text[index] !== '"' &&
        braceAt(line, index) === undefined
      )
        index++;
      const word: Token = { kind: 'word', text: text.slice(start, index), place: line.placeAt(start), quoted: false };
      const beginsStatement = tokens.at(-1)?.kind !== 'word';
      tokens.push(word);
      if (beginsStatement && isCommand(word.text)) {
        const closesBlock = depth > 0 && /\}\s*$/.test(text);
        const end = closesBlock ? text.lastIndexOf('}') : text.length;
        tokens.push(...commandWords(line.slice(0, end), index, diagnostics));
        index = end;
      }
    }
  }
  return tokens;
}

function braceAt(line: SpannedText, index: number): 'open' | 'close' | undefined {
  const character = line.text[index];
  if ((character !== '{' && character !== '}') || line.isVerbatimAt(index)) return undefined;
  return character === '{' ? 'open' : 'close';
}

/** Index of the quote that ends what the one at `start` begins, or the end of the line. */
function closingQuote(line: SpannedText, start: number, diagnostics: DiagnosticList): number {
  const quote = line.text[start]!;
  const end = line.text.indexOf(quote, start + 1);
  if (end >= 0) return end;
  diagnostics.error(
    'unterminated-quote',
    line.placeAt(start),
    'this quote is not closed on its line',
    `Write a second ${quote} where the text ends.`,
  );
  return line.text.length;
}

/** Words of a command line: both kinds of quotes group, and join with what touches them. */
function commandWords(line: SpannedText, start: number, diagnostics: DiagnosticList): Token[] {
  const words: Token[] = [];
  let index = start;
  while (index < line.text.length) {
    if (BLANK.test(line.text[index]!)) {
      index++;
      continue;
    }
    const wordStart = index;
    let word = '';
    let quoted = false;
    while (index < line.text.length && !BLANK.test(line.text[index]!)) {
      const character = line.text[index]!;
      if (character === '"' || character === "'") {
        const end = closingQuote(line, index, diagnostics);
        word += line.text.slice(index + 1, end);
        quoted = true;
        index = end + 1;
      } else {
        word += character;
        index++;
      }
    }
    words.push({ kind: 'word', text: word, place: line.placeAt(wordStart), quoted });
  }
  return words;
}
