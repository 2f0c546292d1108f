/**
 * The loop of the engine process: sleep in `ppoll`, hear everything that has arrived, and only then let timers expire.
 *
 * Draining first matters: after a pause of any kind, the adverts that waited in the kernel must be heard before a deadline
 * that passed meanwhile is believed. The clock is CLOCK_BOOTTIME: it counts the time in which the machine was suspended,
 * so that a resumed engine knows that it was away. Instants stay in an array, where they cost no memory.
 * Ports that have no descriptor are heard in a turn of Node's event loop: see `event-loop.ts`.
 *
 * An advert is late by what lies between the deadline and the system call that sends it, and unevenly spaced by what of
 * that varies. What varies most is how much of the way the processor's caches still know after a rest. So the reactor is
 * awake some time before a deadline, and rehearses.
 */
import { Alarm, Clock, PollEvent, type Poller, readClock, spinUntil } from '@locum/linux';
import type { PlanChange } from '../channel/message.ts';
import type { EngineHost } from './engine-host.ts';
import type { EventLoop } from './event-loop.ts';
import { LESSON_US, type Rehearsal } from './rehearsal.ts';
import type { SupervisorSocket } from './supervisor-socket.ts';

/** An engine whose supervisor is gone serves this long for another one to come, then resigns in order. */
const ORPHAN_GRACE_US = 60_000_000;
/** Longest sleep: the heartbeat on the board is never older than this in a healthy engine. */
const HEARTBEAT_US = 500_000;
/** A healthy machine does not keep a process from running for this long. */
const NOTEWORTHY_STALL_US = 100_000;
/** To wake up, and to rehearse from cold, takes some tenths of a millisecond before an advert. After a short rest less does. */
const LEAST_WARM_UP_US = 150;
const ADVERT_WARM_UP_US = 600;
/** And the way of a takeover is longer. */
const TAKEOVER_WARM_UP_US = 2_000;
/** Warming up takes at most this part of the time. */
const WARM_UP_SHARE = 1 / 50;
/** To practise takes a few milliseconds; there must be time for many times that. */
const PRACTICE_US = 50_000;
/** While deadlines follow closely, news are put off by up to this: whom they wake wants the processor that they need. */
const CLOSE_US = 1_000;
const LONGEST_NEWS_WAIT_US = 20_000;

// Places in the array of instants.
const BEGUN = 0;
const ASLEEP = 1;
const DEADLINE = 2;
const AWAKE = 3;
const ORPHANED = 4;
const ALARM = 5;
/** When a deadline was last met. */
const MET = 6;
/** When the supervisor was last told news. */
const TOLD = 7;
/** When this process was last known to run. */
const SEEN = 8;
/** When to rehearse again. */
const AGAIN = 9;
const INSTANTS = 10;

export class Reactor {
  stopping = false;
  /** Plans that wait to be carried out. */
  readonly plans: PlanChange[] = [];
  readonly #poller: Poller;
  readonly #host: EngineHost;
  readonly #socket: SupervisorSocket;
  readonly #eventLoop: EventLoop;
  readonly #rehearsal: Rehearsal;
  readonly #alarm = new Alarm(Clock.Boottime);
  readonly #alarmSlot: number;
  readonly #instants = new Float64Array(INSTANTS);

  constructor(poller: Poller, host: EngineHost, socket: SupervisorSocket, eventLoop: EventLoop, rehearsal: Rehearsal) {
    this.#poller = poller;
    this.#alarmSlot = poller.add(this.#alarm.fd, PollEvent.Readable);
    this.#host = host;
    this.#socket = socket;
    this.#eventLoop = eventLoop;
    this.#rehearsal = rehearsal;
    this.orphaned();
    this.resume();
  }

