/**
 * Memory outside the JavaScript heap: mappings of devices, files and anonymous memory, and the address of bytes.
 *
 * A mapping is a Uint8Array over the kernel's pages. Unmapping puts empty pages in their place until the array is
 * collected, so a forgotten reference reads zeroes instead of crashing the process.
 */
import { check } from './errno.ts';
import { koffi, libc } from './libc.ts';

const mmapCall = libc.func(
  'void *mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)',
) as (address: number, length: number, protection: number, flags: number, fd: number, offset: number) => bigint | null;
const munmapCall = libc.func('int munmap(uintptr_t address, size_t length)') as (
  address: number,
  length: number,
) => number;
const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)') as (
  name: string,
  flags: number,
) => number;
const ftruncate = libc.func('int ftruncate(int fd, int64_t length)') as (fd: number, length: number) => number;

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_POPULATE = 0x8000;
const MFD_CLOEXEC = 1;

/** Pages mapped into this process. */
export interface Mapping {
  /** The mapped bytes; zeroes that nobody shares after {@link unmap}. */
  readonly bytes: Uint8Array;
  /** Address of the first byte, exact in a double. */
  readonly address: number;
  /** Gives the pages back; calling it again does nothing. */
  unmap(): void;
}

const collected = new FinalizationRegistry<{ address: number; length: number }>(({ address, length }) => {
  munmapCall(address, length);
});

/** Whether mmap returned MAP_FAILED, which is (void *) -1. */
function isFailure(pointer: bigint | null): boolean {
  return pointer === null || BigInt.asIntN(64, pointer) === -1n;
}

function map(length: number, flags: number, fd: number, operation: string): Mapping {
  const pointer = mmapCall(0, length, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (isFailure(pointer)) check(-1, operation);
  const address = Number(pointer);
  const bytes = new Uint8Array(koffi.view(pointer, length));
  let mapped = true;
  return {
    bytes,
    address,
    unmap() {
      if (!mapped) return;
      mapped = false;
      const empty = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
      if (isFailure(mmapCall(address, length, PROT_READ | PROT_WRITE, empty, -1, 0))) check(-1, 'unmap');
      collected.register(bytes.buffer, { address, length });
    },
  };
}

/** Maps `length` bytes of a descriptor (memfd, file, packet socket), shared with every process that maps it. */
export function mapShared(fd: number, length: number): Mapping {
  return map(length, MAP_SHARED, fd, `mmap descriptor ${fd}`);
}

/** Maps `length` zeroed bytes private to this process, present in memory from the start. */
export function mapAnonymous(length: number): Mapping {
  return map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 'mmap anonymous memory');
}

/**
 * Makes a nameless file in memory and returns its descriptor, which the caller closes. A child process gets it by
 * inheritance through the `stdio` option of `child_process.spawn`, and maps it with {@link mapShared}.
 * @param name shown in /proc only
 */
export function createMemoryFile(name: string, length: number): number {
  const fd = check(memfdCreate(name, MFD_CLOEXEC), 'memfd_create');
  check(ftruncate(fd, length), 'ftruncate memfd');
  return fd;
}

const addresses = new WeakMap<ArrayBufferLike, number>();

function learnAddress(buffer: ArrayBufferLike): number {
  // An array over it is accepted for shared buffers as well.
  const address = Number(koffi.address(new Uint8Array(buffer)));
  addresses.set(buffer, address);
  return address;
}

/**
 * Address of the first byte of `bytes.buffer`. The engine never moves the memory of a buffer, so it is asked once and
 * remembered; later calls cost about 25 ns and allocate nothing. A detached buffer keeps its old answer: check
 * `bytes.length` before using the address.
 */
export function bufferAddress(bytes: Uint8Array): number {
  return addresses.get(bytes.buffer) ?? learnAddress(bytes.buffer);
}
