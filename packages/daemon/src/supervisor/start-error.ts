/**
 * Why the daemon cannot start or go on, for the operator: a stable code, one sentence, and what to do about it.
 */

export type StartErrorCode =
  | 'ALREADY_RUNNING'
  | 'BAD_CONFIGURATION'
  | 'ENGINE_FAILED'
  | 'NO_SUCH_NAMESPACE'
  | 'NOT_PERMITTED'
  | 'PID_FILE'
  | 'PORT'
  | 'RUN_DIRECTORY';

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;
  readonly hint: string;

  constructor(code: StartErrorCode, message: string, details: { readonly hint: string }) {
    super(message);
    this.code = code;
    this.hint = details.hint;
  }
}
