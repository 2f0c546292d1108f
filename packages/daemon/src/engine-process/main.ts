/**
 * The engine process: one thread that waits in `ppoll`, drains every port, and only then lets timers expire.
 *
 * The clock is CLOCK_BOOTTIME: it counts the time in which the machine was suspended, so that a resumed engine knows that
 * it was away. Draining first matters: after a pause of any kind, the adverts that waited in the kernel must be heard before a
 * deadline that passed meanwhile is believed. Only what has to be awaited (opening a port) and signals leave the loop.
 *
 * Usage: node main.js SOCKET_PATH PID_FILE
 */
import { unlinkSync, writeFileSync } from 'node:fs';
import { boottimeUs, holdUntilDeath, Poller, setThreadName, setTimerSlackNs } from '@locum/linux';
import { Board } from '../board/board.ts';
import { CHANNEL_VERSION, type EnginePlan } from '../channel/message.ts';
import { EngineHost } from './engine-host.ts';
import { SupervisorSocket } from './supervisor-socket.ts';

/** An engine whose supervisor is gone serves this long for another one to come, then resigns in order. */
const ORPHAN_GRACE_US = 60_000_000;
/** Longest sleep: the heartbeat on the board is never older than this in a healthy engine. */
const HEARTBEAT_US = 500_000;
/** A healthy machine does not keep a process from running for this long. */
const NOTEWORTHY_STALL_US = 100_000;
const POLLER_CAPACITY = 300;

async function main(socketPath: string, pidFile: string): Promise<void> {
  setThreadName('locum-engine');
  setTimerSlackNs(1);
  const board = Board.create();
  board.startedAt = boottimeUs();
  holdUntilDeath(board.deathWord, board.deathWordAddress);
  const poller = new Poller(POLLER_CAPACITY);
  const host = new EngineHost(poller, board);
  let stopping = false;
  let orphanedAt = boottimeUs();
  let turnedAt = boottimeUs();
  const plans: EnginePlan[] = [];

  const socket = new SupervisorSocket(socketPath, poller, {
    onMessage(message) {
      if (message.type === 'configure') plans.push(message.plan);
      else stopping = true;
    },
    onConnected() {
      socket.send({ type: 'hello', version: CHANNEL_VERSION, pid: process.pid, boardFd: board.fd });
    },
    onDisconnected() {
      orphanedAt = boottimeUs();
    },
  });
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o644 });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping = true;
    });
  }
  // Meant for the supervisor; unhandled they would end the engine, or open a debugger.
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

  while (!stopping) {
    let interrupted = false;
    while (!stopping && !interrupted && !host.waiting && plans.length === 0) {
      const now = boottimeUs();
      const { deadline } = host.engine;
      const sleepUs = Math.max(0, Math.min(deadline - now - host.busyWaitUs, HEARTBEAT_US));
      const ready = poller.wait(sleepUs);
      interrupted = ready < 0;
      const stalledUs = boottimeUs() - now - sleepUs;
      if (stalledUs > NOTEWORTHY_STALL_US) host.noteStall(stalledUs);
      if (ready === 0) spinUntil(deadline, host.busyWaitUs);
      host.step();
      socket.drain();
      if (host.takeNews()) socket.send({ type: 'events' });
      if (!socket.connected && boottimeUs() - orphanedAt > ORPHAN_GRACE_US) stopping = true;
      // A signal that came while nothing waited has interrupted nothing.
      interrupted ||= boottimeUs() - turnedAt >= HEARTBEAT_US;
    }
    for (const plan of plans.splice(0)) socket.send(await host.configure(plan));
    if (host.waiting) await host.catchUp();
    // One turn of the event loop: Node delivers signals there.
    if (interrupted) await new Promise((resolve) => setImmediate(resolve));
    turnedAt = boottimeUs();
  }
  host.stop();
  socket.send({ type: 'events' });
  socket.close();
  unlinkSync(pidFile);
}

/** Waits without sleeping for a deadline that is at most `mostUs` away. */
function spinUntil(deadline: number, mostUs: number): void {
  if (mostUs === 0 || deadline - boottimeUs() > mostUs) return;
  while (boottimeUs() < deadline);
}

const [socketPath, pidFile] = process.argv.slice(2);
await main(socketPath!, pidFile!);
process.exit(0);
