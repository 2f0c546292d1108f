/**
 * What processes use, as the kernel counts it.
 */
import { readdirSync, readFileSync } from 'node:fs';

const SCHED_OTHER = 0;
const SCHED_ROUND_ROBIN = 2;
/** Indexes into /proc/PID/stat behind the program's name (proc(5) counts from 3 there). */
const REALTIME_PRIORITY = 40 - 3;
const POLICY = 41 - 3;

/** Seconds of processor time that all threads of these processes have had, to the nanosecond. */
export function processorSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    }
  }
  return nanoseconds / 1e9;
}

export interface MemoryUse {
  /** Resident, with what is shared divided among the sharers. */
  readonly proportionalMb: number;
  /** Resident and not from a file. */
  readonly anonymousMb: number;
}

/** Sum over these processes, in units of 2^20 octets. */
export function memoryUse(pids: readonly number[]): MemoryUse {
  const total = { proportionalMb: 0, anonymousMb: 0 };
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    total.proportionalMb += kilobytes(text, 'Pss') / 1024;
    total.anonymousMb += kilobytes(text, 'Anonymous') / 1024;
  }
  return total;
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Whether a process is scheduled as wanted: round robin with this priority, or ordinarily where it is undefined. */
export function isScheduled(pid: number, priority: number | undefined): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const wantedPolicy = priority === undefined ? SCHED_OTHER : SCHED_ROUND_ROBIN;
  return Number(fields[POLICY]) === wantedPolicy && Number(fields[REALTIME_PRIORITY]) === (priority ?? 0);
}
