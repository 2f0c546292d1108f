/**
 * One line of `unicast_peer`: an address and the TTLs accepted from it.
 */
import type { Family, UnicastPeer } from '@locum/protocol';
import { familyOf, isAssignable, parseAddress } from './address.ts';
import { readAddress, shown } from './argument.ts';
import type { DiagnosticList, SourcePlace } from './diagnostic.ts';
import { keywordsOf } from './keywords/table.ts';
import { nearestKeyword } from './nearest-keyword.ts';
import type { Statement } from './text/tree.ts';

export interface PeerLine {
  readonly place: SourcePlace;
  readonly family: Family;
  readonly peer: UnicastPeer;
}

/** Undefined if the line was reported as unusable. */
export function readPeerLine(statement: Statement, diagnostics: DiagnosticList): PeerLine | undefined {
  const [first, ...options] = statement.words;
  const { place } = first!;
  if (statement.block !== undefined) {
    diagnostics.error('unexpected-block', place, 'a peer has no block', 'Remove the braces.');
    return undefined;
  }
  const address = readAddress(first!, diagnostics);
  if (address === undefined) return undefined;
  if (!isAssignable(address)) {
    diagnostics.error('bad-address', place, `no peer can have the address ${first!.text}`, 'Write a unicast address.');
    return undefined;
  }
  const limits = readLimits(options, diagnostics);
  if (limits === undefined) return undefined;
  if (limits.minTtl > limits.maxTtl) {
    diagnostics.error('bad-ttl', place, 'min_ttl is greater than max_ttl', 'Swap them.');
    return undefined;
  }
  return { place, family: familyOf(address), peer: { address, ...limits } };
}

function readLimits(
  options: Statement['words'],
  diagnostics: DiagnosticList,
): { minTtl: number; maxTtl: number } | undefined {
  const limits = { minTtl: 0, maxTtl: 255 };
  for (let index = 0; index < options.length; index += 2) {
    const option = options[index]!;
    const value = options[index + 1];
    if (parseAddress(option.text) !== undefined) {
      diagnostics.error(
        'second-statement',
        option.place,
        `${shown(option)} follows another peer on one line`,
        'Write each peer on a line of its own.',
      );
      return undefined;
    }
    if (option.text !== 'min_ttl' && option.text !== 'max_ttl') {
      const near = nearestKeyword(option.text, keywordsOf('peer-option'));
      diagnostics.error(
        'unknown-option',
        option.place,
        `'${shown(option)}' is not an option of a peer`,
        near === undefined ? 'Remove it.' : `Did you mean ${near}?`,
      );
      return undefined;
    }
    if (value === undefined) {
      diagnostics.error('missing-argument', option.place, `${option.text} needs a number`, `Write ${option.text} 255.`);
      return undefined;
    }
    if (!/^\d{1,3}$/.test(value.text) || Number(value.text) > 255) {
      diagnostics.error(
        'bad-ttl',
        value.place,
        `${option.text} is 0..255, not '${shown(value)}'`,
        'Write for example 255.',
      );
      return undefined;
    }
    limits[option.text === 'min_ttl' ? 'minTtl' : 'maxTtl'] = Number(value.text);
  }
  return limits;
}
