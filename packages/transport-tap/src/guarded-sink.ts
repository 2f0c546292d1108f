/**
 * The sink of a port that has more than one reason to fail: the first fault is passed on, nothing after it.
 */
import type { Frame, FrameSink, TransportError } from '@locum/transport';

export class GuardedSink implements FrameSink {
  faulted = false;
  readonly #sink: FrameSink;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  onFrame(frame: Frame): void {
    if (!this.faulted) this.#sink.onFrame(frame);
  }

  onFault(error: TransportError): void {
    if (this.faulted) return;
    this.faulted = true;
    this.#sink.onFault(error);
  }
}
