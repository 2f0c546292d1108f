/**
 * Where the operator's command writes: a seam, so that tests can read along.
 */

/** Text without its final newline. */
export interface Output {
  print(text: string): void;
  /** For what is not a result: failures and remarks. */
  complain(text: string): void;
  readonly palette: Palette;
}

/** Puts colours around text, or leaves it as it is. */
export interface Palette {
  good(text: string): string;
  doubtful(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const plainText = (text: string): string => text;
export const PLAIN: Palette = {
  good: plainText,
  doubtful: plainText,
  bad: plainText,
  faint: plainText,
  strong: plainText,
};

const coloured =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;
export const COLOURED: Palette = {
  good: coloured(32),
  doubtful: coloured(33),
  bad: coloured(31),
  faint: coloured(2),
  strong: coloured(1),
};

/** The streams of this process. Colours only on a terminal, and never where NO_COLOR is set (no-color.org). */
export function processOutput(): Output {
  // Whoever reads may go away early, as `head` does. That is no failure, but there is nothing left to do.
  process.stdout.on('error', () => process.exit(0));
  const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    print(text) {
      process.stdout.write(`${text}\n`);
      if (process.stdout.destroyed) process.exit(0);
    },
    complain: (text) => void process.stderr.write(`${text}\n`),
    palette: isColoured ? COLOURED : PLAIN,
  };
}

/** "1 warning", "2 warnings". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
