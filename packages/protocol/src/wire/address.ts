/**
 * IPv4 and IPv6 addresses: between text and octets, and comparison.
 *
 * An address is 4 or 16 octets in network order, at an offset of somebody's byte array. Text is for configuration,
 * tests and people; comparison is for the hot path.
 */

/**
 * Unsigned comparison in network byte order, as the election needs it (RFC 9568 section 6.4.3).
 * Negative, zero or positive, as the first address is lower, equal or higher. `length` is 4 or 16.
 */
export function compareAddresses(
  first: Uint8Array,
  firstStart: number,
  second: Uint8Array,
  secondStart: number,
  length: number,
): number {
  for (let index = 0; index < length; index++) {
    const difference = first[firstStart + index]! - second[secondStart + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether two addresses of `length` octets are the same. */
export function addressesEqual(
  first: Uint8Array,
  firstStart: number,
  second: Uint8Array,
  secondStart: number,
  length: number,
): boolean {
  return compareAddresses(first, firstStart, second, secondStart, length) === 0;
}

/** Whether the 16 octets at `start` are in fe80::/10. */
export function isLinkLocal(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === 0xfe && (bytes[start + 1]! & 0xc0) === 0x80;
}

/** Copies the packed addresses of `from` to `at` and returns the end. */
export function writeAddresses(bytes: Uint8Array, at: number, from: Uint8Array): number {
  for (let index = 0; index < from.length; index += 4) {
    const word = at + index;
    bytes[word] = from[index]!;
    bytes[word + 1] = from[index + 1]!;
    bytes[word + 2] = from[index + 2]!;
    bytes[word + 3] = from[index + 3]!;
  }
  return at + from.length;
}

/** Addresses of one family, one after the other in one array. */
export function packAddresses(addresses: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const address of addresses) length += address.length;
  const packed = new Uint8Array(length);
  let at = 0;
  for (const address of addresses) {
    packed.set(address, at);
    at += address.length;
  }
  return packed;
}

/**
 * Parses an IPv4 address (four decimal numbers, no leading zeroes) or an IPv6 address (RFC 4291 section 2.2, without
 * zone or prefix length). Undefined when the text is neither.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** 16-bit groups of a colon-separated part; the last may be a dotted IPv4 address where `dotted` allows it. */
function parseGroups(text: string, dotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const ipv4 = dotted && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 === undefined) return undefined;
    groups.push((ipv4[0]! << 8) | ipv4[1]!, (ipv4[2]! << 8) | ipv4[3]!);
  }
  return groups;
}

/** Text of the address of `length` octets (4 or 16) at `start`; IPv6 in the canonical form of RFC 5952. */
export function formatAddress(bytes: Uint8Array, start = 0, length = bytes.length - start): string {
  if (length === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  const groups: number[] = [];
  for (let at = start; at < start + 16; at += 2) groups.push((bytes[at]! << 8) | bytes[at + 1]!);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${formatAddress(bytes, start + 12, 4)}`;
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.count < 2) return hex.join(':');
  return `${hex.slice(0, run.index).join(':')}::${hex.slice(run.index + run.count).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { index: number; count: number } {
  let best = { index: 0, count: 0 };
  for (let index = 0; index < groups.length; index++) {
    let count = 0;
    while (groups[index + count] === 0) count++;
    if (count > best.count) best = { index, count };
  }
  return best;
}

/** Text of a 6-octet MAC address at `start`, lower case with colons. */
export function formatMac(bytes: Uint8Array, start = 0): string {
  const parts: string[] = [];
  for (let at = start; at < start + 6; at++) parts.push(bytes[at]!.toString(16).padStart(2, '0'));
  return parts.join(':');
}
