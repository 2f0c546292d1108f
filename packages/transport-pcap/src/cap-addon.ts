/**
 * The npm package `cap`: as much of it as is used here, and loading it.
 *
 * It is a native addon, compiled against libpcap when it is installed, and optional: whoever has no compiler or no
 * libpcap can install and use everything else.
 */
import { createRequire } from 'node:module';
import { TransportError } from '@locum/transport';

/** One capture. What it says about memory is said in `capture.ts`. */
export interface Cap {
  /**
   * Opens an interface, promiscuously.
   * @param filter in libpcap's language; empty for none
   * @param bufferBytes how much the kernel may hold
   * @param into where each frame is put before `packet` is emitted; read without being kept alive
   * @returns a name for the link layer
   */
  open(device: string, filter: string, bufferBytes: number, into: Uint8Array): string;
  close(): boolean;
  /** Sends the first `byteCount` octets. Throws what libpcap says. */
  send(bytes: Uint8Array, byteCount: number): void;
  on(event: 'packet', listener: (byteCount: number) => void): void;
  removeAllListeners(event: 'packet'): void;
}

export type CapConstructor = new () => Cap;

/**
 * Loads the addon.
 * @throws TransportError NOT_SUPPORTED where it was not built, or libpcap is gone
 */
export function loadCap(
  interfaceName: string,
  require: NodeJS.Require = createRequire(import.meta.url),
): CapConstructor {
  try {
    return (require('cap') as { Cap: CapConstructor }).Cap;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new TransportError('NOT_SUPPORTED', `${interfaceName}: the package cap cannot be loaded (${reason})`, {
      operation: 'load cap',
      interfaceName,
      hint:
        'Install libpcap with its headers and a C++ compiler (Debian: apt install libpcap-dev g++ make python3), ' +
        'then install Locum again; or use the raw transport, which needs neither.',
    });
  }
}
