/**
 * Whether this machine lets us have real-time scheduling.
 */
import { SchedulingPolicy, setSchedulingPolicy } from '@locum/linux';

/** Why there is no real-time scheduling here; undefined when there is. */
export function realtimeLack(): string | undefined {
  try {
    setSchedulingPolicy(SchedulingPolicy.RoundRobin, 1);
  } catch (error) {
    return `no real-time scheduling here (${(error as Error).message}); run as root`;
  }
  setSchedulingPolicy(SchedulingPolicy.Other, 0);
  return undefined;
}
