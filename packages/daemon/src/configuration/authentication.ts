/**
 * The `authentication` block of an instance: version 2 only (RFC 2338 section 5.3.6).
 */
import type { Authentication } from '@locum/protocol';
import type { DiagnosticList } from './diagnostic.ts';
import type { InstanceBlock } from './instance-block.ts';

const KEY_BYTES = 8;

export function authenticationOf(block: InstanceBlock, version: 2 | 3, diagnostics: DiagnosticList): Authentication {
  const given = block.authentication;
  if (given === undefined) return { type: 'none' };
  if (version === 3) {
    diagnostics.warning(
      'authentication-version',
      block.authenticationPlace,
      'version 3 has no authentication; the block has no effect',
      'Remove it, or write version 2 here and on the other machines.',
    );
    return { type: 'none' };
  }
  const type = given.get('auth_type');
  const password = given.get('auth_pass');
  if (type === undefined || password === undefined) {
    const missing = type === undefined ? 'auth_type' : 'auth_pass';
    if (given.wasRefused(missing)) return { type: 'none' };
    diagnostics.warning(
      'authentication-incomplete',
      block.authenticationPlace,
      `authentication without ${missing} has no effect`,
      missing === 'auth_type'
        ? 'Write auth_type PASS, or AH.'
        : 'Write auth_pass and a password of at most 8 characters.',
    );
    return { type: 'none' };
  }
  const key = keyOf(password.text);
  if (key === undefined) {
    diagnostics.error(
      'password-not-ascii',
      password.place,
      'auth_pass holds characters that are not ASCII, so its octets depend on the encoding of the file',
      'Use letters, digits and signs of ASCII, on all machines.',
    );
    return { type: 'none' };
  }
  if (password.text.length > KEY_BYTES) {
    diagnostics.warning(
      'password-too-long',
      password.place,
      `auth_pass has ${password.text.length} characters; the first ${KEY_BYTES} are used`,
      `Write at most ${KEY_BYTES} characters.`,
    );
  }
  const isAh = type.text === 'AH';
  diagnostics.notice(
    'authentication-weak',
    type.place,
    isAh ? 'AH signs adverts with a keyed MD5, which is legacy' : 'PASS travels in clear text in every advert',
    'It keeps mistakes out and not attackers; filter VRRP at the edge of the LAN.',
  );
  return { type: isAh ? 'ah' : 'pass', key };
}

/** The first 8 characters, padded with zeroes; undefined if any is not ASCII. */
function keyOf(password: string): Uint8Array | undefined {
  const key = new Uint8Array(KEY_BYTES);
  for (let index = 0; index < password.length; index++) {
    const code = password.charCodeAt(index);
    if (code > 0x7e) return undefined;
    if (index < KEY_BYTES) key[index] = code;
  }
  return key;
}
