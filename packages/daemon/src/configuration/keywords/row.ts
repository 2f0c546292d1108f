/**
 * What is known of one keyword: a row of the keyword tables.
 *
 * The tables drive the reader, its suggestions, the checks of arguments and the reference page. They hold keywords of
 * keepalived that are not supported as well, so that these can be told from misspelled ones.
 */

/** Blocks that have keywords of their own, and `…-option` tables for the words after an entry of a list. */
export type BlockName =
  | 'root'
  | 'global_defs'
  | 'garp_group'
  | 'vrrp_sync_group'
  | 'vrrp_instance'
  | 'authentication'
  | 'auth_hmac'
  | 'vrrp_script'
  | 'vrrp_track_process'
  | 'track_file'
  | 'vrrp_track_file'
  | 'bfd_instance'
  | 'track_group'
  | 'address-option'
  | 'peer-option'
  | 'route-option'
  | 'rule-option'
  | 'tracker-option'
  | 'raw-option'
  | 'pcap-option'
  | 'tap-option';

/** What happens to a number outside its range: refused, moved to the nearest bound, or replaced by this number. */
export type OutOfRange = 'error' | 'clamp' | number;

export type ValueSpec =
  | { readonly kind: 'flag' }
  /** `on`, `off`, `true`, `false`, `yes`, `no`; nothing means true. */
  | { readonly kind: 'boolean' }
  | {
      readonly kind: 'integer' | 'decimal';
      readonly minimum: number;
      readonly maximum: number;
      /** Written after the number in the reference: `s`, `ms`, `us`. */
      readonly unit: string;
      readonly outside: OutOfRange;
    }
  /** Several whole numbers of one range on the line. */
  | { readonly kind: 'integers'; readonly minimum: number; readonly maximum: number; readonly syntax: string }
  /** One word; `name` is what the reference calls it. */
  | { readonly kind: 'word'; readonly name: string }
  /** One of some words; `fallback` is used for any other, which is an error if there is none. */
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly fallback: string | undefined }
  | { readonly kind: 'address' }
  /** A block of keywords. `title` names the word before the brace. */
  | { readonly kind: 'block'; readonly block: BlockName; readonly title: string | undefined }
  /** A block with one entry on each line; `entry` is what the reference calls it. */
  | { readonly kind: 'list'; readonly entry: string }
  /** A block of words. */
  | { readonly kind: 'words'; readonly entry: string }
  /** The name of a transport, and perhaps a block of its options. */
  | { readonly kind: 'transport' }
  /** A command line, which has rules of its own for quotes. */
  | { readonly kind: 'command'; readonly syntax: string }
  /** Arguments that are not looked at. */
  | { readonly kind: 'free'; readonly syntax: string };

/**
 * `supported`; `not-supported`: known, has no effect, gives a warning; `ignored`: the same for keywords that concern
 * keepalived's other half, the IPVS load balancer.
 */
export type KeywordStatus = 'supported' | 'not-supported' | 'ignored';

export interface KeywordBody {
  readonly name: string;
  readonly value: ValueSpec;
  /** One line, without a full stop. */
  readonly help: string;
  /** As written in a configuration; undefined if there is none. */
  readonly default: string | undefined;
}

export interface KeywordRow extends KeywordBody {
  readonly block: BlockName;
  readonly status: KeywordStatus;
}

export const flag: ValueSpec = { kind: 'flag' };
export const boolean: ValueSpec = { kind: 'boolean' };
export const address: ValueSpec = { kind: 'address' };
export const transport: ValueSpec = { kind: 'transport' };

/** A whole number. */
export function integer(minimum: number, maximum: number, outside: OutOfRange = 'error', unit = ''): ValueSpec {
  return { kind: 'integer', minimum, maximum, unit, outside };
}

/** One or more whole numbers. */
export function integers(minimum: number, maximum: number, syntax: string): ValueSpec {
  return { kind: 'integers', minimum, maximum, syntax };
}

/** A decimal number of seconds, up to microseconds. */
export function seconds(minimum: number, maximum: number, outside: OutOfRange = 'error'): ValueSpec {
  return { kind: 'decimal', minimum, maximum, unit: 's', outside };
}

export function word(name: string): ValueSpec {
  return { kind: 'word', name };
}

export function choice(...choices: readonly string[]): ValueSpec {
  return { kind: 'choice', choices, fallback: undefined };
}

/** One of some words, the first being used for any that is unknown. */
export function choiceOr(fallback: string, ...others: readonly string[]): ValueSpec {
  return { kind: 'choice', choices: [fallback, ...others], fallback };
}

export function block(name: BlockName, title?: string): ValueSpec {
  return { kind: 'block', block: name, title };
}

export function list(entry: string): ValueSpec {
  return { kind: 'list', entry };
}

export function words(entry: string): ValueSpec {
  return { kind: 'words', entry };
}

export function command(syntax = 'COMMAND [USER [GROUP]]'): ValueSpec {
  return { kind: 'command', syntax };
}

export function free(syntax: string): ValueSpec {
  return { kind: 'free', syntax };
}

export function keyword(name: string, value: ValueSpec, help: string, preset?: string): KeywordBody {
  return { name, value, help, default: preset };
}

/** Completes rows with what they have in common. */
export function rows(inBlock: BlockName, status: KeywordStatus, bodies: readonly KeywordBody[]): KeywordRow[] {
  return bodies.map((body) => ({ ...body, block: inBlock, status }));
}
