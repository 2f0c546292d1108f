/**
 * Keeping all memory of this process from being paged out, although a JavaScript engine runs in it.
 *
 * V8 gives back pages that it does not use with `madvise`. The kernel refuses that for locked pages, and V8 ends the
 * process when it is refused. So before anything is locked, a seccomp filter answers such advice with success and lets
 * nothing happen: the pages stay, which is what locking asks for, and V8 expects nothing of what is in pages that it
 * gave up. The filter costs every system call some tens of nanoseconds and cannot be taken away again.
 */
import { readFileSync } from 'node:fs';
import { check, SystemError } from './errno.ts';
import { koffi, libc } from './libc.ts';

const mlockall = libc.func('int mlockall(int flags)') as (flags: number) => number;
const prctl = libc.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
) as (option: number, ...args: [number, number, number, number]) => number;
const seccomp = libc.func('long syscall(long number, unsigned int operation, unsigned int flags, void *program)') as (
  number: number,
  operation: number,
  flags: number,
  program: Uint8Array,
) => number;

const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
/** Without it all that is reserved becomes resident at once, and V8 reserves far more than it uses. */
const MCL_ONFAULT = 4;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
/** For all threads: V8 collects garbage on several. */
const SECCOMP_FILTER_FLAG_TSYNC = 1;
/** No guard against speculation comes with it, which older kernels make every branch pay for. */
const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
const SECCOMP_RET_ALLOW = 0x7fff0000;
/** The call does not happen and returns an errno: 0 here. */
const SECCOMP_RET_ERRNO = 0x00050000;
const MADV_DONTNEED = 4;
const MADV_FREE = 8;

/** By `process.arch`: AUDIT_ARCH_* and the numbers of two system calls. */
const ARCHITECTURES: Readonly<Record<string, { audit: number; seccomp: number; madvise: number }>> = {
  x64: { audit: 0xc000003e, seccomp: 317, madvise: 28 },
  arm64: { audit: 0xc00000b7, seccomp: 277, madvise: 233 },
};

/** `struct seccomp_data`: number u32, architecture u32, instruction pointer u64, six arguments u64. */
const DATA_NUMBER = 0;
const DATA_ARCHITECTURE = 4;
const DATA_ADVICE = 16 + 2 * 8;
const BPF_LOAD = 0x20;
const BPF_JUMP_IF_EQUAL = 0x15;
const BPF_RETURN = 0x06;
/** `struct sock_filter`: code u16, jump if true u8, jump if false u8, operand u32. */
const INSTRUCTION_BYTES = 8;

/**
 * Locks all pages of this process: those that are in memory now, and every other one as soon as it is touched.
 * @throws SystemError ENOSYS where it cannot be done safely, EPERM or ENOMEM where RLIMIT_MEMLOCK is too small
 */
export function lockAllMemory(): void {
  ignoreGivingBack();
  check(
    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT),
    'mlockall',
    'Give the process CAP_IPC_LOCK, or raise its memory lock limit (LimitMEMLOCK=infinity in a systemd unit).',
  );
}

/** Octets of this process that are in memory and locked there. 0 where the kernel does not say. */
export function lockedBytes(): number {
  try {
    const kibibytes = /^Locked:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** From now on `madvise` with MADV_DONTNEED or MADV_FREE does nothing and succeeds, on every thread. */
function ignoreGivingBack(): void {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new SystemError('seccomp', ENOSYS, HINT);
  const program = filterProgram(architecture);
  // `struct sock_fprog`: count u16, padding, address of the instructions.
  const description = new Uint8Array(16);
  const view = new DataView(description.buffer);
  view.setUint16(0, program.length / INSTRUCTION_BYTES, true);
  view.setBigUint64(8, BigInt(koffi.address(program)), true);
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl PR_SET_NO_NEW_PRIVS', HINT);
  const flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  check(seccomp(architecture.seccomp, SECCOMP_SET_MODE_FILTER, flags, description), 'seccomp', HINT);
}

const ENOSYS = 38;
const HINT = 'Switch swapping off for the service instead, with MemorySwapMax=0 in its systemd unit.';

function filterProgram({ audit, madvise }: { audit: number; madvise: number }): Uint8Array {
  const instructions: readonly (readonly [code: number, ifTrue: number, ifFalse: number, operand: number])[] = [
    [BPF_LOAD, 0, 0, DATA_ARCHITECTURE],
    [BPF_JUMP_IF_EQUAL, 0, 5, audit],
    [BPF_LOAD, 0, 0, DATA_NUMBER],
    [BPF_JUMP_IF_EQUAL, 0, 3, madvise],
    [BPF_LOAD, 0, 0, DATA_ADVICE],
    [BPF_JUMP_IF_EQUAL, 2, 0, MADV_DONTNEED],
    [BPF_JUMP_IF_EQUAL, 1, 0, MADV_FREE],
    [BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW],
    [BPF_RETURN, 0, 0, SECCOMP_RET_ERRNO],
  ];
  const program = new Uint8Array(instructions.length * INSTRUCTION_BYTES);
  const view = new DataView(program.buffer);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, operand, true);
  }
  return program;
}
