/**
 * Which files an `include` pattern means: shell wildcards (`*`, `?`, `[...]`) in each part of the path, and `{a,b}`.
 */
import { basename, dirname, join } from 'node:path';
import type { FileAccess } from '../file-access.ts';

/** Alternatives of braces, and files of one pattern, beyond which nothing more is looked for. */
const MAX_ALTERNATIVES = 256;
const MAX_FILES = 1024;

export interface MatchedAlternative {
  /** The pattern with its braces resolved. */
  readonly pattern: string;
  readonly hasWildcard: boolean;
  /** Paths in alphabetical order. A pattern without wildcards is its own match, whether or not it exists. */
  readonly paths: readonly string[];
}

/** The files of each brace alternative, relative patterns being below `directory`. */
export function matchPattern(pattern: string, directory: string, files: FileAccess): MatchedAlternative[] {
  return braceAlternatives(pattern).map((alternative) => {
    const hasWildcard = /[*?[]/.test(alternative);
    const path = alternative.startsWith('/') ? alternative : join(directory, alternative);
    return { pattern: alternative, hasWildcard, paths: hasWildcard ? walk(path, files) : [path] };
  });
}

/** `a{b,c}d` is `abd` and `acd`; braces nest; unbalanced ones are ordinary characters. */
export function braceAlternatives(pattern: string): string[] {
  const done: string[] = [];
  const waiting = [pattern];
  while (waiting.length > 0 && done.length < MAX_ALTERNATIVES) {
    const text = waiting.shift()!;
    const group = firstGroup(text);
    if (group === undefined || waiting.length > MAX_ALTERNATIVES) done.push(text);
    else waiting.unshift(...group.choices.map((choice) => text.slice(0, group.start) + choice + text.slice(group.end)));
  }
  return done;
}

function firstGroup(text: string): { start: number; end: number; choices: string[] } | undefined {
  const start = text.indexOf('{');
  if (start < 0) return undefined;
  const choices: string[] = [];
  let choiceStart = start + 1;
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (depth === 0 || (depth === 1 && character === ',')) {
      choices.push(text.slice(choiceStart, index));
      choiceStart = index + 1;
    }
    if (depth === 0) return { start, end: index + 1, choices };
  }
  return undefined;
}

function walk(path: string, files: FileAccess): string[] {
  let found = [path.startsWith('/') ? '/' : '.'];
  const parts = path.split('/').filter((part) => part !== '');
  for (const part of parts) {
    const next: string[] = [];
    for (const directory of found) {
      if (!/[*?[]/.test(part)) {
        next.push(join(directory, part));
        continue;
      }
      const hidden = part.startsWith('.');
      const names = [...files.list(directory)].sort();
      for (const name of names) {
        if ((hidden || !name.startsWith('.')) && matchesWildcard(name, part)) next.push(join(directory, name));
        if (next.length >= MAX_FILES) break;
      }
    }
    found = next;
  }
  return found.filter((file) => files.list(dirname(file)).includes(basename(file)));
}

/** Whether a name matches a pattern of `*`, `?` and `[...]`. Linear in practice: only the last `*` is retried. */
export function matchesWildcard(name: string, pattern: string): boolean {
  const units = wildcardUnits(pattern);
  let nameIndex = 0;
  let unitIndex = 0;
  let starUnit = -1;
  let starName = 0;
  while (nameIndex < name.length) {
    const unit = units[unitIndex];
    if (unit === '*') {
      starUnit = unitIndex++;
      starName = nameIndex;
    } else if (unit !== undefined && unitMatches(unit, name[nameIndex]!)) {
      unitIndex++;
      nameIndex++;
    } else if (starUnit >= 0) {
      unitIndex = starUnit + 1;
      nameIndex = ++starName;
    } else {
      return false;
    }
  }
  return units.slice(unitIndex).every((unit) => unit === '*');
}

/** Splits a pattern into `*`, `?`, whole `[...]` sets and single characters. */
function wildcardUnits(pattern: string): string[] {
  return pattern.match(/\[[!^]?\]?[^\]]*\]|[\s\S]/g) ?? [];
}

function unitMatches(unit: string, character: string): boolean {
  if (unit === '?') return true;
  if (unit.length === 1) return unit === character;
  const negated = unit[1] === '!' || unit[1] === '^';
  const members = unit.slice(negated ? 2 : 1, -1);
  let matched = false;
  for (let index = 0; index < members.length; index++) {
    const from = members[index]!;
    const isRange = members[index + 1] === '-' && index + 2 < members.length;
    if (isRange) index += 2;
    if (character >= from && character <= members[index]!) matched = true;
  }
  return matched !== negated;
}
