/**
 * How the kernel schedules, names, limits and ends this process.
 *
 * Everything acts on the calling thread or process; the main thread of Node is the one that runs JavaScript.
 */
import { readdirSync } from 'node:fs';
import { check } from './errno.ts';
import { libc } from './libc.ts';

const schedSetscheduler = libc.func('int sched_setscheduler(int pid, int policy, void *parameters)') as (
  pid: number,
  policy: number,
  parameters: Int32Array,
) => number;
const schedGetscheduler = libc.func('int sched_getscheduler(int pid)') as (pid: number) => number;
const schedSetaffinity = libc.func('int sched_setaffinity(int pid, size_t size, void *mask)') as (
  pid: number,
  size: number,
  mask: Uint8Array,
) => number;
const setpriorityCall = libc.func('int setpriority(int which, int who, int nice)') as (
  which: number,
  who: number,
  nice: number,
) => number;
// prctl is variadic in C; on the platforms Node runs on, integer arguments travel the same way.
const prctl = libc.func('int prctl(int option, unsigned long argument)') as (
  option: number,
  argument: number,
) => number;
const prctlName = libc.func('prctl', 'int', ['int', 'str']) as (option: number, name: string) => number;
const setrlimit = libc.func('int setrlimit(int resource, void *limit)') as (
  resource: number,
  limit: BigUint64Array,
) => number;
const getrlimit = libc.func('int getrlimit(int resource, void *limit)') as (
  resource: number,
  limit: BigUint64Array,
) => number;

const PRIO_PROCESS = 0;
const PR_SET_PDEATHSIG = 1;
const PR_SET_NAME = 15;
const PR_SET_TIMERSLACK = 29;
const SCHED_RESET_ON_FORK = 0x40000000;

const SCHEDULING_HINT = 'Give the process CAP_SYS_NICE, or set LimitRTPRIO in its systemd unit.';

/** Scheduling policies. `RoundRobin` is what keepalived uses. */
export const SchedulingPolicy = { Other: 0, Fifo: 1, RoundRobin: 2, Batch: 3 } as const;
export type SchedulingPolicy = (typeof SchedulingPolicy)[keyof typeof SchedulingPolicy];

/**
 * Sets the policy of the calling thread. Children do not inherit a real-time policy.
 * @param priority 1 to 99 for `Fifo` and `RoundRobin`, 0 for `Other`
 * @throws SystemError EPERM without CAP_SYS_NICE
 */
export function setSchedulingPolicy(policy: SchedulingPolicy, priority: number): void {
  const parameters = new Int32Array([priority]);
  check(schedSetscheduler(0, policy | SCHED_RESET_ON_FORK, parameters), 'sched_setscheduler', SCHEDULING_HINT);
}

/** The policy of the calling thread. */
export function schedulingPolicy(): number {
  return check(schedGetscheduler(0), 'sched_getscheduler') & ~SCHED_RESET_ON_FORK;
}

/**
 * Lets the other threads of this process have their turn like any other, but never take the processor from the calling
 * thread when they wake up: those of Node compile and collect, and what they do can wait for a millisecond.
 */
export function subordinateOtherThreads(): void {
  const parameters = new Int32Array(1);
  for (const thread of readdirSync('/proc/self/task')) {
    // A thread may have ended meanwhile.
    if (Number(thread) !== process.pid) schedSetscheduler(Number(thread), SchedulingPolicy.Batch, parameters);
  }
}

/** Restricts the calling thread to these processors, counted from 0 (at most 1023). */
export function setProcessorAffinity(processors: readonly number[]): void {
  const mask = new Uint8Array(128);
  for (const processor of processors) mask[processor >> 3] = mask[processor >> 3]! | (1 << (processor & 7));
  check(schedSetaffinity(0, mask.length, mask), 'sched_setaffinity');
}

/** Sets the nice value of the calling thread: -20 (favoured) to 19. */
export function setNice(nice: number): void {
  check(setpriorityCall(PRIO_PROCESS, 0, nice), 'setpriority', SCHEDULING_HINT);
}

/** The kernel sends `signal` (a number; 0 for none) to this process when its parent's creating thread ends. */
export function setParentDeathSignal(signal: number): void {
  check(prctl(PR_SET_PDEATHSIG, signal), 'prctl PR_SET_PDEATHSIG');
}

/** Names the calling thread as `ps` and `top` show it; the kernel keeps 15 octets. */
export function setThreadName(name: string): void {
  check(prctlName(PR_SET_NAME, name), 'prctl PR_SET_NAME');
}

/** How far the kernel may delay timed waits of this thread to save wake-ups; 50 us by default, 0 under real time. */
export function setTimerSlackNs(slackNs: number): void {
  check(prctl(PR_SET_TIMERSLACK, slackNs), 'prctl PR_SET_TIMERSLACK');
}

/** Resources of {@link setResourceLimit}. */
export const Resource = { OpenFiles: 7, LockedMemory: 8, RealTimePriority: 14, RealTimeUs: 15 } as const;
export type Resource = (typeof Resource)[keyof typeof Resource];

/** A limit that is no limit, as the kernel spells it. */
export const UNLIMITED = 0xffff_ffff_ffff_ffffn;

export interface ResourceLimit {
  soft: bigint;
  hard: bigint;
}

/** Soft and hard limit of a resource of this process. */
export function resourceLimit(resource: Resource): ResourceLimit {
  const limit = new BigUint64Array(2);
  check(getrlimit(resource, limit), 'getrlimit');
  return { soft: limit[0]!, hard: limit[1]! };
}

/** @throws SystemError EPERM where a hard limit would be raised without CAP_SYS_RESOURCE */
export function setResourceLimit(resource: Resource, limit: ResourceLimit): void {
  check(setrlimit(resource, new BigUint64Array([limit.soft, limit.hard])), 'setrlimit');
}
