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

/** The legal word nearest to a misspelled one, if any is near enough to be meant. */
export function nearestKeyword(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const limit = Math.max(1, Math.min(3, Math.floor(word.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforePrevious[j - 2]! + 1);
      }
      current.push(distance);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length]!;
}
