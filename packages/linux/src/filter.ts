/**
 * Classic BPF: a small assembler with named jump targets, and attaching a program to a socket.
 *
 * A program is data: a list of steps. What to let through is the business of whoever writes the list.
 */
import { koffi } from './libc.ts';
import { SocketLevel, SocketOption, setSocketOption } from './socket.ts';

/** One instruction. `label` names it; `then` and `otherwise` name where a comparison goes, the next step by default. */
export interface FilterStep {
  readonly code: number;
  readonly value: number;
  readonly label?: string;
  readonly then?: string;
  readonly otherwise?: string;
}

/** Offsets of {@link loadWord} that read what the kernel knows about the packet instead of its octets. */
export const PacketFact = {
  /** 0 for us, 1 broadcast, 2 multicast, 3 for another host, 4 outgoing. */
  Type: 0xfffff000 + 4,
  /** Tag control information that was removed from the octets. */
  VlanTag: 0xfffff000 + 44,
  /** 1 where a tag was removed from the octets. */
  VlanTagPresent: 0xfffff000 + 48,
} as const;

const LD = 0x00;
const ALU = 0x04;
const JMP = 0x05;
const RET = 0x06;
const MISC = 0x07;
const STORE = 0x02;
const SCRATCH = 0x60;
const WORD = 0x00;
const HALF = 0x08;
const BYTE = 0x10;
const ABSOLUTE = 0x20;
const INDEXED = 0x40;
const EQUAL = 0x10;
const ADD = 0x00;
const AND = 0x50;
const SHIFT_LEFT = 0x60;
const FROM_INDEX = 0x08;
const TO_INDEX = 0x00;
const LOAD_INDEX = 0x01;

/** Loads 4 octets at an offset from the start of the packet, or a {@link PacketFact}. */
export const loadWord = (offset: number): FilterStep => ({ code: LD | WORD | ABSOLUTE, value: offset });
/** Loads 2 octets. A load beyond the packet rejects it. */
export const loadHalf = (offset: number): FilterStep => ({ code: LD | HALF | ABSOLUTE, value: offset });
/** Loads 1 octet. */
export const loadByte = (offset: number): FilterStep => ({ code: LD | BYTE | ABSOLUTE, value: offset });
/** Loads 1 octet at index register plus offset. */
export const loadByteIndexed = (offset: number): FilterStep => ({ code: LD | BYTE | INDEXED, value: offset });
/** Sets the index register. */
export const setIndex = (value: number): FilterStep => ({ code: LOAD_INDEX, value });
/** Copies the accumulator to the index register. */
export const moveToIndex = (): FilterStep => ({ code: MISC | TO_INDEX, value: 0 });
/** Keeps the accumulator in one of 16 scratch cells. */
export const store = (cell: number): FilterStep => ({ code: STORE, value: cell });
/** Loads a scratch cell. */
export const recall = (cell: number): FilterStep => ({ code: LD | SCRATCH, value: cell });
export const add = (value: number): FilterStep => ({ code: ALU | ADD, value });
export const addIndex = (): FilterStep => ({ code: ALU | ADD | FROM_INDEX, value: 0 });
export const and = (value: number): FilterStep => ({ code: ALU | AND, value });
export const shiftLeft = (value: number): FilterStep => ({ code: ALU | SHIFT_LEFT, value });
/** Goes to `then` where the accumulator equals `value`, else to `otherwise`. */
export const ifEqual = (value: number, then?: string, otherwise?: string): FilterStep => ({
  code: JMP | EQUAL,
  value,
  ...(then !== undefined && { then }),
  ...(otherwise !== undefined && { otherwise }),
});
/** Ends the program: the packet is kept whole. */
export const accept = (): FilterStep => ({ code: RET, value: 0x40000 });
/** Ends the program: the socket never sees the packet. */
export const reject = (): FilterStep => ({ code: RET, value: 0 });
/** The same step under a name. */
export const labelled = (label: string, step: FilterStep): FilterStep => ({ ...step, label });

/** A program that lets nothing through. */
export const REJECT_ALL: readonly FilterStep[] = [reject()];

const INSTRUCTION_BYTES = 8;

/**
 * Turns steps into an array of struct sock_filter.
 * @throws RangeError for a label that is missing, behind, or more than 255 steps ahead
 */
export function assemble(steps: readonly FilterStep[]): Uint8Array {
  const labels = new Map<string, number>();
  for (const [index, step] of steps.entries()) if (step.label !== undefined) labels.set(step.label, index);
  const distance = (from: number, label: string | undefined): number => {
    if (label === undefined) return 0;
    const ahead = (labels.get(label) ?? -1) - from - 1;
    if (ahead < 0 || ahead > 255) throw new RangeError(`filter step ${from} cannot jump to ${label}`);
    return ahead;
  };
  const program = new DataView(new ArrayBuffer(steps.length * INSTRUCTION_BYTES));
  for (const [index, step] of steps.entries()) {
    const at = index * INSTRUCTION_BYTES;
    program.setUint16(at, step.code, true);
    program.setUint8(at + 2, distance(index, step.then));
    program.setUint8(at + 3, distance(index, step.otherwise));
    program.setUint32(at + 4, step.value, true);
  }
  return new Uint8Array(program.buffer);
}

/** struct sock_fprog for an assembled program, which must be kept for as long as the kernel may read it. */
export function filterDescriptor(program: Uint8Array): Uint8Array {
  // unsigned short length, padding, pointer.
  const descriptor = new DataView(new ArrayBuffer(16));
  descriptor.setUint16(0, program.length / INSTRUCTION_BYTES, true);
  descriptor.setBigUint64(8, koffi.address(program), true);
  return new Uint8Array(descriptor.buffer);
}

/** Attaches an assembled program; from here on the kernel drops what it rejects. Replaces an earlier one. */
export function attachFilter(fd: number, program: Uint8Array): void {
  const value = filterDescriptor(program);
  setSocketOption(fd, SocketLevel.Socket, SocketOption.AttachFilter, value, 'attach filter');
}
