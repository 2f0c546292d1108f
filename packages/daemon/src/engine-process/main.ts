/**
 * The engine process: the reactor, and what leaves it: carrying out plans, opening ports, signals.
 *
 * Usage: node main.js SOCKET_PATH PID_FILE [--held]
 */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
// The usual transport, loaded before it is asked for.
import '@locum/transport-raw';
import {
  boottimeUs,
  enterNetworkNamespace,
  holdUntilDeath,
  openNetworkNamespace,
  Poller,
  releaseFreeMemory,
  releaseProgramPages,
  setThreadName,
  setTimerSlackNs,
  subordinateOtherThreads,
} from '@locum/linux';
import { Board } from '../board/board.ts';
import { MAX_PORTS } from '../board/port-counters.ts';
import { CHANNEL_VERSION, type PlanChange } from '../channel/message.ts';
import { EngineHost } from './engine-host.ts';
import { EventLoop } from './event-loop.ts';
import { awaitGoAhead, HELD } from './go-ahead.ts';
import { PlanIntake } from './plan-intake.ts';
import { Reactor } from './reactor.ts';
import { LESSON_US, Rehearsal } from './rehearsal.ts';
import { SupervisorSocket } from './supervisor-socket.ts';

/** All ports, and what the process itself waits for. */
const POLLER_CAPACITY = MAX_PORTS + 16;

async function main(socketPath: string, pidFile: string, rehearsal: Rehearsal): Promise<void> {
  setThreadName('locum-engine');
  setTimerSlackNs(1);
  subordinateOtherThreads();
  const board = Board.create();
  board.startedAt = boottimeUs();
  holdUntilDeath(board.deathWord, board.deathWordAddress);
  const intake = new PlanIntake();
  /** By which connection a plan came. */
  const askers = new WeakMap<PlanChange, number>();
  const poller = new Poller(POLLER_CAPACITY);
  const host = new EngineHost(poller, board);
  const socket = new SupervisorSocket(socketPath, poller, {
    onMessage(message) {
      if (message.type === 'stop') {
        reactor.stopping = true;
        return;
      }
      const change = intake.take(message);
      if (change === undefined) return;
      askers.set(change, socket.connectionCount);
      reactor.plans.push(change);
    },
    onConnected() {
      socket.send({ type: 'hello', version: CHANNEL_VERSION, pid: process.pid, boardFd: board.fd });
    },
    onDisconnected() {
      reactor.orphaned();
    },
  });
  const eventLoop = new EventLoop(poller);
  const reactor = new Reactor(poller, host, socket, eventLoop, rehearsal);
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o644 });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      reactor.stopping = true;
    });
  }
  // Meant for the supervisor; unhandled they would end the engine, or open a debugger.
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

  while (!reactor.stopping) {
    const wantsTurn = reactor.run();
    for (const plan of reactor.plans.splice(0)) {
      // Where adverts follow closely there will be no time for it later.
      if (advertGapUs(plan) < 2 * LESSON_US) rehearsal.learnAll();
      const answer = await host.configure(plan);
      reactor.resume();
      // The next supervisor would take it for an answer to its own plan.
      if (askers.get(plan) === socket.connectionCount) socket.send(answer);
    }
    if (host.waiting) {
      await host.catchUp();
      reactor.resume();
    }
    eventLoop.watch(host.needsEventLoop);
    // Node delivers signals in a turn of its event loop, and so do ports that have no descriptor.
    if (wantsTurn) await eventLoop.turn();
  }
  host.stop();
  socket.send({ type: 'events' });
  removePidFile(pidFile);
  socket.close();
}

/** Somebody may have removed it, or another engine taken its place. */
function removePidFile(path: string): void {
  try {
    if (Number(readFileSync(path, 'utf8')) === process.pid) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** How closely the adverts of a plan follow each other, were all its routers Active. */
function advertGapUs({ routers }: PlanChange): number {
  return 1 / routers.reduce((rate, { settings }) => rate + 1 / settings.advertisementIntervalUs, 0);
}

/** Enters the namespace that it is told. False when no engine is wanted. */
function goAhead(): boolean {
  const word = awaitGoAhead();
  if (word?.namespaceOf === undefined) return word !== undefined;
  const namespace = openNetworkNamespace(word.namespaceOf);
  enterNetworkNamespace(namespace);
  namespace.close();
  return true;
}

const [socketPath, pidFile, held] = process.argv.slice(2);
releaseFreeMemory();
releaseProgramPages();
// What is rehearsed is there again afterwards, and stays.
const rehearsal = new Rehearsal();
if (held !== HELD || goAhead()) await main(socketPath!, pidFile!, rehearsal);
process.exit(0);
