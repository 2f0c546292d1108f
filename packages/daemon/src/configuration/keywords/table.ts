/**
 * All keyword tables together: finding a row, and finding what a misspelled word may have meant.
 */
import { globalLoadBalancerKeywords } from './global-load-balancer.ts';
import { globalProcessKeywords } from './global-process.ts';
import { globalVrrpKeywords } from './global-vrrp.ts';
import { groupKeywords } from './group.ts';
import { instanceKeywords } from './instance.ts';
import { optionKeywords } from './option.ts';
import { loadBalancerBlocks, rootKeywords } from './root.ts';
import type { BlockName, KeywordRow } from './row.ts';
import { trackerKeywords } from './tracker.ts';
import { transportKeywords } from './transport.ts';

/** Every keyword of every block, in the order of the reference. */
export const allKeywords: readonly KeywordRow[] = [
  ...rootKeywords,
  ...globalProcessKeywords,
  ...globalVrrpKeywords,
  ...globalLoadBalancerKeywords,
  ...instanceKeywords,
  ...groupKeywords,
  ...trackerKeywords,
  ...optionKeywords,
  ...transportKeywords,
];

const byBlock = new Map<BlockName, Map<string, KeywordRow>>();
for (const row of allKeywords) {
  const rowsOfBlock = byBlock.get(row.block) ?? new Map<string, KeywordRow>();
  rowsOfBlock.set(row.name, row);
  byBlock.set(row.block, rowsOfBlock);
}

const commands = new Set(allKeywords.filter((row) => row.value.kind === 'command').map((row) => row.name));

export function findKeyword(block: BlockName, name: string): KeywordRow | undefined {
  return byBlock.get(block)?.get(name);
}

/** Names legal in a block, in the order of the tables. */
export function keywordsOf(block: BlockName): readonly string[] {
  return [...(byBlock.get(block)?.keys() ?? [])];
}

/** Whether a command line follows the keyword, in whatever block it stands. */
export function isCommandKeyword(name: string): boolean {
  return commands.has(name);
}

export function isLoadBalancerBlock(name: string): boolean {
  return loadBalancerBlocks.includes(name);
}

/** Blocks of keywords other than `block` in which a word is legal. */
export function otherBlocksWith(name: string, block: BlockName): BlockName[] {
  return [...byBlock.keys()].filter(
    (other) => other !== block && !other.endsWith('-option') && byBlock.get(other)!.has(name),
  );
}
