/**
 * Which settings a reload cannot bring into force, because an engine process takes them on when it starts and never
 * again.
 */
import type { DaemonSettings } from '../configuration/settings.ts';

type GlobalSettings = DaemonSettings['global'];

/** Keywords of `global_defs` by the setting that they make. */
const KEYWORDS = {
  realtimePriority: 'vrrp_rt_priority',
  nice: 'vrrp_priority',
  processors: 'vrrp_cpu_affinity',
  noSwap: 'vrrp_no_swap',
} as const satisfies Partial<Record<keyof GlobalSettings, string>>;

/** What to tell an operator about a reload that changes such settings; undefined when it changes none. */
export function postponedNotice(before: GlobalSettings, after: GlobalSettings): string | undefined {
  const settings = Object.keys(KEYWORDS) as (keyof typeof KEYWORDS)[];
  const changed = settings.filter((setting) => String(before[setting]) !== String(after[setting]));
  if (changed.length === 0) return undefined;
  return `Changed, but in force only when the engine starts: ${changed.map((setting) => KEYWORDS[setting]).join(', ')}`;
}
