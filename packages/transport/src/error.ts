/**
 * The one error class at the edges of a transport: stable code, operation, interface, errno, and a hint an operator
 * can act on. Errors are recognised by `code`, never by `instanceof`: two copies of this package may be installed.
 */

export type TransportErrorCode =
  | 'NO_SUCH_INTERFACE'
  | 'NOT_PERMITTED'
  | 'NOT_SUPPORTED'
  | 'BAD_OPTION'
  | 'ABORTED'
  | 'LINK_GONE'
  | 'SYSTEM';

export interface TransportErrorDetails {
  /** What was being done, e.g. `bind AF_PACKET`. */
  readonly operation: string;
  readonly interfaceName?: string;
  /** Positive errno of the failed call, where there was one. */
  readonly errno?: number;
  /** What the operator can do about it; one sentence. */
  readonly hint?: string;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly operation: string;
  readonly interfaceName: string | undefined;
  readonly errno: number | undefined;
  readonly hint: string | undefined;

  constructor(code: TransportErrorCode, message: string, details: TransportErrorDetails) {
    super(message);
    this.code = code;
    this.operation = details.operation;
    this.interfaceName = details.interfaceName;
    this.errno = details.errno;
    this.hint = details.hint;
  }
}
