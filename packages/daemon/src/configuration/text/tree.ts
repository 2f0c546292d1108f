/**
 * From lines to a tree of statements: words, and a block of further statements in braces.
 *
 * Knows of keywords only what it needs to mend missing braces, so that one lost brace is one diagnostic.
 */
import { type DiagnosticList, formatPlace, type SourcePlace } from '../diagnostic.ts';
import type { SpannedText } from './spanned-text.ts';
import { type Token, tokensOf } from './token.ts';

export interface Statement {
  /** At least one. */
  readonly words: readonly Token[];
  /** Undefined if no `{` follows the words. */
  readonly block: readonly Statement[] | undefined;
}

/** What the tree builder asks about keywords. A block is named by a string; undefined is one that is not looked into. */
export interface Grammar {
  readonly root: string;
  /** The name of the block that a keyword opens, or undefined. */
  blockOpenedBy(block: string | undefined, keyword: string): string | undefined;
  isKeyword(block: string | undefined, word: string): boolean;
  /** Keywords that open a block at the outermost level and mean nothing else anywhere. */
  isOutermost(word: string): boolean;
  isCommand(keyword: string): boolean;
}

interface StatementDraft {
  readonly words: Token[];
  block: StatementDraft[] | undefined;
}

interface OpenBlock {
  readonly name: string | undefined;
  readonly body: StatementDraft[];
  readonly keyword: string;
  readonly openedAt: SourcePlace;
}

/** The statements of the outermost level. */
export function buildTree(lines: readonly SpannedText[], grammar: Grammar, diagnostics: DiagnosticList): Statement[] {
  const builder = new TreeBuilder(grammar, diagnostics);
  for (const line of lines) builder.addLine(tokensOf(line, diagnostics, grammar.isCommand));
  return builder.finish();
}

class TreeBuilder {
  readonly #grammar: Grammar;
  readonly #diagnostics: DiagnosticList;
  readonly #root: StatementDraft[] = [];
  readonly #open: OpenBlock[] = [];
  /** The statement that a `{` would belong to. */
  #last: StatementDraft | undefined;

  constructor(grammar: Grammar, diagnostics: DiagnosticList) {
    this.#grammar = grammar;
    this.#diagnostics = diagnostics;
  }

  addLine(tokens: readonly Token[]): void {
    let collecting = false;
    for (const token of tokens) {
      if (token.kind === 'word') {
        if (collecting) this.#last!.words.push(token);
        else this.#begin(token);
        collecting = true;
        continue;
      }
      collecting = false;
      if (token.kind === 'open') this.#openBlock(token);
      else this.#closeBlock(token);
    }
  }

  finish(): Statement[] {
    for (const block of this.#open.reverse()) this.#reportUnclosed(block, block.openedAt);
    return this.#root;
  }

  #begin(token: Token): void {
    this.#mendMissingOpen(token);
    if (this.#open.length > 0 && !token.quoted && this.#grammar.isOutermost(token.text)) this.#mendMissingClose(token);
    this.#last = { words: [token], block: undefined };
    this.#body().push(this.#last);
  }

  /** A keyword that needs a block is followed by something that can only be inside that block. */
  #mendMissingOpen(token: Token): void {
    const last = this.#last;
    if (last === undefined || last.block !== undefined) return;
    const keyword = last.words[0]!;
    const opened = this.#grammar.blockOpenedBy(this.#blockName(), keyword.text);
    if (opened === undefined || this.#grammar.isKeyword(this.#blockName(), token.text)) return;
    if (this.#grammar.isOutermost(token.text)) return;
    this.#diagnostics.error(
      'missing-open-brace',
      keyword.place,
      `${keyword.text} is not followed by {`,
      `Write { at the end of this line: ${keyword.text}${last.words.length > 1 ? ' NAME' : ''} {`,
    );
    this.#push(last, keyword.place);
  }

  #mendMissingClose(token: Token): void {
    const innermost = this.#open.at(-1)!;
    this.#diagnostics.error(
      'missing-close-brace',
      token.place,
      `${token.text} stands inside ${innermost.keyword}, whose block (${formatPlace(innermost.openedAt)}) is still open`,
      this.#open.length === 1
        ? 'Write } before this line.'
        : `Write } before this line; ${this.#open.length} blocks are open here.`,
    );
    this.#open.length = 0;
  }

  #openBlock(token: Token): void {
    const last = this.#last;
    if (last !== undefined && last.block === undefined) {
      this.#push(last, token.place);
      return;
    }
    this.#diagnostics.error(
      'unexpected-open-brace',
      token.place,
      'no keyword stands before this {',
      'Remove it, or write the keyword.',
    );
    this.#open.push({ name: undefined, body: [], keyword: '{', openedAt: token.place });
    this.#last = undefined;
  }

  #push(statement: StatementDraft, openedAt: SourcePlace): void {
    const keyword = statement.words[0]!.text;
    const name = this.#grammar.blockOpenedBy(this.#blockName(), keyword);
    statement.block = [];
    this.#open.push({ name, body: statement.block, keyword, openedAt });
    this.#last = undefined;
  }

  #closeBlock(token: Token): void {
    this.#last = undefined;
    if (this.#open.pop() !== undefined) return;
    this.#diagnostics.error(
      'unexpected-close-brace',
      token.place,
      'no block is open here',
      'Remove this }, or look for a { too few above.',
    );
  }

  #reportUnclosed(block: OpenBlock, place: SourcePlace): void {
    this.#diagnostics.error(
      'unclosed-block',
      place,
      `the block of ${block.keyword} is not closed before the end of the configuration`,
      'Write } where the block ends.',
    );
  }

  #blockName(): string | undefined {
    const block = this.#open.at(-1);
    return block === undefined ? this.#grammar.root : block.name;
  }

  #body(): StatementDraft[] {
    return this.#open.at(-1)?.body ?? this.#root;
  }
}
