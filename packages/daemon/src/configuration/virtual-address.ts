/**
 * One line of `virtual_ipaddress` or `virtual_ipaddress_excluded`: an address and its options.
 */
import type { Family } from '@locum/protocol';
import { broadcastOf, familyOf, formatAddress, isAssignable, isInterfaceName, parseAddress } from './address.ts';
import { readAddress, shown } from './argument.ts';
import type { DiagnosticList, SourcePlace } from './diagnostic.ts';
import { findKeyword, keywordsOf } from './keywords/table.ts';
import { nearestKeyword } from './nearest-keyword.ts';
import type { VirtualAddress } from './settings.ts';
import type { Token } from './text/token.ts';
import type { Statement } from './text/tree.ts';
import { ADDRESS_SCOPES } from './vocabulary.ts';

/** An address whose interface may still be the instance's, which can stand further down. */
export interface AddressLine {
  readonly place: SourcePlace;
  readonly family: Family;
  /** With the given interface where the line names none. */
  on(interfaceName: string): VirtualAddress;
}

type Draft = { -readonly [Key in keyof VirtualAddress]: VirtualAddress[Key] };

/** Longest label that Linux takes. */
const MAX_LABEL_CHARACTERS = 15;
const MAX_LIFETIME_S = 0xffff_fffe;

/** Undefined if the line was reported as unusable. */
export function readAddressLine(
  statement: Statement,
  advertised: boolean,
  diagnostics: DiagnosticList,
): AddressLine | undefined {
  const first = statement.words[0]!;
  if (statement.block !== undefined) {
    diagnostics.error('unexpected-block', first.place, 'an address has no block', 'Remove the braces.');
    return undefined;
  }
  const parsed = readPrefixed(first, diagnostics);
  if (parsed === undefined) return undefined;
  const { octets, prefixLength } = parsed;
  const family = familyOf(octets);
  const draft: Draft = {
    address: octets,
    family,
    prefixLength,
    interfaceName: '',
    scope: 0,
    broadcast: undefined,
    label: undefined,
    peer: undefined,
    home: false,
    managedTemporary: false,
    noPrefixRoute: false,
    autojoin: false,
    duplicateAddressDetection: false,
    preferredLifetimeS: family === 6 && prefixLength === 128 ? 0 : undefined,
    advertised,
    track: true,
    text: `${formatAddress(octets)}/${prefixLength}`,
  };
  if (!readOptions(statement.words, draft, diagnostics)) return undefined;
  return {
    place: first.place,
    family,
    on: (interfaceName) => ({ ...draft, interfaceName: draft.interfaceName || interfaceName }),
  };
}

function readPrefixed(
  token: Token,
  diagnostics: DiagnosticList,
): { octets: Uint8Array; prefixLength: number } | undefined {
  const [addressText, prefixText, ...more] = token.text.split('/');
  const octets = readAddress(token, diagnostics, more.length > 0 ? token.text : addressText);
  if (octets === undefined) return undefined;
  const longest = octets.length * 8;
  const prefixLength = prefixText === undefined ? longest : Number(prefixText);
  if (prefixText !== undefined && (!/^\d{1,3}$/.test(prefixText) || prefixLength > longest)) {
    diagnostics.error(
      'bad-prefix',
      token.place,
      `the prefix length of ${addressText} is 0..${longest}, not '${prefixText.slice(0, 32)}'`,
      `Write for example ${addressText}/${longest === 32 ? 24 : 64}.`,
    );
    return undefined;
  }
  if (!isAssignable(octets)) {
    diagnostics.error(
      'bad-address',
      token.place,
      `no interface can have the address ${addressText}`,
      'Write a unicast address.',
    );
    return undefined;
  }
  return { octets, prefixLength };
}

function readOptions(words: readonly Token[], draft: Draft, diagnostics: DiagnosticList): boolean {
  let isGood = true;
  for (let index = 1; index < words.length; index++) {
    const option = words[index]!;
    const row = findKeyword('address-option', option.text);
    if (row === undefined) {
      reportUnknownOption(option, diagnostics);
      return false;
    }
    const takesValue = row.value.kind !== 'flag';
    const value = takesValue ? words[++index] : undefined;
    if (takesValue && value === undefined) {
      diagnostics.error(
        'missing-argument',
        option.place,
        `${row.name} needs a value`,
        `Write ${row.name} and ${row.help}.`,
      );
      return false;
    }
    if (row.status === 'supported') isGood = apply(row.name, option, value ?? option, draft, diagnostics) && isGood;
    else
      diagnostics.warning(
        'not-supported',
        option.place,
        `${row.name} is not supported yet and has no effect`,
        'Remove it if you do not need it.',
      );
  }
  return isGood;
}

