/**
 * What this process may do, asked of the kernel rather than guessed from the user's number.
 */
import { readFileSync } from 'node:fs';
import { openPacketSocket } from './packet-socket.ts';
import { AddressFamily, closeDescriptor, openSocket, SocketType } from './socket.ts';

/** Numbers of the capabilities that routing software asks for. */
export const Capability = {
  NetAdmin: 12,
  NetRaw: 13,
  IpcLock: 14,
  SysAdmin: 21,
  SysNice: 23,
  SysResource: 24,
} as const;
export type Capability = (typeof Capability)[keyof typeof Capability];

/** Whether a capability is in the effective set of this process. */
export function hasCapability(capability: Capability): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line !== null && ((BigInt(`0x${line[1]}`) >> BigInt(capability)) & 1n) === 1n;
}

function canOpen(open: () => number): boolean {
  try {
    closeDescriptor(open());
    return true;
  } catch {
    return false;
  }
}

/** Whether AF_PACKET sockets can be opened here. Containers may have the capability and yet refuse the family. */
export function canOpenPacketSocket(): boolean {
  return canOpen(openPacketSocket);
}

/** Whether raw IP sockets of a family can be opened here. */
export function canOpenRawSocket(family: 4 | 6, protocol: number): boolean {
  return canOpen(() => openSocket(family === 4 ? AddressFamily.Inet : AddressFamily.Inet6, SocketType.Raw, protocol));
}
