/**
 * The socket that `locum` talks to: one JSON request a line, one JSON answer a line.
 *
 * Only the owner of the daemon (and root) may open it: the directory and the socket are private.
 */
import { existsSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { LineReader } from '../channel/message.ts';

export interface ControlRequest {
  readonly command: string;
}

/** Answers a request; a thrown error becomes `{ "error": … }`. */
export type ControlHandler = (request: ControlRequest) => unknown;

const LONGEST_REQUEST_BYTES = 64 * 1024;

export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(path: string, handler: ControlHandler) {
    this.#path = path;
    this.#server = createServer((connection) => this.#serve(connection, handler));
  }

  /** Listens at `path`. A socket left behind by a dead process is replaced: the caller holds the pid file's lock. */
  static async listen(path: string, handler: ControlHandler): Promise<ControlServer> {
    if (existsSync(path)) unlinkSync(path);
    const control = new ControlServer(path, handler);
    const umask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        control.#server.once('error', reject);
        control.#server.listen(path, resolve);
      });
    } finally {
      process.umask(umask);
    }
    return control;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
    if (existsSync(this.#path)) unlinkSync(this.#path);
  }

  #serve(connection: Socket, handler: ControlHandler): void {
    let received = 0;
    const lines = new LineReader((line) => {
      received = 0;
      connection.write(`${answer(line, handler)}\n`);
    });
    this.#connections.add(connection);
    connection.setEncoding('utf8');
    connection.on('data', (chunk: string) => {
      received += chunk.length;
      if (received > LONGEST_REQUEST_BYTES) connection.destroy();
      else lines.push(chunk);
    });
    connection.on('error', () => connection.destroy());
    connection.on('close', () => this.#connections.delete(connection));
  }
}

function answer(line: string, handler: ControlHandler): string {
  try {
    return JSON.stringify(handler(JSON.parse(line) as ControlRequest));
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}