function reportUnknownOption(option: Token, diagnostics: DiagnosticList): void {
  if (parseAddress(option.text.split('/')[0]!) !== undefined) {
    diagnostics.error(
      'second-statement',
      option.place,
      `${shown(option)} follows another address on one line`,
      'Write each address on a line of its own.',
    );
    return;
  }
  const near = nearestKeyword(option.text, keywordsOf('address-option'));
  diagnostics.error(
    'unknown-option',
    option.place,
    `'${shown(option)}' is not an option of an address`,
    near === undefined ? 'Remove it.' : `Did you mean ${near}?`,
  );
}

/** False if the value was reported as unusable. */
function apply(name: string, option: Token, value: Token, draft: Draft, diagnostics: DiagnosticList): boolean {
  if (draft.family === 6 && ['scope', 'brd', 'broadcast', 'label'].includes(name)) {
    diagnostics.warning('ipv4-only', option.place, `${name} has no effect on an IPv6 address`, 'Remove it.');
    return true;
  }
  if (draft.family === 4 && ['-nodad', 'preferred_lft', 'home', 'mngtmpaddr'].includes(name)) {
    diagnostics.warning('ipv6-only', option.place, `${name} has no effect on an IPv4 address`, 'Remove it.');
    return true;
  }
  switch (name) {
    case 'dev':
      draft.interfaceName = value.text;
      return isInterfaceName(value.text) || refuse('bad-interface', value, 'an interface', 'eth0', diagnostics);
    case 'label':
      draft.label = value.text;
      return (
        value.text.length <= MAX_LABEL_CHARACTERS ||
        refuse('bad-label', value, `a label of at most ${MAX_LABEL_CHARACTERS} characters`, 'eth0:1', diagnostics)
      );
    case 'scope':
      return applyScope(value, draft, diagnostics);
    case 'brd':
    case 'broadcast':
      return applyBroadcast(value, draft, diagnostics);
    case 'peer':
      return applyPeer(value, draft, diagnostics);
    case 'preferred_lft':
      return applyLifetime(value, draft, diagnostics);
    case 'home':
      draft.home = true;
      return true;
    case 'mngtmpaddr':
      draft.managedTemporary = true;
      return true;
    case 'noprefixroute':
      draft.noPrefixRoute = true;
      return true;
    case 'autojoin':
      draft.autojoin = true;
      return true;
    case '-nodad':
      draft.duplicateAddressDetection = true;
      return true;
    default:
      draft.track = false;
      return true;
  }
}

function applyScope(value: Token, draft: Draft, diagnostics: DiagnosticList): boolean {
  const named = Object.hasOwn(ADDRESS_SCOPES, value.text) ? ADDRESS_SCOPES[value.text] : undefined;
  const scope = named ?? (/^\d{1,3}$/.test(value.text) ? Number(value.text) : Number.NaN);
  draft.scope = scope;
  return (
    scope <= 255 ||
    refuse('bad-scope', value, `a scope (${Object.keys(ADDRESS_SCOPES).join(', ')}, 0..255)`, 'link', diagnostics)
  );
}

function applyBroadcast(value: Token, draft: Draft, diagnostics: DiagnosticList): boolean {
  if (value.text === '+' || value.text === '-') {
    draft.broadcast = broadcastOf(draft.address, draft.prefixLength, value.text === '+');
    return true;
  }
  draft.broadcast = parseAddress(value.text);
  return (
    draft.broadcast?.length === 4 ||
    refuse('bad-broadcast', value, 'an IPv4 broadcast address, + or -', '+', diagnostics)
  );
}

function applyPeer(value: Token, draft: Draft, diagnostics: DiagnosticList): boolean {
  const peer = readPrefixed(value, diagnostics);
  if (peer === undefined) return false;
  draft.peer = { address: peer.octets, prefixLength: peer.prefixLength };
  return (
    familyOf(peer.octets) === draft.family ||
    refuse('mixed-families', value, `an IPv${draft.family} address, as the one before it is`, 'ADDRESS', diagnostics)
  );
}

function applyLifetime(value: Token, draft: Draft, diagnostics: DiagnosticList): boolean {
  const isForever = value.text === 'forever';
  draft.preferredLifetimeS = isForever ? undefined : Number(value.text);
  const isGood = isForever || (/^\d{1,10}$/.test(value.text) && Number(value.text) <= MAX_LIFETIME_S);
  return isGood || refuse('bad-lifetime', value, 'a number of seconds or forever', 'forever', diagnostics);
}

function refuse(code: string, value: Token, wanted: string, sample: string, diagnostics: DiagnosticList): false {
  diagnostics.error(code, value.place, `'${shown(value)}' is not ${wanted}`, `Write for example ${sample}.`);
  return false;
}
