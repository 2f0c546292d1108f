/**
 * Numbers for people: as many digits as mean something.
 */

/** About three digits: `1234`, `56.7`, `0.089`. */
export function formatNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  if (magnitude >= 0.1) return value.toFixed(2);
  if (magnitude >= 0.001) return value.toFixed(3);
  return value.toExponential(0);
}

/** `0.21x`, `12x`, `0.015x`. */
export function formatRatio(value: number): string {
  return `${value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(2) : value.toFixed(3)}x`;
}

/** A round number without needless digits, for axes: `2.5`, `10`. */
export function formatTick(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Octets an operation. What is left of a few in thousands of operations is the runtime's, not the code's. */
export function formatBytes(value: number): string {
  return value < 0.05 ? '0' : formatNumber(value);
}
