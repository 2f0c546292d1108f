/**
 * The Internet checksum (RFC 1071) over parts of borrowed bytes.
 *
 * Sums are plain numbers below 2^32 that grow over several parts and are folded once. A stored checksum is verified by
 * summing with it included: {@link foldSum} then gives 0xFFFF, which treats 0x0000 and 0xFFFF as the same zero.
 */

/** Adds the 16-bit words of `[start, end)` to `sum`; an odd last octet counts as a high octet. */
export function addWords(sum: number, view: DataView, start: number, end: number): number {
  let total = sum;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const first = view.getInt32(at);
    const second = view.getInt32(at + 4);
    total += (first >>> 16) + (first & 0xffff) + (second >>> 16) + (second & 0xffff);
  }
  if (at + 4 <= end) {
    const word = view.getInt32(at);
    total += (word >>> 16) + (word & 0xffff);
    at += 4;
  }
  return at < end ? addRest(total, view, at, end) : total;
}

/** The last one to three octets. */
function addRest(sum: number, view: DataView, start: number, end: number): number {
  if (end - start === 1) return sum + (view.getUint8(start) << 8);
  const withWord = sum + view.getUint16(start);
  return end - start === 2 ? withWord : withWord + (view.getUint8(start + 2) << 8);
}

/**
 * Adds the pseudo-header of IPv4 (classic) or IPv6 (RFC 8200 section 8.1): both addresses, the length of the upper
 * message and its protocol number. `addressLength` is 4 or 16.
 */
export function addPseudoHeader(
  sum: number,
  view: DataView,
  sourceStart: number,
  destinationStart: number,
  addressLength: number,
  messageLength: number,
  protocol: number,
): number {
  const rest = sum + messageLength + protocol;
  const end = destinationStart + addressLength;
  // In an IP header they are neighbours.
  if (destinationStart === sourceStart + addressLength) return addWords(rest, view, sourceStart, end);
  return addWords(addWords(rest, view, sourceStart, sourceStart + addressLength), view, destinationStart, end);
}

/** Folds a sum to 16 bits. Zero only when every word was zero. */
export function foldSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
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

export function writeLongWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
