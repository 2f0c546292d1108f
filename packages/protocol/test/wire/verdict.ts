/** Short hand for tests of the receive ladder: recipes of sound packets, and the verdict on one as a line of words. */
import { Discard, discardCode, Link, PortProfile, Reception, receive, warningCodes } from '../../src/index.ts';
import { buildPacket, type Recipe, recipe } from './naive-packet.ts';
import { type Context, portOf } from './vectors.ts';

/** Filled by {@link verdictOf}. */
export const out = new Reception();
export const KEY = Uint8Array.from(Buffer.from('s3cret\0\0'));
export const AH: Context = { auth: { type: 2, key: 's3cret' } };
export const PASS: Context = { auth: { type: 1, key: 's3cret' } };

/** `ACCEPTED` with the words of the warnings, or the word of the discard. */
export function verdictOf(from: Recipe, receiver: Context | PortProfile = {}): string {
  const packet = buildPacket(from);
  const port = receiver instanceof PortProfile ? receiver : portOf(receiver);
  const verdict = receive(packet, 0, packet.length, Link.Ip, port, out);
  return [discardCode(verdict), ...(verdict === Discard.None ? warningCodes(out.warnings) : [])].join(' ');
}

export const v2 = (changes: Partial<Recipe> = {}): Recipe => recipe(4, 2, changes);
export const v3 = (changes: Partial<Recipe> = {}): Recipe => recipe(4, 3, changes);
export const v6 = (changes: Partial<Recipe> = {}): Recipe => recipe(6, 3, changes);
export const ah = (changes: Partial<Recipe> = {}): Recipe =>
  v2({ authType: 2, ah: { key: KEY, sequence: 1, coversTtl: true }, ...changes });
