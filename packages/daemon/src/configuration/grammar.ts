/**
 * What the keyword tables tell the tree builder.
 */
import type { BlockName } from './keywords/row.ts';
import { findKeyword, isCommandKeyword, otherBlocksWith } from './keywords/table.ts';
import type { Grammar } from './text/tree.ts';

/** Name of a block that has entries instead of keywords. */
const ENTRIES = 'entries';

function isKeywordBlock(block: string | undefined): block is BlockName {
  return block !== undefined && block !== ENTRIES;
}

export const configurationGrammar: Grammar = {
  root: 'root',
  blockOpenedBy(block, keyword) {
    const value = isKeywordBlock(block) ? findKeyword(block, keyword)?.value : undefined;
    if (value?.kind === 'block') return value.block;
    return value?.kind === 'list' || value?.kind === 'words' ? ENTRIES : undefined;
  },
  isKeyword(block, word) {
    return isKeywordBlock(block) && findKeyword(block, word) !== undefined;
  },
  isOutermost(word) {
    const value = findKeyword('root', word)?.value;
    return value?.kind === 'block' && otherBlocksWith(word, 'root').length === 0;
  },
  isCommand: isCommandKeyword,
};