  /** The supervisor is gone, or has not come yet. */
  orphaned(): void {
    readClock(Clock.Boottime, this.#instants, ORPHANED);
  }

  /** What was done since {@link run} returned may have taken any time, and was no stall. */
  resume(): void {
    readClock(Clock.Boottime, this.#instants, SEEN);
  }

  /**
   * Goes round until the engine is to stop, or something has to be awaited, and returns whether the event loop wants a
   * turn: after a signal, and now and then, because a signal that came while nothing slept has interrupted nothing.
   */
  run(): boolean {
    const instants = this.#instants;
    readClock(Clock.Boottime, instants, BEGUN);
    // Whoever calls has let the event loop turn, and what that brought has not been dealt with.
    let turned = this.#eventLoop.watched;
    while (!this.stopping && !this.#host.waiting && this.plans.length === 0) {
      const interrupted = !turned && this.#sleep();
      if (!turned && this.#eventLoop.watched && (interrupted || this.#eventLoop.wantsTurn())) return true;
      turned = false;
      this.#host.step();
      if (instants[AWAKE]! >= instants[DEADLINE]!) instants[MET] = instants[AWAKE]!;
      this.#socket.drain();
      this.#tellNews();
      if (!this.#socket.connected && instants[AWAKE]! - instants[ORPHANED]! > ORPHAN_GRACE_US) this.stopping = true;
      // What a port has begun for a frame, such as to look an address up, goes on only when no code of ours runs.
      if (this.#host.takeSending() && this.#eventLoop.watched) return true;
      if (interrupted || instants[AWAKE]! - instants[BEGUN]! >= HEARTBEAT_US) {
        this.#practise();
        return true;
      }
    }
    return false;
  }

  /** Uses the time in which nothing is due. */
  #practise(): void {
    const instants = this.#instants;
    this.#host.engine.readDeadline(instants, DEADLINE);
    if (instants[DEADLINE]! - instants[AWAKE]! > PRACTICE_US && this.#host.engine.takeoverIsNext) {
      this.#rehearsal.practise();
    }
  }

  #tellNews(): void {
    const instants = this.#instants;
    this.#host.engine.readDeadline(instants, DEADLINE);
    const isClose = instants[DEADLINE]! - instants[AWAKE]! < CLOSE_US;
    if (isClose && instants[AWAKE]! - instants[TOLD]! < LONGEST_NEWS_WAIT_US) return;
    const news = this.#host.takeNews();
    if (news === undefined) return;
    this.#socket.send(news);
    instants[TOLD] = instants[AWAKE]!;
  }

  /** Sleeps until a frame, a message, a signal or the next deadline. True for a signal. */
  #sleep(): boolean {
    const instants = this.#instants;
    this.#host.engine.readDeadline(instants, DEADLINE);
    const warmUpUs = this.#warmUpUs();
    const leadUs = Math.max(warmUpUs, this.#host.busyWaitUs);
    readClock(Clock.Boottime, instants, ASLEEP);
    const learning = this.#hasTimeToLearn();
    // As a small integer it is no object when it is handed on.
    const mostUs = learning
      ? 0
      : Math.max(0, Math.min(instants[DEADLINE]! - leadUs - instants[ASLEEP]!, HEARTBEAT_US)) | 0;
    const sleepUs = this.#eventLoop.watched ? this.#eventLoop.limitUs(mostUs) : mostUs;
    const ready = this.#wait(sleepUs);
    readClock(Clock.Boottime, instants, AWAKE);
    this.#noteStall(sleepUs);
    if (ready === 0 && learning) this.#rehearsal.learn();
    else if (ready === 0 && instants[DEADLINE]! - instants[AWAKE]! <= leadUs) this.#prepare(leadUs, warmUpUs > 0);
    return ready < 0;
  }

  /** What the rehearsal has to learn can wait for the routers to run, but not they for it. */
  #hasTimeToLearn(): boolean {
    const instants = this.#instants;
    return !this.#rehearsal.learned && this.#host.configured && instants[DEADLINE]! - instants[ASLEEP]! > LESSON_US;
  }

  /** A stop can come at any moment, so all of the round counts, of which `sleepUs` were meant for sleep. */
  #noteStall(sleepUs: number): void {
    const instants = this.#instants;
    const stalledUs = instants[AWAKE]! - instants[SEEN]! - sleepUs;
    if (stalledUs > NOTEWORTHY_STALL_US) this.#host.noteStall(stalledUs);
    instants[SEEN] = instants[AWAKE]!;
  }

  /** Waits for descriptors, and returns how many are ready, or -errno; an alarm is none. */
  #wait(sleepUs: number): number {
    const instants = this.#instants;
    if (sleepUs > 0) {
      instants[ALARM] = instants[ASLEEP]! + sleepUs;
      this.#alarm.setAt(instants, ALARM);
    }
    const ready = this.#poller.wait(sleepUs > 0 ? -1 : 0);
    return ready > 0 && this.#poller.ready(this.#alarmSlot) !== 0 ? ready - 1 : ready;
  }

  /** How long before the deadline to begin with rehearsals; 0 where the last one is not long ago. */
  #warmUpUs(): number {
    if (!this.#rehearsal.learned) return 0;
    const mostUs = (this.#instants[DEADLINE]! - this.#instants[MET]!) * WARM_UP_SHARE;
    if (mostUs < LEAST_WARM_UP_US) return 0;
    if (mostUs >= TAKEOVER_WARM_UP_US && this.#host.engine.takeoverIsNext) return TAKEOVER_WARM_UP_US;
    return Math.min(mostUs, ADVERT_WARM_UP_US) | 0;
  }

  /** Rehearses where wanted, and waits without sleeping for a deadline that is at most `leadUs` away. */
  #prepare(leadUs: number, rehearsing: boolean): void {
    const instants = this.#instants;
    if (rehearsing) this.#rehearse();
    // A frame may have moved the deadline.
    this.#host.engine.readDeadline(instants, DEADLINE);
    if (instants[DEADLINE]! - instants[AWAKE]! > leadUs) return;
    spinUntil(Clock.Boottime, instants, AWAKE, DEADLINE);
    // What has arrived meanwhile is heard before the deadline is believed.
    if (this.#eventLoop.watched) this.#poller.wait(0);
  }

  /** Twice where there is time: at once, for what is slow the first time, and again as shortly before as that allows. */
  #rehearse(): void {
    const instants = this.#instants;
    const tookUs = this.#rehearseOnce();
    instants[AGAIN] = instants[DEADLINE]! - 2 * tookUs;
    if (instants[AWAKE]! > instants[AGAIN]!) return;
    spinUntil(Clock.Boottime, instants, AWAKE, AGAIN);
    this.#rehearseOnce();
  }

  #rehearseOnce(): number {
    const instants = this.#instants;
    const begunAt = instants[AWAKE]!;
    this.#host.step();
    if (this.#host.engine.takeoverIsNext) this.#rehearsal.takeOver();
    else this.#rehearsal.advertise();
    readClock(Clock.Boottime, instants, AWAKE);
    // A deadline that is moved again and again is not rehearsed for each time.
    instants[MET] = instants[AWAKE]!;
    return (instants[AWAKE]! - begunAt) | 0;
  }
}
