/**
 * What became of frames on each port: a row of figures for each of the engine's ports, written now and then.
 */

/** Most ports at a time, those that a reload replaces included. */
export const MAX_PORTS = 512;
/** Most reasons for which a port may count drops of its own. */
export const MOST_DROP_REASONS = 16;

const Column = { framesReceived: 0, framesSent: 1, framesDropped: 2, sendFailures: 3, drops: 4 } as const;
export const PORT_ROW_LENGTH = Column.drops + MOST_DROP_REASONS;

/** Frames of a port since it was planned, however often it was opened. */
export interface PortCounts {
  readonly framesReceived: number;
  readonly framesSent: number;
  /** Lost because nobody took them in time. */
  readonly framesDropped: number;
  readonly sendFailures: number;
  /** Lost or refused for reasons of the transport, those above zero. */
  readonly drops: Readonly<Record<string, number>>;
}

/** What a port counts; the drops by its reasons in their order. */
export interface Counted {
  readonly stats: Omit<PortCounts, 'drops'>;
  readonly drops?: Readonly<Record<string, number>> | undefined;
}

export class PortCounters {
  /** Doubles that the rows take. */
  static readonly length = MAX_PORTS * PORT_ROW_LENGTH;
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  /** Replaces the row of a port. */
  write(port: number, row: Float64Array): void {
    if (port < MAX_PORTS) this.#cells.set(row, port * PORT_ROW_LENGTH);
  }

  /** @param reasons names of the port's own drops in their order */
  read(port: number, reasons: readonly string[]): PortCounts {
    const start = port * PORT_ROW_LENGTH;
    const cell = (column: number): number => this.#cells[start + column] ?? 0;
    const drops = reasons.map((reason, index): [string, number] => [reason, cell(Column.drops + index)]);
    return {
      framesReceived: cell(Column.framesReceived),
      framesSent: cell(Column.framesSent),
      framesDropped: cell(Column.framesDropped),
      sendFailures: cell(Column.sendFailures),
      drops: Object.fromEntries(drops.filter(([, count]) => count > 0)),
    };
  }
}

/** Adds what a port has counted to a row. */
export function addCounts(row: Float64Array, { stats, drops = {} }: Counted): void {
  row[Column.framesReceived]! += stats.framesReceived;
  row[Column.framesSent]! += stats.framesSent;
  row[Column.framesDropped]! += stats.framesDropped;
  row[Column.sendFailures]! += stats.sendFailures;
  let column = Column.drops as number;
  for (const reason in drops) if (column < PORT_ROW_LENGTH) row[column++]! += drops[reason]!;
}
