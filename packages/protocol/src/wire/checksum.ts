/**
 * The Internet checksum (RFC 1071) over parts of borrowed bytes.
 *
 * Sums are plain numbers below 2^32 that grow over several parts and are folded once. A stored checksum is verified by
 * summing with it included: {@link foldSum} then gives 0xFFFF, which treats 0x0000 and 0xFFFF as the same zero.
 */

/** Adds the 16-bit words of `[start, end)` to `sum`; an odd last octet counts as a high octet. */
export function addWords(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  let at = start;
  for (; at + 1 < end; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) total += bytes[at]! << 8;
  return total;
}

/**
 * Adds the pseudo-header of IPv4 (classic) or IPv6 (RFC 8200 section 8.1): both addresses, the length of the upper
 * message and its protocol number. `addressLength` is 4 or 16.
 */
export function addPseudoHeader(
  sum: number,
  bytes: Uint8Array,
  sourceStart: number,
  destinationStart: number,
  addressLength: number,
  messageLength: number,
  protocol: number,
): number {
  const withSource = addWords(sum, bytes, sourceStart, sourceStart + addressLength);
  const withBoth = addWords(withSource, bytes, destinationStart, destinationStart + addressLength);
  return withBoth + messageLength + protocol;
}

/** Folds a sum to 16 bits. Zero only when every word was zero. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** The checksum to store for a sum that was made with a zero checksum field. */
export function checksumOf(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

/**
 * The checksum after one 16-bit word of the covered bytes changed from `before` to `after` (RFC 1624 equation 3).
 * The same as a checksum made from scratch.
 */
export function adjustChecksum(checksum: number, before: number, after: number): number {
  return checksumOf((~checksum & 0xffff) + (~before & 0xffff) + after);
}

/** The big-endian 16-bit word at `at`. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** The big-endian 32-bit word at `at`, 0..2^32-1. */
export function readLongWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function writeLongWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
