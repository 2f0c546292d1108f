/**
 * The loop of the engine process: sleep in `ppoll`, hear everything that has arrived, and only then let timers expire.
 *
 * Draining first matters: after a pause of any kind, the adverts that waited in the kernel must be heard before a deadline
 * that passed meanwhile is believed. The clock is CLOCK_BOOTTIME: it counts the time in which the machine was suspended,
 * so that a resumed engine knows that it was away. Instants stay in an array, where they cost no memory.
 * Ports that have no descriptor are heard in a turn of Node's event loop: see `event-loop.ts`.
 */
import { Clock, type Poller, readClock } from '@locum/linux';
import type { PlanChange } from '../channel/message.ts';
import type { EngineHost } from './engine-host.ts';
import type { EventLoop } from './event-loop.ts';
import type { SupervisorSocket } from './supervisor-socket.ts';

/** An engine whose supervisor is gone serves this long for another one to come, then resigns in order. */
const ORPHAN_GRACE_US = 60_000_000;
/** Longest sleep: the heartbeat on the board is never older than this in a healthy engine. */
const HEARTBEAT_US = 500_000;
/** A healthy machine does not keep a process from running for this long. */
const NOTEWORTHY_STALL_US = 100_000;

// Places in the array of instants.
const BEGUN = 0;
const ASLEEP = 1;
const DEADLINE = 2;
const AWAKE = 3;
const ORPHANED = 4;
const INSTANTS = 5;

export class Reactor {
  stopping = false;
  /** Plans that wait to be carried out. */
  readonly plans: PlanChange[] = [];
  readonly #poller: Poller;
  readonly #host: EngineHost;
  readonly #socket: SupervisorSocket;
  readonly #eventLoop: EventLoop;
  /** The event loop was given a turn, and what it brought has not been dealt with. */
  #turned = false;
  readonly #instants = new Float64Array(INSTANTS);

  constructor(poller: Poller, host: EngineHost, socket: SupervisorSocket, eventLoop: EventLoop) {
    this.#poller = poller;
    this.#host = host;
    this.#socket = socket;
    this.#eventLoop = eventLoop;
    this.orphaned();
  }

  /** The supervisor is gone, or has not come yet. */
  orphaned(): void {
    readClock(Clock.Boottime, this.#instants, ORPHANED);
  }

  /**
   * Goes round until the engine is to stop, or something has to be awaited, and returns whether the event loop wants a
   * turn: after a signal, and now and then, because a signal that came while nothing slept has interrupted nothing.
   */
  run(): boolean {
    const instants = this.#instants;
    readClock(Clock.Boottime, instants, BEGUN);
    while (!this.stopping && !this.#host.waiting && this.plans.length === 0) {
      const interrupted = !this.#turned && this.#sleep();
      this.#turned = !this.#turned && this.#eventLoop.watched && (interrupted || this.#eventLoop.wantsTurn());
      if (this.#turned) return true;
      this.#host.step();
      this.#socket.drain();
      const news = this.#host.takeNews();
      if (news !== undefined) this.#socket.send(news);
      if (!this.#socket.connected && instants[AWAKE]! - instants[ORPHANED]! > ORPHAN_GRACE_US) this.stopping = true;
      if (interrupted || instants[AWAKE]! - instants[BEGUN]! >= HEARTBEAT_US) return true;
    }
    return false;
  }

  /** Sleeps until a frame, a message, a signal or the next deadline. True for a signal. */
  #sleep(): boolean {
    const instants = this.#instants;
    const { busyWaitUs } = this.#host;
    readClock(Clock.Boottime, instants, ASLEEP);
    this.#host.engine.readDeadline(instants, DEADLINE);
    // As a small integer it is no object when it is handed on.
    const mostUs = Math.max(0, Math.min(instants[DEADLINE]! - instants[ASLEEP]! - busyWaitUs, HEARTBEAT_US)) | 0;
    const sleepUs = this.#eventLoop.watched ? this.#eventLoop.limitUs(mostUs) : mostUs;
    const ready = this.#poller.wait(sleepUs);
    readClock(Clock.Boottime, instants, AWAKE);
    const stalledUs = instants[AWAKE]! - instants[ASLEEP]! - sleepUs;
    if (stalledUs > NOTEWORTHY_STALL_US) this.#host.noteStall(stalledUs);
    if (ready === 0 && busyWaitUs > 0) this.#spin(busyWaitUs);
    return ready < 0;
  }

  /** Waits without sleeping for a deadline that is at most `mostUs` away. */
  #spin(mostUs: number): void {
    const instants = this.#instants;
    if (instants[DEADLINE]! - instants[AWAKE]! > mostUs) return;
    while (instants[AWAKE]! < instants[DEADLINE]!) readClock(Clock.Boottime, instants, AWAKE);
    // What has arrived meanwhile is heard before the deadline is believed.
    if (this.#eventLoop.watched) this.#poller.wait(0);
  }
}
