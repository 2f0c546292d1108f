/**
 * Removes comments from one line as it stands in the file, before anything else looks at it.
 *
 * `#` and `!` begin a comment anywhere outside double quotes, even inside a word; a backslash before one of them
 * makes it an ordinary character.
 */
import { SpannedText } from './spanned-text.ts';

/** The line without its comment and without the backslashes of `\#` and `\!`. */
export function withoutComment(line: SpannedText): SpannedText {
  const text = line.text;
  if (!/[#!]/.test(text)) return line;
  const pieces: SpannedText[] = [];
  let pieceStart = 0;
  let quoted = false;
  let index = 0;
  for (; index < text.length; index++) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    const next = text[index + 1];
    if (character === '\\' && (next === '#' || next === '!')) {
      pieces.push(line.slice(pieceStart, index));
      pieceStart = ++index;
    } else if (character === '#' || character === '!') {
      break;
    }
  }
  return SpannedText.join(line.slice(0, 0), ...pieces, line.slice(pieceStart, index));
}
