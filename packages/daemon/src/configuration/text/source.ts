/**
 * The files as they are on disk: read once each, split into lines, kept so that diagnostics can show them.
 */
import type { SourcePlace } from '../diagnostic.ts';
import type { FileAccess, FileContent } from '../file-access.ts';

export class SourceCollection {
  readonly #files: FileAccess;
  readonly #lines = new Map<string, readonly string[]>();

  constructor(files: FileAccess) {
    this.#files = files;
  }

  /** Every file that has been read, in the order of first use. */
  get paths(): string[] {
    return [...this.#lines.keys()];
  }

  /** The lines of a file without their ends, or why there are none. */
  open(path: string): { readonly lines: readonly string[] } | { readonly refusal: FileContent & { reason: string } } {
    const known = this.#lines.get(path);
    if (known !== undefined) return { lines: known };
    const content = this.#files.read(path);
    if (content.kind !== 'text') return { refusal: content };
    const lines = content.text.replace(/^\ufeff/, '').split('\n');
    if (lines.at(-1) === '') lines.pop();
    const bare = lines.map((line) => line.replace(/\r+$/, ''));
    this.#lines.set(path, bare);
    return { lines: bare };
  }

  /** The whole line that a place is on. */
  lineOf(place: SourcePlace): string | undefined {
    return this.#lines.get(place.file)?.[place.line - 1];
  }
}
