/**
 * From a configuration file to settings: the one entry point of this folder.
 */
import type { Diagnostic } from './diagnostic.ts';
import { diskFiles, type FileAccess } from './file-access.ts';
import type { DaemonSettings } from './settings.ts';

export interface LoadOptions {
  /** What `@ID` lines compare with: `-i`, or the host name up to the first dot. Also `${_INSTANCE}`. */
  readonly configId: string;
  /** For `${_ENV NAME}`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly files?: FileAccess;
  /** `-e`: a plain `include` must match and be readable, or it is an error. */
  readonly strictIncludes?: boolean;
  /** Default of `router_id`; the host name if not given. */
  readonly routerId?: string;
  /** For `${_RANDOM}`: 0 up to but not including 1. */
  readonly random?: () => number;
  /** MTU of an interface, which limits how many addresses an advert can list. 1500 where it is not known. */
  readonly mtuBytes?: (interfaceName: string) => number | undefined;
}

export interface LoadedConfiguration {
  /** Undefined when there is any error among the diagnostics. */
  readonly settings: DaemonSettings | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, the main one first. */
  readonly sources: readonly string[];
}

/** Reads `path` and all it includes. Never throws; whatever is wrong is among the diagnostics. */
export function loadConfiguration(path: string, options: LoadOptions): LoadedConfiguration {
  const content = (options.files ?? diskFiles).read(path);
  if (content.kind === 'text') return { settings: undefined, diagnostics: [], sources: [path] };
  return {
    settings: undefined,
    diagnostics: [
      {
        severity: 'error',
        code: 'file-not-read',
        message: `the configuration cannot be read: ${content.reason}`,
        remedy: 'Name another file with -f, or create this one.',
        place: { file: path, line: 1, column: 1 },
      },
    ],
    sources: [],
  };
}
