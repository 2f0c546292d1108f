/**
 * A piece of text that remembers, for each character, where the operator wrote it.
 *
 * Lines are cut up, joined and have definitions put into them before they are understood; places survive all that.
 * Text that replaces a definition's name has the place of the name.
 */
import type { SourcePlace } from '../diagnostic.ts';

interface Run {
  /** Index in the text where the run begins. */
  readonly start: number;
  readonly place: SourcePlace;
  /** Every character of the run has the same place, because it was put there for another text. */
  readonly replaced: boolean;
  /** Braces in the run are ordinary characters. */
  readonly verbatim: boolean;
}

export class SpannedText {
  readonly text: string;
  readonly #runs: readonly Run[];

  private constructor(text: string, runs: readonly Run[]) {
    this.text = text;
    this.#runs = runs;
  }

  /** Text as it stands in a file from `place` on, within one line. */
  static written(text: string, place: SourcePlace): SpannedText {
    return new SpannedText(text, [{ start: 0, place, replaced: false, verbatim: false }]);
  }

  /** Text that stands for something else that was written at `place`. */
  static replacement(text: string, place: SourcePlace): SpannedText {
    return new SpannedText(text, [{ start: 0, place, replaced: true, verbatim: false }]);
  }

  /** Joins pieces; `first` gives the place when they are all empty. */
  static join(first: SpannedText, ...others: readonly SpannedText[]): SpannedText {
    const pieces = [first, ...others].filter((piece) => piece.text.length > 0);
    if (pieces.length === 0) return first;
    if (pieces.length === 1) return pieces[0]!;
    const runs: Run[] = [];
    let length = 0;
    for (const piece of pieces) {
      for (const run of piece.#runs) runs.push({ ...run, start: run.start + length });
      length += piece.text.length;
    }
    return new SpannedText(pieces.map((piece) => piece.text).join(''), runs);
  }

  placeAt(index: number): SourcePlace {
    const run = this.#runAt(index);
    if (run.replaced) return run.place;
    return { ...run.place, column: run.place.column + index - run.start };
  }

  isVerbatimAt(index: number): boolean {
    return this.#runAt(index).verbatim;
  }

  slice(start: number, end: number = this.text.length): SpannedText {
    if (start <= 0 && end >= this.text.length) return this;
    const runs: Run[] = [{ ...this.#runAt(start), start: 0, place: this.placeAt(start) }];
    for (const run of this.#runs) {
      if (run.start > start && run.start < end) runs.push({ ...run, start: run.start - start });
    }
    return new SpannedText(this.text.slice(start, end), runs);
  }

  /** The same text at the same places, with its braces taken for ordinary characters. */
  asVerbatim(): SpannedText {
    return new SpannedText(
      this.text,
      this.#runs.map((run) => ({ ...run, verbatim: true })),
    );
  }

  /** The same text, all of it at the place of `other`'s beginning. */
  placedAt(place: SourcePlace): SpannedText {
    return SpannedText.replacement(this.text, place);
  }

  trim(): SpannedText {
    const start = this.text.length - this.text.trimStart().length;
    return this.slice(start, Math.max(start, this.text.trimEnd().length));
  }

  #runAt(index: number): Run {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#runs[middle]!.start <= index) low = middle;
      else high = middle - 1;
    }
    return this.#runs[low]!;
  }
}
