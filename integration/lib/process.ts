/**
 * A program started in a namespace of the lab: its output by line and in a file, waiting for what it says, ending it.
 *
 * That nothing outlives the test, not even grandchildren or after a SIGKILL of the test itself, is the lab's guard's
 * doing, see `guard.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type NetworkNamespace, realtimeUs } from '@locum/linux';
import { eventually, within } from './deadline.ts';
import { givePrecedence } from './precedence.ts';

export interface ProcessOptions {
  /** Added to what a service manager would give. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that takes the lines of both outputs. */
  readonly logFile?: string;
}

/** A line of output, from either stream. */
export interface LogLine {
  /** When it was read here; wall-clock microseconds. */
  readonly atUs: number;
  readonly text: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What programs of the lab know of this process's environment. */
const HANDED_ON = /^(PATH|HOME|LANG|TMPDIR|NODE_V8_COVERAGE|LOCUM_\w+)$/;

/** As a service manager would have it: Node's start, for one, takes twice as long where certificates are named in it. */
function serviceEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => HANDED_ON.test(name)));
}

export class LabProcess {
  readonly command: string;
  readonly lines: LogLine[] = [];
  /** Resolves when the program has ended and its output has been read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Set once it has ended. */
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  readonly #file: WriteStream | undefined;

  /** Throws when the program cannot be started. */
  constructor(namespace: NetworkNamespace, command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.command = [command, ...args].join(' ');
    this.#file = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
    this.#file?.write(`$ ${this.command}\n`);
    const child = namespace.run(() =>
      spawn(command, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...serviceEnvironment(), ...options.env },
        cwd: options.cwd,
        // A session of its own, which can be given precedence.
        detached: true,
      }),
    );
    this.#child = child;
    if (child.pid !== undefined) givePrecedence(child.pid);
    this.#read(child.stdout!);
    this.#read(child.stderr!);
    this.exited = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#add(`could not be started: ${error.message}`);
        if (child.pid === undefined) this.#ended(null, null, resolve);
      });
      // Not `close`: a child of the program may hold its output open. Of what the program said, the last may have come
      // after this turn of the event loop had looked at its output; by the second immediate the next one has looked.
      child.on('exit', (code, signal) => setImmediate(setImmediate, () => this.#ended(code, signal, resolve)));
    });
  }

  /** Process id; -1 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** Everything said so far. */
  get output(): string {
    return this.lines.map((line) => line.text).join('\n');
  }

  /** Resolves with the first line, from `fromIndex` on, that matches. Rejects at the deadline or when the program ends. */
  async line(pattern: RegExp, deadlineMs: number, fromIndex = 0): Promise<LogLine> {
    return eventually(
      `${this.command} says ${pattern}`,
      () => {
        for (let index = fromIndex; index < this.lines.length; index++) {
          const line = this.lines[index]!;
          if (pattern.test(line.text)) return line;
        }
        if (!this.running) throw new Error(`${this.command} ended before it said ${pattern}:\n${this.output}`);
        return undefined;
      },
      deadlineMs,
    );
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** Sends `signal` and waits for the end; after the deadline SIGKILL, and a rejection. */
  async stop(deadlineMs = 5000, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    try {
      return await within(`${this.command} ends after ${signal}`, this.exited, deadlineMs);
    } catch (error) {
      this.signal('SIGKILL');
      await this.exited;
      throw error;
    }
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (text) => this.#add(text));
  }

  #add(text: string): void {
    this.lines.push({ atUs: realtimeUs(), text });
    if (this.#file?.writable) this.#file.write(`${text}\n`);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, resolve: (exit: Exit) => void): void {
    if (this.exit) return;
    this.exit = { code, signal };
    this.#file?.end(`ended: ${signal ?? code}\n`);
    resolve(this.exit);
  }
}
