/**
 * The transports that come with Locum, by name. Apart from their keywords, because the engine process needs no
 * more, and the command line is read before those are loaded.
 */
import { nearestKeyword } from './nearest-keyword.ts';
import type { TransportSettings } from './settings.ts';

export const BUILT_IN_TRANSPORTS: readonly string[] = ['raw', 'pcap', 'tap'];

/** Where nothing names another. */
export const STANDARD_TRANSPORT: TransportSettings = { name: 'raw', options: {}, directory: '/', place: undefined };

export function isBuiltIn(name: string): boolean {
  return BUILT_IN_TRANSPORTS.includes(name);
}

/** The built-in transport that a word was probably meant to be; undefined for one that may well be a package. */
export function meantTransport(word: string): string | undefined {
  return isBuiltIn(word) ? undefined : nearestKeyword(word, BUILT_IN_TRANSPORTS);
}
