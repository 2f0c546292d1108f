/** The engine's end of the conversation: supervisors that do not read, that follow each other, and other engines. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Poller } from '@locum/linux';
import { type EngineMessage, LineReader } from '../../src/channel/message.ts';
import { SupervisorSocket } from '../../src/engine-process/supervisor-socket.ts';

const DEADLINE_MS = 5_000;
const NEWS: EngineMessage = { type: 'events' };

interface Conversation {
  readonly path: string;
  readonly socket: SupervisorSocket;
  readonly disconnections: () => number;
  supervisor(): Socket;
  /** Lets both ends work until `done`. */
  until(done: () => boolean): Promise<void>;
}

function conversation(context: TestContext): Conversation {
  const directory = mkdtempSync(join(tmpdir(), 'locum-'));
  const path = join(directory, 'engine.sock');
  const poller = new Poller(8);
  let disconnected = 0;
  const socket = new SupervisorSocket(path, poller, {
    onMessage: () => {},
    onConnected: () => {},
    onDisconnected: () => {
      disconnected++;
    },
  });
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return {
    path,
    socket,
    disconnections: () => disconnected,
    supervisor() {
      const supervisor = connect(path);
      context.after(() => supervisor.destroy());
      return supervisor;
    },
    async until(done) {
      const end = performance.now() + DEADLINE_MS;
      while (!done()) {
        assert.ok(performance.now() < end, 'in time');
        if (poller.wait(0) > 0) socket.drain();
        await turn();
      }
    },
  };
}

test('What a supervisor does not read waits for it, and news that follow news do not pile up', async (context) => {
  const { socket, supervisor, disconnections, until } = conversation(context);
  const reader = supervisor();
  reader.pause();
  await until(() => socket.connected);
  for (let count = 0; count < 100_000; count++) socket.send(NEWS);
  assert.ok(socket.connected);
  for (let count = 0; count < 1_000; count++) socket.send({ type: 'events', ports: [] });
  socket.send({ type: 'configured', slots: [7], ports: [], problems: [] });
  const types: string[] = [];
  let withPorts = 0;
  const lines = new LineReader((line) => {
    const message = JSON.parse(line) as EngineMessage;
    types.push(message.type);
    if (message.type === 'events' && message.ports !== undefined) withPorts++;
  });
  reader.setEncoding('utf8');
  reader.on('data', (chunk: string) => lines.push(chunk)).resume();
  await until(() => types.at(-1) === 'configured');
  assert.ok(withPorts >= 1 && withPorts < 10, `${withPorts}`);
  assert.ok(types.length < 50_000);
  assert.equal(disconnections(), 0);
  socket.close();
});

test('A supervisor takes the place of one whose end has not been noticed', async (context) => {
  const { socket, supervisor, until } = conversation(context);
  const first = supervisor();
  first.resume();
  await until(() => socket.connectionCount === 1);
  const second = supervisor();
  let heard = '';
  second.setEncoding('utf8').on('data', (chunk: string) => {
    heard += chunk;
  });
  await until(() => socket.connectionCount === 2 && first.closed);
  socket.send(NEWS);
  await until(() => heard.includes('events'));
  socket.close();
  await until(() => second.closed);
});

test('At its end it leaves the socket of another engine alone', (context) => {
  const { path, socket } = conversation(context);
  const other = conversation(context);
  renameSync(other.path, path);
  socket.close();
  assert.ok(existsSync(path));
  other.socket.close();
});
