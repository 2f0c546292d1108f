/**
 * The C library, loaded once, and the way every module of this package declares the calls it needs.
 *
 * Each module declares its own functions with {@link libc}`.func('…')` next to the structures they take,
 * so a call and its layout are read together. Calls block the calling thread; errno is read with
 * {@link lastErrno} directly after a failed call.
 */
import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

// koffi is CommonJS; require keeps its binary lookup relative to its own package.
const koffi = createRequire(import.meta.url)('koffi') as Koffi;

export { koffi };

/** The C library of a glibc system. */
export const libc = koffi.load('libc.so.6');

/** The errno of the last failed call on this thread. */
export const lastErrno: () => number = koffi.errno as unknown as () => number;
