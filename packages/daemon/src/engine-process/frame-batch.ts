/**
 * Frames that go out of one port in a row: gathered, and sent together where the port can.
 *
 * What becomes of each frame is told after it was sent or refused, in order. Nothing is allocated unless one is refused.
 */
import type { TransmitPurpose } from '@locum/protocol';
import type { Port } from '@locum/transport';
import { SendResult } from '@locum/transport/contract';

/** Where frames go out; a port may lack the call for many frames. */
export type OutgoingPort = Pick<Port, 'send' | 'sendAll' | 'sendRouted'>;

/** Told the outcome for each frame. */
export type OutcomeReport = (result: SendResult, router: number, port: number, purpose: TransmitPurpose) => void;

const CAPACITY = 64;

export class FrameBatch {
  readonly #report: OutcomeReport;
  readonly #bounds = new Int32Array(2 * CAPACITY);
  readonly #routers = new Int32Array(CAPACITY);
  readonly #purposes = new Uint8Array(CAPACITY);
  #count = 0;
  #portIndex = -1;
  #port: OutgoingPort | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(report: OutcomeReport) {
    this.#report = report;
  }

  /** Whether a frame for this port can be added. */
  takes(portIndex: number, bytes: Uint8Array): boolean {
    if (this.#count === 0) return true;
    return this.#count < CAPACITY && this.#portIndex === portIndex && this.#bytes === bytes;
  }

  /** Adds a frame that {@link takes} was true for. The bytes are borrowed until {@link flush}. */
  add(
    port: OutgoingPort | undefined,
    portIndex: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    router: number,
    purpose: TransmitPurpose,
  ): void {
    const index = this.#count++;
    this.#port = port;
    this.#portIndex = portIndex;
    this.#bytes = bytes;
    this.#bounds[2 * index] = start;
    this.#bounds[2 * index + 1] = end;
    this.#routers[index] = router;
    this.#purposes[index] = purpose;
  }

  /** Sends what was added. */
  flush(): void {
    let done = 0;
    while (done < this.#count) {
      const together = this.#sendTogether(done);
      for (let index = done; index < done + together; index++) this.#tell(index, SendResult.Sent);
      done += together;
      // Alone, a frame says why it does not go out; those behind it may.
      if (done < this.#count) {
        this.#tell(done, this.#send(done));
        done++;
      }
    }
    this.#count = 0;
  }

  /** Sends from number `first` on as far as all goes well, and returns how many. */
  #sendTogether(first: number): number {
    const port = this.#port;
    const count = this.#count - first;
    if (count < 2 || port === undefined || port.sendAll === undefined) return 0;
    return port.sendAll(this.#bytes, first === 0 ? this.#bounds : this.#bounds.subarray(2 * first), count);
  }

  #send(index: number): SendResult {
    const port = this.#port;
    if (port === undefined) return SendResult.NotOpen;
    return port.send(this.#bytes, this.#bounds[2 * index]!, this.#bounds[2 * index + 1]!);
  }

  #tell(index: number, result: SendResult): void {
    this.#report(result, this.#routers[index]!, this.#portIndex, this.#purposes[index] as TransmitPurpose);
  }
}
