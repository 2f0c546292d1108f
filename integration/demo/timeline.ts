/**
 * The printed timeline: a picture, events with the seconds since the beginning, and under each event what was measured.
 */

const ESCAPE = '\u001b[';
const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33' } as const;
export type Style = keyof typeof STYLES;

const LABEL_COLUMNS = 24;
const VALUE_COLUMNS = 12;

export class Timeline {
  readonly #out: NodeJS.WriteStream;
  readonly #coloured: boolean;
  #beginUs = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#coloured = out.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
  }

  /** The instant that events are counted from. */
  begin(atUs: number): void {
    this.#beginUs = atUs;
  }

  text(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** Something happened: time, headline, remark. */
  event(atUs: number, headline: string, style: Style, remark = ''): void {
    const seconds = ((atUs - this.#beginUs) / 1e6).toFixed(3).padStart(8);
    this.text(`\n${seconds} s  ${this.style(headline, 'bold', style)}${remark && `  ${this.style(remark, 'dim')}`}`);
  }

  /** A measurement that belongs to the last event. */
  detail(label: string, value: string, remark = ''): void {
    const line = `${' '.repeat(12)}${label.padEnd(LABEL_COLUMNS)}${value.padStart(VALUE_COLUMNS)}`;
    this.text(remark === '' ? line : `${line}   ${this.style(remark, 'dim')}`);
  }

  style(text: string, ...styles: Style[]): string {
    if (!this.#coloured) return text;
    return `${ESCAPE}${styles.map((style) => STYLES[style]).join(';')}m${text}${ESCAPE}0m`;
  }
}

/** `+12.34 ms` between two instants. */
export function after(eventUs: number, atUs: number): string {
  const milliseconds = (atUs - eventUs) / 1000;
  return `${milliseconds < 0 ? '-' : '+'}${format(Math.abs(milliseconds))} ms`;
}

/** `12.34 ms`. */
export function duration(us: number): string {
  return `${format(us / 1000)} ms`;
}

/** Two decimals, digits grouped by thin groups of three as in 3 648.44. */
function format(milliseconds: number): string {
  const [whole = '', fraction = ''] = milliseconds.toFixed(2).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ' ')}.${fraction}`;
}
