/**
 * Which transport carries adverts: the keyword `transport`, the name on the command line, and what `use_vmac` means.
 *
 * A transport is one that comes with Locum, or a module: a path, or the name of a package. Nothing is loaded here.
 */
import { dirname, isAbsolute, resolve } from 'node:path';
import { type Argument, readArgument, shown } from './argument.ts';
import { BUILT_IN_TRANSPORTS, isBuiltIn, meantTransport } from './built-in-transport.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { BlockName } from './keywords/row.ts';
import { findKeyword, keywordsOf } from './keywords/table.ts';
import { nearestKeyword } from './nearest-keyword.ts';
import type { TransportSettings } from './settings.ts';
import type { Token } from './text/token.ts';

/** The tables of options of {@link BUILT_IN_TRANSPORTS}. */
const OPTION_TABLES: Readonly<Record<string, BlockName>> = {
  raw: 'raw-option',
  pcap: 'pcap-option',
  tap: 'tap-option',
};

const OF_MODE_PORT: readonly string[] = ['device', 'bridge', 'mac'];

/** The transport of that name, a path being relative to `directory`. */
export function transportCalled(name: string, directory: string): TransportSettings {
  const isPath = isAbsolute(name) || /^\.\.?(\/|$)/.test(name);
  const home = resolve(directory);
  return { name: isPath ? resolve(home, name) : name, options: {}, directory: home, place: undefined };
}

/** Whether every virtual router on this transport gets a MAC of its own, as far as one can say without opening it. */
export function hasVirtualMac({ name, options }: TransportSettings): boolean {
  return name === 'tap' && options.mode === 'virtual-mac';
}

/** What `transport` says; undefined if it was reported as unusable. */
export function readTransport(argument: Argument, diagnostics: DiagnosticList): TransportSettings | undefined {
  const word = argument.words[0]!;
  const meant = word.quoted ? undefined : meantTransport(word.text);
  if (meant !== undefined || word.text === '') {
    diagnostics.error(
      'unknown-transport',
      word.place,
      `'${shown(word)}' is not a transport that comes with Locum`,
      meant === undefined
        ? `Write one of ${BUILT_IN_TRANSPORTS.join(', ')}, a path, or the name of a package.`
        : `Did you mean ${meant}? The name of a package would stand in quotes.`,
    );
    return undefined;
  }
  const options = readOptions(word, argument, diagnostics);
  if (options === undefined) return undefined;
  if (word.text === 'tap' && options.mode === 'virtual-mac') {
    const idle = OF_MODE_PORT.find((name) => options[name] !== undefined);
    if (idle !== undefined) {
      diagnostics.error(
        'option-of-other-mode',
        argument.keyword.place,
        `transport tap has no ${idle} in mode virtual-mac, where each router has a device of its own`,
        'Remove it, or write mode port.',
      );
      return undefined;
    }
  }
  const called = transportCalled(word.text, dirname(argument.keyword.place.file));
  return { ...called, options, place: argument.keyword.place };
}

/** `NAME VALUE` pairs, several on a line or one on each. A name that is repeated has its values in a row. */
function readOptions(
  transport: Token,
  argument: Argument,
  diagnostics: DiagnosticList,
): Record<string, string> | undefined {
  const options: Record<string, string> = {};
  let isGood = true;
  for (const { words, block } of argument.block) {
    if (block !== undefined) {
      diagnostics.error(
        'unexpected-block',
        words[0]!.place,
        'an option of a transport has no block',
        'Remove the braces.',
      );
      isGood = false;
      continue;
    }
    for (let index = 0; index < words.length; index += 2) {
      const name = words[index]!;
      const value = words[index + 1];
      if (!checkOption(transport.text, name, value, diagnostics)) {
        isGood = false;
        break;
      }
      const before = options[name.text];
      options[name.text] = before === undefined ? value!.text : `${before} ${value!.text}`;
    }
  }
  return isGood ? options : undefined;
}

function checkOption(transport: string, name: Token, value: Token | undefined, diagnostics: DiagnosticList): boolean {
  const table = isBuiltIn(transport) ? OPTION_TABLES[transport] : undefined;
  const row = table === undefined ? undefined : findKeyword(table, name.text);
  if (table !== undefined && row === undefined) {
    const names = keywordsOf(table);
    const near = nearestKeyword(name.text, names);
    diagnostics.error(
      'unknown-option',
      name.place,
      `'${shown(name)}' is not an option of transport ${transport}`,
      near === undefined ? `It has ${names.join(', ')}.` : `Did you mean ${near}?`,
    );
    return false;
  }
  if (value === undefined) {
    diagnostics.error(
      'missing-argument',
      name.place,
      `${shown(name)} needs a value`,
      'Write options as NAME VALUE, a value of several words in quotes.',
    );
    return false;
  }
  // Reads the value as that of any keyword, for the sake of its range.
  return row === undefined || readArgument(row, { words: [name, value], block: undefined }, diagnostics) !== undefined;
}
