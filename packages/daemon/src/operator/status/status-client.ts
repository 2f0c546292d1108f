/**
 * Asks the running daemon over its control socket: one line of JSON there, one line back.
 */
import { createConnection } from 'node:net';

const ANSWER_WITHIN_MS = 5000;
const LONGEST_ANSWER_CHARACTERS = 64 * 1024 * 1024;

export type StatusErrorCode = 'NOT_RUNNING' | 'NOT_PERMITTED' | 'NO_ANSWER' | 'REFUSED' | 'BAD_PATH';

/** The daemon could not be asked, or gave no answer. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: StatusErrorCode;
  readonly hint: string;

  constructor(code: StatusErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Sends `{"command": command}` to the socket at `path` and resolves with the answer, parsed and not checked. Rejects
 * with StatusError.
 */
export function askDaemon(path: string, command: string, withinMs: number = ANSWER_WITHIN_MS): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let received = '';
    const connection = createConnection(path);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      connection.destroy();
      act();
    };
    const fail = (error: StatusError): void => settle(() => reject(error));
    const timer = setTimeout(() => fail(noAnswer(path, `within ${withinMs / 1000} s`)), withinMs);
    connection.setEncoding('utf8');
    connection.on('connect', () => connection.write(`${JSON.stringify({ command })}\n`));
    connection.on('error', (error) => fail(connectionError(path, error)));
    connection.on('close', () => fail(noAnswer(path, 'before it closed the connection')));
    connection.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf('\n');
      if (end >= 0) settle(() => parseAnswer(path, received.slice(0, end), resolve, reject));
      else if (received.length > LONGEST_ANSWER_CHARACTERS) fail(noAnswer(path, 'of a reasonable length'));
    });
  });
}

function parseAnswer(
  path: string,
  line: string,
  resolve: (answer: unknown) => void,
  reject: (error: StatusError) => void,
): void {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    reject(noAnswer(path, 'that is JSON'));
    return;
  }
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    const hint = 'Is locum of another version than locumd?';
    reject(new StatusError('REFUSED', `locumd refused: ${String(answer.error)}`, hint));
  } else {
    resolve(answer);
  }
}

function noAnswer(path: string, what: string): StatusError {
  const hint = 'It may be stopped or overloaded; look at its log.';
  return new StatusError('NO_ANSWER', `whoever listens at ${path} gave no answer ${what}`, hint);
}

function connectionError(path: string, error: Error): StatusError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Only root and the user that locumd runs as may; try: sudo locum status';
    return new StatusError('NOT_PERMITTED', `you may not open ${path}`, hint);
  }
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED') {
    const hint = 'Start it, or say where it runs with --run-dir or --socket.';
    return new StatusError('NOT_RUNNING', `locumd is not running here: nobody listens at ${path}`, hint);
  }
  const hint = 'Name the socket of locumd with --socket, or its directory with --run-dir.';
  return new StatusError('BAD_PATH', `${path} cannot be opened: ${error.message}`, hint);
}
