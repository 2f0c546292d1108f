/**
 * Durations and instants as an operator wants to read them.
 */

/** Microseconds as "12 ms", "3.609 s", "2 h 5 min", "4 d 1 h". */
export function formatDuration(us: number): string {
  if (us < 1000) return `${Math.round(us)} us`;
  if (us < 1e6) return `${trimmed(us / 1000, us < 10e3 ? 2 : 0)} ms`;
  if (us < 60e6) return `${trimmed(us / 1e6, 3)} s`;
  const minutes = Math.floor(us / 60e6);
  if (minutes < 60) return `${minutes} min ${Math.floor((us % 60e6) / 1e6)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "2026-01-31 10:02:11 UTC (3 min 2 s ago)", both instants in ISO form. */
export function formatInstant(instant: string, now: string): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return instant;
  const text = new Date(at).toISOString().replace('T', ' ').replace(/\..*$/, ' UTC');
  return `${text} (${formatAge(instant, now)} ago)`;
}

/** How long `instant` is before `now`, both in ISO form. */
export function formatAge(instant: string, now: string): string {
  return formatDuration(Math.max(0, Date.parse(now) - Date.parse(instant)) * 1000);
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
