/**
 * Log lines: for people on stderr, as JSON, or to the system log.
 *
 * The wording of state changes is keepalived's, because people's log watchers look for it.
 */
import type { LogFormat } from '../command-line/locumd-options.ts';
import { type Diagnostic, formatPlace } from '../configuration/diagnostic.ts';

export type Severity = 'error' | 'warning' | 'notice' | 'info';

/** Where finished lines go, e.g. stderr or the system log. */
export type LogSink = (severity: Severity, line: string) => void;

/** Further members of a JSON line, e.g. `instance`, `state`. Not shown to people. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export class Log {
  readonly #format: LogFormat;
  readonly #detail: number;
  readonly #sinks: readonly LogSink[];

  constructor(format: LogFormat, detail: number, sinks: readonly LogSink[]) {
    this.#format = format;
    this.#detail = detail;
    this.#sinks = sinks;
  }

  error(message: string, fields: LogFields = {}): void {
    this.#write('error', message, fields);
  }

  warning(message: string, fields: LogFields = {}): void {
    this.#write('warning', message, fields);
  }

  notice(message: string, fields: LogFields = {}): void {
    this.#write('notice', message, fields);
  }

  /** Written only when the daemon was started with at least `detail` times -D. */
  info(detail: number, message: string, fields: LogFields = {}): void {
    if (detail <= this.#detail) this.#write('info', message, fields);
  }

  /** What is wrong with a configuration, one line each. */
  diagnostics(diagnostics: readonly Diagnostic[]): void {
    for (const { severity, code, message, remedy, place } of diagnostics) {
      this.#write(severity, `${formatPlace(place)}: ${message}. ${remedy}`, { code, ...place });
    }
  }

  #write(severity: Severity, message: string, fields: LogFields): void {
    const at = new Date().toISOString();
    const line =
      this.#format === 'json'
        ? JSON.stringify({ at, severity, message, ...fields })
        : `${at} ${severity === 'error' || severity === 'warning' ? `${severity}: ` : ''}${message}`;
    for (const sink of this.#sinks) sink(severity, line);
  }
}

/** Lines to stderr, written before the call returns so that a crash loses none. */
export function stderrSink(): LogSink {
  return (_severity, line) => {
    process.stderr.write(`${line}\n`);
  };
}
