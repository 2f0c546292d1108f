/**
 * Addresses as text and as octets, and the kinds of addresses that matter to a configuration.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Family } from '@locum/protocol';

/** 4 or 16 octets, or undefined if the text is not an address. Zones (`%eth0`) are not accepted. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number));
  return isIPv6(text) && !text.includes('%') ? parseIpv6(text) : undefined;
}

function parseIpv6(text: string): Uint8Array {
  const dotted = /[0-9.]*\.[0-9.]*$/.exec(text)?.[0];
  let hexadecimal = text;
  if (dotted !== undefined) {
    const [a, b, c, d] = dotted.split('.').map(Number);
    const groups = `${((a! << 8) | b!).toString(16)}:${((c! << 8) | d!).toString(16)}`;
    hexadecimal = text.slice(0, -dotted.length) + groups;
  }
  const [head, tail] = hexadecimal.split('::');
  const first = head === '' ? [] : head!.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const octets = new Uint8Array(16);
  const write = (groups: readonly string[], at: number) => {
    for (const [index, group] of groups.entries()) {
      const value = Number.parseInt(group, 16);
      octets[at + 2 * index] = value >> 8;
      octets[at + 2 * index + 1] = value & 0xff;
    }
  };
  write(first, 0);
  write(last, 16 - 2 * last.length);
  return octets;
}

/** Canonical text (RFC 5952 for IPv6). */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((octets[index]! << 8) | octets[index + 1]!);
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}

export function familyOf(octets: Uint8Array): Family {
  return octets.length === 4 ? 4 : 6;
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

export function isMulticast(octets: Uint8Array): boolean {
  return octets.length === 4 ? octets[0]! >> 4 === 0xe : octets[0] === 0xff;
}

/** fe80::/10. */
export function isLinkLocal(octets: Uint8Array): boolean {
  return octets.length === 16 && octets[0] === 0xfe && (octets[1]! & 0xc0) === 0x80;
}

/** The scope of an IPv6 group is the link (RFC 4291 section 2.7). */
export function isLinkScopeGroup(octets: Uint8Array): boolean {
  return octets[0] === 0xff && (octets[1]! & 0x0f) === 2;
}

/** Neither unspecified, multicast nor the limited broadcast address: an interface can have it. */
export function isAssignable(octets: Uint8Array): boolean {
  if (octets.every((octet) => octet === 0) || isMulticast(octets)) return false;
  return !(octets.length === 4 && octets.every((octet) => octet === 255));
}

/** The address with all bits after the prefix set, or cleared. IPv4. */
export function broadcastOf(octets: Uint8Array, prefixLength: number, ones: boolean): Uint8Array {
  return octets.map((octet, index) => {
    const networkBits = Math.max(0, Math.min(8, prefixLength - 8 * index));
    const hostMask = 0xff >> networkBits;
    return ones ? octet | hostMask : octet & ~hostMask;
  });
}

/** A name that Linux allows for an interface: 1 to 15 characters, no slash, no colon, no blank. */
export function isInterfaceName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused
  return /^[^\s/:\u0000-\u001f]{1,15}$/.test(name) && name !== '.' && name !== '..';
}
