/**
 * Time inside the core: one unit, and the only conversions into it.
 *
 * Every instant and duration is an integer number of microseconds in a double (exact for 285 years). The shortest
 * legal skew is 39.06 us, so microseconds are fine enough as long as nothing is rounded down.
 */

/** Integer microseconds. Instants are on the host's monotonic clock; `Infinity` means never. */
export type Micros = number;

export const MICROS_PER_CENTISECOND = 10_000;
export const MICROS_PER_SECOND = 1_000_000;

/** Seconds as configured (may be fractional) to microseconds, rounded to the nearest. */
export function secondsToMicros(seconds: number): Micros {
  return Math.round(seconds * MICROS_PER_SECOND);
}

/** The v3 interval field (centiseconds, RFC 9568 section 5.2.7) to microseconds. */
export function centisecondsToMicros(centiseconds: number): Micros {
  return centiseconds * MICROS_PER_CENTISECOND;
}

/** Microseconds to whole centiseconds, rounded up so that a non-zero interval never becomes zero. */
export function microsToCentiseconds(micros: Micros): number {
  return Math.ceil(micros / MICROS_PER_CENTISECOND);
}

/** Microseconds to whole seconds, rounded up: the v2 interval field (RFC 3768 section 5.3.7). */
export function microsToWholeSeconds(micros: Micros): number {
  return Math.ceil(micros / MICROS_PER_SECOND);
}
