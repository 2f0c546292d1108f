/**
 * Node's event loop beside the reactor, for ports without a descriptor: their frames only arrive in a turn of the loop.
 *
 * While it is watched, the reactor's sleep ends when the loop has something to do, and the loop gets a turn before a
 * timer of the engine is believed. Precise deadlines stay with the reactor: at a deadline with a quiet loop no turn is
 * given. Timers of the loop, which a plug-in may use, are kept to the millisecond as everywhere in Node.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type NodeLoop, nodeLoop, PollEvent, type Poller } from '@locum/linux';

/** Where the loop cannot be watched it gets a turn this often. */
const BLIND_US = 2000;

export class EventLoop {
  readonly #poller: Poller;
  readonly #loop: NodeLoop | undefined;
  readonly #resume = (): void => this.#resolve?.();
  #slot = -1;
  #watched = false;
  /** Messages to ourselves while the loop is watched. */
  #sender: MessagePort | undefined;
  #resolve: (() => void) | undefined;

  /** @param loop what to watch; undefined where it cannot be had */
  constructor(poller: Poller, loop: NodeLoop | undefined = nodeLoop()) {
    this.#poller = poller;
    this.#loop = loop;
  }

  get watched(): boolean {
    return this.#watched;
  }

  /** Begins or ends watching. Idempotent. */
  watch(wanted: boolean): void {
    if (wanted === this.#watched) return;
    this.#watched = wanted;
    if (this.#loop === undefined) return;
    if (wanted) {
      this.#slot = this.#poller.add(this.#loop.fd, PollEvent.Readable);
      const { port1, port2 } = new MessageChannel();
      this.#sender = port1;
      port2.on('message', () => setImmediate(this.#resume).unref());
    } else {
      this.#poller.remove(this.#slot);
      this.#sender?.close();
      this.#sender = undefined;
    }
  }

  /** How long the reactor may sleep, at most `sleepUs`: a whole number. */
  limitUs(sleepUs: number): number {
    return Math.min(sleepUs, this.#loop?.timeoutUs() ?? BLIND_US) | 0;
  }

  /** Whether the loop has something to do, by what the poller found when it was last asked. */
  wantsTurn(): boolean {
    if (this.#loop === undefined) return true;
    return this.#poller.ready(this.#slot) !== 0 || this.#loop.timeoutUs() === 0;
  }

  /**
   * Lets the loop do what it has to do, without letting it sleep.
   *
   * A plain immediate would do, but for one thing: until its callback has returned, libuv says that it wants another
   * turn at once, and the reactor lives in that callback. A message to ourselves wakes the loop instead; the immediate
   * that follows comes when all events of this turn have been handled, and one without a reference asks for no turn.
   */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#sender === undefined) {
        setImmediate(resolve);
        return;
      }
      this.#resolve = resolve;
      this.#sender.postMessage(null);
    });
  }
}
