/**
 * The yardsticks in C: compiled on the spot with -O2 into a temporary directory.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand } from '@locum/integration/requirement';

const SOURCES = fileURLToPath(new URL('../../c', import.meta.url));
export const C_FLAGS = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror'];

/** The path of a C compiler, or undefined. */
export function findCompiler(): string | undefined {
  return ['cc', 'gcc', 'clang'].map(findCommand).find((path) => path !== undefined);
}

/** The compiled program, or why there is none. */
export type CProgram = { readonly path: string } | { readonly lack: string };

export class CPrograms {
  #directory: string | undefined;
  readonly #built = new Map<string, CProgram>();

  /** Compiles `c/NAME.c` at the first call. */
  get(name: string): CProgram {
    let program = this.#built.get(name);
    if (program === undefined) {
      program = this.#compile(name);
      this.#built.set(name, program);
    }
    return program;
  }

  /** Removes what was compiled. */
  close(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
    this.#built.clear();
  }

  #compile(name: string): CProgram {
    const compiler = findCompiler();
    if (compiler === undefined) return { lack: 'no C compiler (cc, gcc or clang)' };
    this.#directory ??= mkdtempSync(join(tmpdir(), 'locum-bench-'));
    const path = join(this.#directory, name);
    const result = spawnSync(compiler, [...C_FLAGS, '-o', path, join(SOURCES, `${name}.c`)], { encoding: 'utf8' });
    if (result.status === 0) return { path };
    return { lack: `${name}.c did not compile: ${(result.stderr || String(result.error)).split('\n')[0]}` };
  }
}
