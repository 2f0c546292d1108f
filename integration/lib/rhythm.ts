/**
 * Whether something went on at its interval: told by how many came, since a busy machine delays one or the other of
 * them and loses none.
 */

/** How many are missing between the first and the last of `times`; below 0 where there are more than the interval makes. */
export function missingIn(times: readonly number[], interval: number): number {
  const expected = Math.round((times.at(-1)! - times[0]!) / interval);
  return expected - (times.length - 1);
}
