/**
 * Addresses as people write them, to octets and back. For tests and the demonstration only.
 */

/** 4 octets of `192.168.1.1` or 16 of `fe80::1`. Throws on anything else. */
export function parseAddress(text: string): Uint8Array {
  return text.includes(':') ? parseIpv6(text) : parseOctets(text, '.', 10, 4);
}

/** 6 octets of `02:00:00:00:00:01`. */
export function parseMac(text: string): Uint8Array {
  return parseOctets(text, ':', 16, 6);
}

export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** Dotted quad, or IPv6 text with the longest run of zeroes shortened (RFC 5952). */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address[index * 2]! << 8) | address[index * 2 + 1]!).toString(16),
  );
  let runStart = 0;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > runLength) [runStart, runLength] = [start, length];
  }
  if (runLength === 1) return groups.join(':');
  return `${groups.slice(0, runStart).join(':')}::${groups.slice(runStart + runLength).join(':')}`;
}

function parseOctets(text: string, separator: string, radix: number, count: number): Uint8Array {
  const parts = text.split(separator);
  const octets = parts.map((part) => Number.parseInt(part, radix));
  if (octets.length !== count || octets.some((octet) => !(octet >= 0 && octet <= 255))) {
    throw new Error(`not an address: ${text}`);
  }
  return Uint8Array.from(octets);
}

function parseIpv6(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeroes = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(zeroes, 0)).fill('0'), ...after];
  if (groups.length !== 8) throw new Error(`not an address: ${text}`);
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
