/**
 * Configurations in memory for the tests of the reader.
 */
import assert from 'node:assert/strict';
import type { Diagnostic, SourcePlace } from '../../src/configuration/diagnostic.ts';
import type { FileAccess } from '../../src/configuration/file-access.ts';
import { type LoadedConfiguration, type LoadOptions, loadConfiguration } from '../../src/configuration/load.ts';
import type { DaemonSettings, InstanceSettings } from '../../src/configuration/settings.ts';

export const MAIN = '/etc/keepalived/keepalived.conf';

/** Files by their absolute paths; the text `!executable` stands for a file that is marked executable. */
export function memoryFiles(texts: Readonly<Record<string, string>>): FileAccess {
  return {
    read(path) {
      const text = Object.hasOwn(texts, path) ? texts[path] : undefined;
      if (text === undefined) return { kind: 'missing', reason: 'there is no such file' };
      if (text === '!executable') return { kind: 'executable', reason: 'it is marked executable' };
      return { kind: 'text', text };
    },
    list(directory) {
      const prefix = directory === '/' ? '/' : `${directory}/`;
      const below = Object.keys(texts).filter((path) => path.startsWith(prefix));
      return [...new Set(below.map((path) => path.slice(prefix.length).split('/')[0]!))];
    },
  };
}

export function load(
  text: string,
  options: Partial<LoadOptions> = {},
  others: Readonly<Record<string, string>> = {},
): LoadedConfiguration {
  return loadConfiguration(MAIN, {
    configId: 'main',
    routerId: 'r1',
    environment: {},
    random: () => 0.5,
    files: memoryFiles({ ...others, [MAIN]: text }),
    ...options,
  });
}

/** The settings of a text that must be free of errors. */
export function settingsOf(
  text: string,
  options?: Partial<LoadOptions>,
  others?: Record<string, string>,
): DaemonSettings {
  const { settings, diagnostics } = load(text, options, others);
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === 'error').map(brief), []);
  return settings!;
}

/** A complete instance on eth0 with VRID 51, with further lines. */
export function instance(lines = '', addresses = '10.0.0.1'): string {
  return `vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n${addresses}\n}\n${lines}\n}\n`;
}

/** The only instance of a text that must be free of errors. */
export function instanceOf(text: string, options?: Partial<LoadOptions>): InstanceSettings {
  const { instances } = settingsOf(text, options);
  assert.equal(instances.length, 1);
  return instances[0]!;
}

/** `SEVERITY CODE LINE:COLUMN`. */
export function brief({ severity, code, place }: Diagnostic): string {
  return `${severity} ${code} ${place.line}:${place.column}`;
}

/** The text without its mark `«`, and the place where that was. */
export function marked(text: string, file = MAIN): { text: string; place: SourcePlace } {
  const index = text.indexOf('«');
  assert.ok(index >= 0 && index === text.lastIndexOf('«'), `one mark in ${text}`);
  const before = text.slice(0, index).split('\n');
  return {
    text: text.slice(0, index) + text.slice(index + 1),
    place: { file, line: before.length, column: before.at(-1)!.length + 1 },
  };
}
