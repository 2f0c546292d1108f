/**
 * Why a transport that is not ours was refused or given up: stable code, one sentence, and what the author or the operator
 * can do.
 */

export type RefusalCode =
  /** There is no such module. */
  | 'MODULE_NOT_FOUND'
  /** It threw while it was loaded. */
  | 'MODULE_FAILED'
  /** It exports no transport, or one without the members of the contract. */
  | 'NOT_A_TRANSPORT'
  /** It was made for another major version of the contract. */
  | 'WRONG_API_VERSION'
  /** `open` neither resolved nor rejected in time. */
  | 'OPEN_TIMEOUT'
  /** What `open` resolved with is not a port, or not the one that its capabilities promise. */
  | 'BAD_PORT'
  /** It threw where the contract allows no exception, or rejected with something that is no TransportError. */
  | 'THREW'
  /** It broke the contract while it was in use. */
  | 'BROKE_CONTRACT';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly hint: string;

  constructor(code: RefusalCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export const AUTHOR_HINT = 'Run the conformance suite of @locum/transport on it, or tell its author.';

/** Any thrown value in one line of reasonable length. */
export function oneLine(thrown: unknown): string {
  let text: string;
  try {
    text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  } catch {
    text = 'something that cannot be shown';
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they could move the cursor of the terminal that shows them
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 200);
}
