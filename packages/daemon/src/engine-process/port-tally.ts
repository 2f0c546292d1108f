/**
 * What became of frames on a planned port, over all the times that it was opened.
 */
import { addCounts, type Counted, MOST_DROP_REASONS, PORT_ROW_LENGTH } from '../board/port-counters.ts';

export class PortTally {
  /** For what the port counts drops of its own, in the order of its row. */
  reasons: readonly string[] = [];
  readonly #past = new Float64Array(PORT_ROW_LENGTH);
  readonly #row = new Float64Array(PORT_ROW_LENGTH);
  #port: Counted | undefined;

  /** The port has been opened. */
  begin(port: Counted): void {
    this.#port = port;
    this.reasons = Object.keys(port.drops ?? {}).slice(0, MOST_DROP_REASONS);
  }

  /** It is about to be closed. */
  end(): void {
    if (this.#port !== undefined) addCounts(this.#past, this.#port);
    this.#port = undefined;
  }

  /** All counts until now; the same memory each time. */
  get row(): Float64Array {
    this.#row.set(this.#past);
    if (this.#port !== undefined) addCounts(this.#row, this.#port);
    return this.#row;
  }
}
