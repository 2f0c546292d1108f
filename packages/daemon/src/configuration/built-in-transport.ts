/**
 * The transports that come with Locum, by name. Apart from their keywords, because the engine process needs no more.
 */
import type { TransportSettings } from './settings.ts';

export const BUILT_IN_TRANSPORTS: readonly string[] = ['raw', 'pcap', 'tap'];

/** Where nothing names another. */
export const STANDARD_TRANSPORT: TransportSettings = { name: 'raw', options: {}, directory: '/', place: undefined };

export function isBuiltIn(name: string): boolean {
  return BUILT_IN_TRANSPORTS.includes(name);
}
